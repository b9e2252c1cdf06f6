"""Where an export grows, beside its target; it gets the target's name once it is whole.

Cut off at any point, the same export goes on there: photos that lie there are taken over when their hash is
right. Until the very end nothing has the target's name, so half an export is never taken for a whole one.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from antigone.errors import BusyError, ConflictError, NotFoundError
from antigone.printable import printable

_MARKER = "export.json"  # whose beginning this is
_LOCK = "export.lock"
_WHOLE = "whole"  # what becomes the target
_BEFORE = "before-"  # what interrupted exports had written
_PRIVATE = 0o700


class Workplace:
    """The growing folder of one export. Use it as a context manager; `complete` gives it its name."""

    def __init__(self, target: Path, purpose: dict[str, str]) -> None:
        self._target = Path(os.path.abspath(target))  # noqa: PTH100 - links stay as named
        self._around = self._target.parent / f".{self._target.name}.partial"
        self._purpose = purpose
        self._lock = FileLock(self._around / _LOCK, timeout=0)
        self.folder = self._around / _WHOLE
        self._before: list[Path] = []

    def __enter__(self) -> Self:
        self._check_target()
        if os.path.lexists(self._around) and not self._is_ours():
            raise ConflictError(
                f"{printable(str(self._around))} is in the way: it is not the beginning of this export",
                hint="remove it, or export to another folder",
            )
        self._around.mkdir(mode=_PRIVATE, exist_ok=True)
        self._around.chmod(_PRIVATE)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"another process is exporting to {printable(str(self._target))}",
                hint="wait until it is done",
            ) from error
        (self._around / _MARKER).write_text(json.dumps(self._purpose), encoding="utf-8")
        if self.folder.exists():
            self.folder.rename(self._around / f"{_BEFORE}{len(self._found_before()) + 1}")
        self._before = self._found_before()
        self.folder.mkdir(mode=_PRIVATE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def previous(self, name: str) -> Iterator[Path]:
        """Yield the files that interrupted exports had written under ``name``, whole or not."""
        for folder in self._before:
            if (folder / name).is_file():
                yield folder / name

    def all_previous(self) -> Iterator[Path]:
        """Yield every file that interrupted exports had written."""
        for folder in self._before:
            yield from (path for path in folder.rglob("*") if path.is_file())

    def complete(self) -> None:
        """Give the folder its name; everything in it is on disk then."""
        if hasattr(os, "sync"):
            os.sync()
        self._check_target()
        self.folder.rename(self._target)
        self._lock.release()
        shutil.rmtree(self._around, ignore_errors=True)

    def _found_before(self) -> list[Path]:
        return sorted(self._around.glob(f"{_BEFORE}*"))

    def _check_target(self) -> None:
        shown = printable(str(self._target))
        if os.path.lexists(self._target):
            raise ConflictError(
                f"there is already something at {shown}", hint="name a folder that does not exist yet"
            )
        if not self._target.parent.is_dir():
            raise NotFoundError(
                f"there is no folder {printable(str(self._target.parent))}", hint="make it first"
            )

    def _is_ours(self) -> bool:
        status = self._around.lstat()
        if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "geteuid") and status.st_uid != os.geteuid()):
            return False  # a link, or a folder that somebody else has put there
        try:
            return bool(json.loads((self._around / _MARKER).read_text(encoding="utf-8")) == self._purpose)
        except FileNotFoundError:  # cut off before it was written
            return {entry.name for entry in self._around.iterdir()} <= {_LOCK}
        except (OSError, ValueError):
            return False
