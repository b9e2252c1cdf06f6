"""The files of a WACZ package, read in place: nothing is unpacked, and no name in it is used as a path.

A WACZ is a ZIP file with WARC files in it, a list of its pages, and a description with the hash of each file
(https://specs.webrecorder.net/wacz/1.1.1/).
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from antigone.printable import printable
from antigone.sources.warc_bytes import Section

DESCRIPTION = "datapackage.json"
DIGEST = "datapackage-digest.json"
MAX_DIRECTORY_BYTES = 8 << 20
"""Longest directory of a package, some hundred thousand files; real ones hold some dozens."""

_MAX_JSON = 16 << 20  # bytes of a description
_MAX_LINES = 1_000_000  # of a list of pages
_MAX_LINE = 1 << 20  # bytes of a line in a list of pages
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_WARC = (".warc", ".warc.gz")
_ENCRYPTED = 0x1


class PackageError(Exception):
    """The package, or a file in it, cannot be read; the text is the middle of a sentence."""


class Package:
    """An opened WACZ. Files of the same name are one file, the first; `doubled` names them."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the directory. Raises `PackageError`, and `OSError` where the file cannot be read."""
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        try:
            with zipfile.ZipFile(_Guarded(file, 0, self.size)) as opened:
                entries = opened.infolist()
        except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError) as error:
            raise PackageError("has no readable ZIP directory: it is cut off or damaged") from error
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self.doubled: list[str] = []
        for entry in entries:
            if entry.is_dir():
                continue
            if entry.filename in self._entries:
                self.doubled.append(entry.filename)
            self._entries.setdefault(entry.filename, entry)

    @property
    def names(self) -> tuple[str, ...]:
        """All files, in the order of the directory."""
        return tuple(self._entries)

    @property
    def warcs(self) -> tuple[str, ...]:
        """The WARC files, by name."""
        return tuple(sorted(name for name in self._entries if name.lower().endswith(_WARC)))

    @property
    def page_lists(self) -> tuple[str, ...]:
        """The lists of pages, by name."""
        return tuple(
            sorted(name for name in self._entries if name.startswith("pages/") and name.endswith(".jsonl"))
        )

    def size_of(self, name: str) -> int:
        """Return the size of a file in bytes, as the directory states it."""
        return self._entries[name].file_size

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; it can seek. Reading raises `OSError`. Raises `PackageError`."""
        entry = self._entries.get(name)
        if entry is None:
            raise PackageError(f"holds no file {printable(name)}")
        if entry.flag_bits & _ENCRYPTED:
            raise PackageError(f"holds {printable(name)} encrypted")
        if entry.compress_type == zipfile.ZIP_STORED:
            return io.BufferedReader(Section(self._file, self._data_of(entry), entry.file_size), 256 << 10)
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            return io.BufferedReader(_Deflated(self._file, self._data_of(entry), entry), 256 << 10)
        raise PackageError(f"holds {printable(name)} compressed in a way that is not read")

    def json(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return a JSON file and its bytes. Raises `PackageError`."""
        return parse(self.small(name), name)

    def small(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises `PackageError`."""
        try:
            with self.open(name) as file:
                data = file.read(_MAX_JSON + 1)
        except OSError as error:
            raise PackageError(f"holds {printable(name)}, which cannot be read") from error
        if len(data) > _MAX_JSON:
            raise PackageError(f"holds {printable(name)}, which is too large")
        return data

    def pages(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list of pages; what cannot be understood is left out."""
        try:
            with self.open(name) as file:
                for _ in range(_MAX_LINES):
                    if not (line := file.readline(_MAX_LINE)):
                        return
                    try:
                        entry = json.loads(line)
                    except (ValueError, RecursionError):
                        continue
                    if isinstance(entry, dict):
                        yield entry
        except (PackageError, OSError):
            return

    def _data_of(self, entry: zipfile.ZipInfo) -> int:
        """Return where the bytes of a file begin: behind a header that is as long as its own words say."""
        self._file.seek(max(entry.header_offset, 0))
        header = self._file.read(_LOCAL_HEADER.size)
        there = len(header) == _LOCAL_HEADER.size and header.startswith(b"PK\x03\x04")
        if entry.header_offset < 0 or not there:
            raise PackageError(f"holds {printable(entry.filename)} not where its directory says")
        _, name, extra = _LOCAL_HEADER.unpack(header)
        return entry.header_offset + _LOCAL_HEADER.size + int(name) + int(extra)


def parse(data: bytes, name: str) -> Any:  # noqa: ANN401
    """Return what a JSON file holds. Raises `PackageError`."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PackageError(f"holds {printable(name)}, which is no JSON") from error


class _Guarded(Section):
    """A ZIP file whose directory is not read where it is too long to be one."""

    def read(self, size: int = -1, /) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("the directory is too long")
        return super().read(size) or b""


class _Deflated(io.RawIOBase):
    """A compressed file of a package. To go back, it is read again from its start."""

    def __init__(self, file: BinaryIO, start: int, entry: zipfile.ZipInfo) -> None:
        self._section = Section(file, start, entry.compress_size)
        self._at = 0
        self._rewind()

    def _rewind(self) -> None:
        self._section.seek(0)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""
        self._at = 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        data = b""
        try:
            while not data and not self._inflater.eof:
                waiting = self._waiting or self._section.read(64 << 10) or b""
                if not waiting:
                    break
                data = self._inflater.decompress(waiting, len(buffer))
                self._waiting = self._inflater.unconsumed_tail
        except zlib.error as error:
            raise OSError("its compressed data in the package makes no sense") from error
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = offset + (self._at if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < 0:
            raise io.UnsupportedOperation("a compressed file is measured from its start")
        if target < self._at:
            self._rewind()
        while self._at < target and self.read(min(target - self._at, 1 << 20)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
