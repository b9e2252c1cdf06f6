"""The folder of a workspace: what lies in it, how it is made, and how it is known again.

It holds ``records.db``, ``index/``, ``models/``, ``audit/`` with the key of the log, and ``workspace.json``,
which is written last: a folder without it is no workspace, and making one goes on where it stopped.
"""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from antigone.errors import StorageFullError, WorkspaceError
from antigone.printable import printable
from antigone.records import open_records
from antigone.settings import Settings

FORMAT = 1
MARKER = "workspace.json"


def exists(folder: Path) -> bool:
    """Say whether ``folder`` holds a workspace."""
    return (folder / MARKER).is_file()


def settings_in_use(settings: Settings) -> Settings:
    """Return the settings with the model pack that was chosen for the workspace.

    A pack named in the environment comes first. Raises `WorkspaceError` when there is no workspace, or
    one of another version.
    """
    pack = read_marker(settings.home).get("pack")
    if isinstance(pack, str) and "pack" not in settings.model_fields_set:
        return settings.model_copy(update={"pack": pack})
    return settings


def make(folder: Path) -> None:
    """Make a workspace. Raises `WorkspaceError` where that cannot be, and `StorageFullError`."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "records.db").exists():
        raise WorkspaceError(
            f"{printable(str(folder))} is a folder with other things in it",
            hint="name an empty or a new folder with --home",
        )
    open_records(folder, create=True).close()
    try:
        folder.chmod(0o700)  # faces and templates are nobody else's business
        (folder / "index").mkdir(exist_ok=True)
        (folder / "models").mkdir(exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    write_marker(folder, {"format": FORMAT, "created_at": datetime.now(UTC).isoformat(timespec="seconds")})


def read_marker(folder: Path) -> dict[str, object]:
    """Return what ``workspace.json`` says. Raises `WorkspaceError`."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        written = marker["format"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WorkspaceError(
            f"there is no workspace in {printable(str(folder))}",
            hint="make one with `antigone init`, or name another with --home or ANTIGONE_HOME",
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"the workspace in {printable(str(folder))} cannot be read: {error.strerror}"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise WorkspaceError(f"{printable(str(folder / MARKER))} is damaged") from error
    if written != FORMAT:
        raise WorkspaceError(
            f"the workspace in {printable(str(folder))} has format {written}, this version knows {FORMAT}",
            hint="use the version of Antigone that made it, or a newer one",
        )
    return dict(marker)


def write_marker(folder: Path, marker: dict[str, object]) -> None:
    """Replace ``workspace.json`` in one step. Raises `WorkspaceError` and `StorageFullError`."""
    part = folder / f"{MARKER}.part"
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(marker, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / MARKER)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(folder: Path, error: OSError) -> WorkspaceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"no room left in {printable(str(folder))}", hint="free some space and go on")
    return WorkspaceError(
        f"{printable(str(folder))} cannot be written: {error.strerror}", hint="check who may write there"
    )
