"""The bytes of an archive: hashed as they are received, and inflated one compressed part after the other.

A WARC file is text, or a row of gzip members with one record each, or now and then one gzip member around
all of it; which it is, its first bytes say and not its name. A part never raises while it is read: what is
wrong with it ends it early and is kept as its `trouble`, so that whatever came before is used.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

from antigone.failures import FailureCode
from antigone.printable import printable

GZIP = b"\x1f\x8b\x08"
_CHUNK = 16 << 10  # bytes; most compressed parts are shorter, and what is read beyond one is read again
_LARGE_CHUNK = 1 << 20
_GZIP_ALONE = zlib.MAX_WBITS | 16


class Received(io.RawIOBase):
    """A file that is read once from end to end, though now and then some bytes again; hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._hashed = 0  # everything before this position went into the hash
        self._hash = hashlib.sha256()

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - anything writable, as `io` has it
        """Fill ``buffer`` as far as one read goes; return the number of bytes."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        if self._at <= self._hashed < self._at + len(data):
            self._hash.update(data[self._hashed - self._at :])
            self._hashed = self._at + len(data)
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def finish(self, most: int | None = None) -> tuple[str, int]:
        """Read what is left; return the SHA-256 of the whole file in hexadecimal, and its size in bytes.

        Of a file with more than ``most`` bytes, they are of its beginning.
        """
        self.seek(self._hashed)
        while (most is None or self._hashed <= most) and self.read(_LARGE_CHUNK):
            pass
        return self._hash.hexdigest(), self._hashed


class Section(io.RawIOBase):
    """A stretch of a file, as if it were a file of its own."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._length = length
        self._at = 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """Fill ``buffer`` as far as one read goes; return the number of bytes."""
        self._file.seek(self._start + self._at)
        data = self._file.read(max(min(len(buffer), self._length - self._at), 0))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a part of an archive ends before its end."""

    code: FailureCode
    what: str  # the middle of a sentence


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is left of what an archive may cost."""

    inflated_bytes: int
    records: int

    def spend(self, inflated: int) -> Trouble | None:
        """Take ``inflated`` bytes off; return the trouble that there is once nothing is left."""
        self.inflated_bytes -= inflated
        if self.inflated_bytes >= 0:
            return None
        return Trouble(
            code=FailureCode.MATERIAL_TOO_LARGE,
            what="holds more than may be read of one archive (ANTIGONE_MAX_ARCHIVE_BYTES)",
        )


def part_at(source: BinaryIO, at: int, budget: Budget) -> Part | None:
    """Return the part that begins at an offset; None at the end of the file."""
    source.seek(at)
    start = source.read(_CHUNK)
    if not start:
        return None
    return (GzipPart if start.startswith(GZIP) else Part)(source, start, budget)


class Part:
    """Uncompressed bytes to the end of ``source``, readable by FastWARC; ``start`` was read already."""

    def __init__(self, source: BinaryIO, start: bytes, budget: Budget) -> None:
        self.trouble: Trouble | None = None
        self.given = 0  # bytes that were read of it
        self.end: int | None = None  # where the next part begins in the source, once this one has been read
        self._source = source
        self._budget = budget
        self._waiting = start

    def tell(self) -> int:
        """Return the position within the part."""
        return self.given

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; none at the end, and none from where something is wrong."""
        if self.end is not None or self.trouble is not None:
            return b""
        data = self._next(_CHUNK if size < 0 else size)
        self.given += len(data)
        self.trouble = self.trouble or self._budget.spend(len(data))
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Refuse: a part is read from its start to its end."""
        raise io.UnsupportedOperation(f"a part of an archive cannot seek to {offset}, {whence}")

    def close(self) -> None:
        """Do nothing: the source stays open for the next part."""

    def drain(self) -> None:
        """Read to the end."""
        while self.read(_CHUNK):
            pass

    def _next(self, size: int) -> bytes:
        if self._waiting:
            data, self._waiting = self._waiting[:size], self._waiting[size:]
            return data
        data = self._from_source(size)
        if not data and self.trouble is None:
            self.end = self._source.tell()
        return data

    def _from_source(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except OSError as error:
            reason = printable(error.strerror or str(error)).rstrip(".").lower()
            self.trouble = Trouble(code=FailureCode.UNREADABLE, what=f"cannot be read: {reason}")
            return b""


class GzipPart(Part):
    """One gzip member, inflated."""

    def __init__(self, source: BinaryIO, start: bytes, budget: Budget) -> None:
        super().__init__(source, start, budget)
        self._inflater = zlib.decompressobj(_GZIP_ALONE)
        self._begun = False

    def _next(self, size: int) -> bytes:
        while self.end is None and self.trouble is None:
            data = self._waiting or self._from_source(_CHUNK)
            if not data:
                self.trouble = self.trouble or Trouble(
                    code=FailureCode.MATERIAL_CUT_OFF, what="ends within a compressed part"
                )
                return b""
            inflated = self._inflate(data, size)
            self._waiting = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self.end = self._source.tell() - len(self._inflater.unused_data)
            if inflated:
                return inflated
        return b""

    def _inflate(self, data: bytes, size: int) -> bytes:
        before = self._inflater.copy() if self._begun else None
        self._begun = True
        try:
            return self._inflater.decompress(data, size)
        except zlib.error:
            self.trouble = Trouble(
                code=FailureCode.MATERIAL_DAMAGED, what="is damaged: its compressed data makes no sense"
            )
            return _as_far_as_good(before or zlib.decompressobj(_GZIP_ALONE), data, size)


def _as_far_as_good(inflater: Any, data: bytes, size: int) -> bytes:  # noqa: ANN401 - zlib names no type
    """Inflate byte by byte up to the damage, for zlib drops what it made in the call that fails."""
    parts = []
    try:
        for at in range(len(data)):
            parts.append(inflater.decompress(data[at : at + 1], size))
            size -= len(parts[-1])
            if size <= 0:
                break
    except zlib.error:
        pass
    return b"".join(parts)
