"""The original probe photos of cases, as they were handed in: written once, never changed."""

from __future__ import annotations

import os
from pathlib import Path

from antigone.errors import NotFoundError, StorageFullError, WorkspaceError
from antigone.records.cases import CaseRecord
from antigone.records.sqlite import is_storage_full

FOLDER = "cases"


class Originals:
    """A folder for each case, a file for each probe photo, named by its hash."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def keep(self, case: CaseRecord, sha256: str, content: bytes) -> None:
        """Write a photo, durable; one that is there stays as it is. Raises `WorkspaceError`."""
        target = self._path(case, sha256)
        if target.exists():
            return
        part = target.with_name(f".{sha256}.{os.getpid()}")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            if is_storage_full(error):
                raise StorageFullError(f"no room left for the probes of case {case.number}") from error
            raise WorkspaceError(f"the probe cannot be kept: {error.strerror}") from error

    def read(self, case: CaseRecord, sha256: str) -> bytes:
        """Return a photo. Raises `NotFoundError`."""
        try:
            return self._path(case, sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"case {case.number} has no probe {sha256[:16]}") from error

    def _path(self, case: CaseRecord, sha256: str) -> Path:
        return self._home / FOLDER / case.number / f"{int(sha256, 16):064x}"
