"""Contact sheets: the probe beside its candidates, or the faces of a photo with their numbers.

A sheet is written as PNG or as one self-contained HTML file, by the ending of its name. Writing is atomic:
either the whole sheet is there, or what was there before.
"""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

from antigone.errors import StorageFullError, UsageError, WorkspaceError
from antigone.identify.sheet.content import Sheet, candidate_sheet, faces_sheet
from antigone.identify.sheet.linked import linked_sheet
from antigone.printable import printable

__all__ = ["Sheet", "candidate_sheet", "check_target", "faces_sheet", "linked_sheet", "write_sheet"]

KINDS = (".png", ".html", ".htm")


def check_target(target: Path) -> None:
    """Refuse a sheet that could not be written, before any work is done for it.

    Raises `UsageError` for an unknown ending or a folder that is not there.
    """
    if target.suffix.lower() not in KINDS:
        raise UsageError(
            f"a sheet is a .png or an .html file, not {printable(target.name)}",
            hint="name it such as --sheet candidates.png",
        )
    if target.is_dir() or not target.absolute().parent.is_dir():
        what = "is a folder" if target.is_dir() else "lies in a folder that does not exist"
        raise UsageError(f"the sheet {printable(str(target))} {what}")


def write_sheet(sheet: Sheet, target: Path) -> None:
    """Write a sheet as PNG or HTML, replacing what was there.

    Raises `UsageError` as `check_target`, `StorageFullError`, and `WorkspaceError` where the folder cannot
    be written.
    """
    check_target(target)
    content = _png(sheet) if target.suffix.lower() == ".png" else _html(sheet)
    try:
        _replace(target, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(f"no room left for the sheet {printable(str(target))}") from error
        raise WorkspaceError(
            f"the sheet {printable(str(target))} cannot be written: {error.strerror}",
            hint="name a place that you may write to",
        ) from error


def _png(sheet: Sheet) -> bytes:
    from antigone.identify.sheet import png

    stream = io.BytesIO()
    png.render(sheet).save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def _html(sheet: Sheet) -> bytes:
    from antigone.identify.sheet import html

    return html.render(sheet).encode("utf-8")


def _replace(target: Path, content: bytes) -> None:
    """Write beside the target and rename, so that nobody ever sees half a sheet."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
