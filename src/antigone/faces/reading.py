"""The bytes of a photo file, read without trust in what lies at the path."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, NoReturn

from antigone.errors import PhotoError
from antigone.types import FailureCode

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Return the whole content of a regular file of 1 to ``max_bytes`` bytes.

    Never waits on a pipe or a device, and never reads more than one byte beyond the limit, even where the
    file grows meanwhile. Raises ``PhotoError`` (unreadable, link-loop, empty-file, file-too-large).
    """
    try:
        descriptor = _open(path)
        try:
            status = os.fstat(descriptor)
            if status.st_size > max_bytes:
                raise too_large(status.st_size, max_bytes)
            data = _read(descriptor, expected=status.st_size, most=max_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        refuse(error)
    if not data:
        raise empty()
    if len(data) > max_bytes:
        raise too_large(len(data), max_bytes)
    return data


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file of any size for reading, without waiting on a pipe or a device.

    Raises ``PhotoError`` (unreadable, link-loop).
    """
    try:
        return os.fdopen(_open(path), "rb")
    except OSError as error:
        refuse(error)


def empty() -> PhotoError:
    """Return the failure of a photo without a single byte."""
    return PhotoError(FailureCode.EMPTY, "The file is empty.")


def too_large(size: int, limit: int) -> PhotoError:
    """Return the failure of a photo of ``size`` bytes where ``limit`` are allowed."""
    return PhotoError(
        FailureCode.FILE_TOO_LARGE,
        f"The file is larger than the limit: {_megabytes(size)} where {_megabytes(limit)} are allowed.",
        hint="Raise ANTIGONE_MAX_FILE_BYTES if photos of this size are expected.",
    )


def _open(path: Path) -> int:
    """Return a descriptor of a regular file. Raises ``PhotoError`` for another kind, and ``OSError``."""
    try:
        _refuse_irregular(path.stat().st_mode)
        # Meanwhile the path may have become a pipe: O_NONBLOCK keeps the opening from waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL character in the path
        raise PhotoError(
            FailureCode.UNREADABLE, "The path holds a character that no file name can hold."
        ) from error
    try:
        _refuse_irregular(os.fstat(descriptor).st_mode)
    except PhotoError:
        os.close(descriptor)
        raise
    return descriptor


def _read(descriptor: int, *, expected: int, most: int) -> bytes:
    parts = []
    left = most
    ask = expected + 1  # one byte more, so that the end is seen in the same call
    while left > 0 and (part := os.read(descriptor, min(ask, left))):
        parts.append(part)
        left -= len(part)
        if len(part) < ask and len(parts) == 1 and len(part) == expected:
            break
        ask = 1 << 20
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refuse_irregular(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((name for test, name in _KINDS if test(mode)), "not a regular file")
    raise PhotoError(FailureCode.UNREADABLE, f"The path is {kind}, not a file with content.")


def refuse(error: OSError) -> NoReturn:
    """Raise the ``PhotoError`` (unreadable, link-loop) that says what an error of the system means."""
    if error.errno == errno.ELOOP:
        raise PhotoError(
            FailureCode.LINK_LOOP, "The path is a symbolic link that leads back to itself."
        ) from error
    reasons = {
        errno.ENOENT: "The file is not there (moved or deleted meanwhile, or a link that points nowhere).",
        errno.ENOTDIR: "The file is not there: a part of its path is not a folder.",
        errno.EACCES: "The file cannot be opened: permission denied.",
        errno.EPERM: "The file cannot be opened: permission denied.",
        errno.ENAMETOOLONG: "The file cannot be opened: its name is too long.",
        errno.EIO: "The file cannot be read: the disk reports an error.",
    }
    message = reasons.get(
        error.errno or 0, f"The file cannot be read: {os.strerror(error.errno or errno.EIO)}."
    )
    raise PhotoError(FailureCode.UNREADABLE, message) from error


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{size:,} bytes"
