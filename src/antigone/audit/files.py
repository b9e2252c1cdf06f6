"""Files that leave the workspace: written whole or not at all, and never over something else by accident."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from antigone.errors import ConflictError, StorageFullError, UsageError
from antigone.printable import printable
from antigone.records.sqlite import is_storage_full

LARGEST = 2**20  # bytes of a key, checkpoint, proof or time stamp
LARGEST_PROOFS = 2**26  # of the proofs of many entries


def write_whole(target: Path, parts: Iterable[bytes], *, replace: bool = False) -> None:
    """Write ``target`` in one step, on disk when this returns.

    Raises `ConflictError` where it is there already and is not to be replaced, `UsageError` where it cannot
    be written, and `StorageFullError`.
    """
    if target.exists() and not replace:
        raise ConflictError(
            f"{printable(str(target))} is there already", hint="name another file, or move that one away"
        )
    part = target.with_name(f"{target.name}.part")
    try:
        try:
            part.unlink(missing_ok=True)  # left by a run that was killed; and a link is never followed
            with part.open("xb") as file:
                for data in parts:
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        if is_storage_full(error):
            raise StorageFullError(
                f"no room left for {printable(str(target))}", hint="free some space and try again"
            ) from error
        raise UsageError(
            f"{printable(str(target))} cannot be written: {error.strerror}",
            hint="check folder and permissions",
        ) from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises `UsageError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{printable(str(path))} cannot be read: {error.strerror}") from error


def read_small(path: Path, *, most: int = LARGEST) -> bytes:
    """Read a file of at most ``most`` bytes. Raises `UsageError` where it cannot be read or is larger."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{printable(str(path))} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise UsageError(f"{printable(str(path))} is too large for what it should be")
    return data
