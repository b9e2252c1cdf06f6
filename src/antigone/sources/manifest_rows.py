"""The rows of a manifest that is text: CSV, or JSON Lines, also packed with gzip.

Read line by line, so that neither the number of rows nor the length of one counts. A row that cannot be
understood is told as such, with its number, and the next one is read. Python's own parsers are used, for
theirs is the only way to know which row it was: a columnar reader gives up a whole block with it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from antigone.failures import Failure, FailureCode
from antigone.printable import printable
from antigone.sources.manifest_terms import PHOTO, column, columns

_DELIMITERS = ",;\t|"
_GZIP = b"\x1f\x8b"
_SKIPPED_AT_ONCE = 1 << 16
# Real tables pack to a tenth or a fiftieth; deflate can go to a thousandth where there is nothing to tell.
_MOST_UNPACKED = 300
_FREELY_UNPACKED = 64 << 20  # bytes, before that counts
_MOST_EMPTY = 100_000  # empty lines in a row; more are no table, but keep a reader busy for hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its values by the words of `manifest_terms.column`, or why it cannot be understood."""

    number: str  # counted from 1, without the header and empty lines; "17-20" for rows that fail together
    values: dict[str, object]
    failure: Failure | None = None


class NotAManifestError(Exception):
    """The file is no manifest at all; the message is a sentence for a person."""


class DamagedError(Exception):
    """The manifest cannot be read any further; the message is a sentence for a person."""

    def __init__(self, message: str, code: FailureCode = FailureCode.MATERIAL_DAMAGED) -> None:
        super().__init__(message)
        self.code = code


def bad_row(number: int | str, message: str) -> Row:
    """Return a row that cannot be understood."""
    return Row(
        number=str(number), values={}, failure=Failure(code=FailureCode.ROW_UNREADABLE, message=message)
    )


def csv_rows(file: BinaryIO, *, most: int) -> Iterator[Row]:
    """Yield the rows of a CSV file, comma, semicolon, tab or bar between its columns, UTF-8.

    A row may have at most ``most`` bytes, and a field as many characters as `csv.field_size_limit` says.
    Raises `NotAManifestError` for a table without a column ``photo``, and `DamagedError`.
    """
    lines = _Lines(file, most)
    names, delimiter = _header(lines)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        lines.begin_record()
        problem = ""
        try:
            cells = next(reader, None)
        except (_TooLongError, csv.Error) as error:
            # It may be a quotation mark that is never closed: only the line that it stands in is lost.
            lines.take_back_all_but_first()
            cells, problem = [], f"The row cannot be understood: {error}."
        if cells is None:
            return
        if not cells and not problem:
            continue
        number += 1
        if lines.undecodable:
            problem = problem or "The row is not UTF-8 text."
        elif not problem and len(cells) != len(names):
            problem = f"The row has {len(cells)} fields where the header has {len(names)}."
        if problem:
            yield bad_row(number, problem)
        else:
            values: dict[str, object] = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
            yield Row(number=str(number), values=values)


def jsonl_rows(file: BinaryIO, *, most: int) -> Iterator[Row]:
    """Yield the rows of a file with one JSON object a line, UTF-8, at most ``most`` bytes each.

    Raises `NotAManifestError` and `DamagedError`.
    """
    lines = _Lines(file, most)
    number = 0
    while True:
        lines.begin_record()
        try:
            line = next(lines, None)
        except _TooLongError as error:
            number += 1
            yield bad_row(number, f"The row cannot be understood: {error}.")
            continue
        if line is None:
            return
        if not line.strip():
            continue
        if number == 0 and line.lstrip().startswith("["):
            raise NotAManifestError("It is one JSON array, not one object in each line.")
        number += 1
        if lines.undecodable:
            yield bad_row(number, "The row is not UTF-8 text.")
            continue
        try:
            values = json.loads(line, object_pairs_hook=_named)
        except (ValueError, RecursionError):
            yield bad_row(number, "The row is not JSON.")
            continue
        if isinstance(values, dict):
            yield Row(number=str(number), values=values)
        else:
            yield bad_row(number, "The row is JSON, but no object.")


def _named(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object; of several members of one name, all but the first get another one."""
    found: dict[str, object] = {}
    for name, value in pairs:
        word = column(name)
        while word in found:
            word = f"{word} (again)"
        found[word] = value
    return found


def _header(lines: _Lines) -> tuple[list[str], str]:
    """Read the first line; it tells which character separates the columns."""
    try:
        first = next(lines, "")
    except _TooLongError as error:
        raise NotAManifestError(f"Its first line is no header: {error}.") from error
    if lines.undecodable:
        raise NotAManifestError("It is not UTF-8 text. Save it as UTF-8.")
    for delimiter in _DELIMITERS:
        try:
            names = columns(next(csv.reader([first], delimiter=delimiter, strict=True), []))
        except csv.Error:
            continue
        if PHOTO in names:
            return names, delimiter
    raise NotAManifestError(
        f'It has no column "{PHOTO}"; its first line says: {printable(first.strip())[:200]}'
    )


class _TooLongError(Exception):
    """A record is longer than a row may be."""


class _Lines:
    """The lines of a file as text, each of bounded length, with those of the present record kept.

    Not a generator, for those end with the first error.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.undecodable = False  # something in the present record is not UTF-8
        self._empty = 0
        self._file = _unpacked(file)
        self._most = most
        self._record: list[str] = []
        self._size = 0  # characters of the present record
        self._again: deque[str] = deque()  # lines that were taken back
        self._first = True

    def begin_record(self) -> None:
        """Forget the lines of the record before."""
        self._record.clear()
        self._size = 0
        self.undecodable = False

    def take_back_all_but_first(self) -> None:
        """Give the lines of the present record out again, except for its first one."""
        self._again.extendleft(reversed(self._record[1:]))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
            self.undecodable |= _has_surrogates(line)
        else:
            line = self._read()
        self._record.append(line)
        self._size += len(line)
        if self._size > self._most:
            raise _TooLongError(
                f"it is longer than {self._most:,} bytes, or a quotation mark is never closed"
            )
        return line

    def _read(self) -> str:
        try:
            line = self._file.readline(self._most + 1)
            if len(line) > self._most and not line.endswith(b"\n"):
                while (more := self._file.readline(_SKIPPED_AT_ONCE)) and not more.endswith(b"\n"):
                    pass
        except EOFError as error:
            message = "It is cut off: the packed data ends too early."
            raise DamagedError(message, FailureCode.MATERIAL_CUT_OFF) from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise DamagedError("The packed data is damaged.") from error
        except OSError as error:
            message = f"It cannot be read any further: {error.strerror or error}"
            raise DamagedError(message, FailureCode.UNREADABLE) from error
        if not line:
            raise StopIteration
        self._empty = 0 if len(line) > len(b"\r\n") else self._empty + 1
        if self._empty > _MOST_EMPTY:
            message = f"It goes on with more than {_MOST_EMPTY:,} empty lines."
            raise DamagedError(message, FailureCode.MATERIAL_TOO_LARGE)
        if self._first:
            self._first = False
            if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise NotAManifestError("It is UTF-16 text. Save it as UTF-8.")
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.undecodable = True
            return line.decode(errors="surrogateescape")


def _has_surrogates(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False


def _unpacked(file: BinaryIO) -> BinaryIO:
    """Look through gzip, whatever the name says."""
    magic = file.read(len(_GZIP))
    file.seek(0)
    if magic != _GZIP:
        return file
    return io.BufferedReader(_Unpacked(file), 1 << 17)


class _Unpacked(io.RawIOBase):
    """A file packed with gzip that may not unpack to anything."""

    def __init__(self, file: BinaryIO) -> None:
        self._packed = file
        self._file = gzip.GzipFile(fileobj=file)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number = self._file.readinto(buffer)
        self._size += number
        if self._size > _FREELY_UNPACKED + _MOST_UNPACKED * self._packed.tell():
            message = f"It unpacks to more than {_MOST_UNPACKED} times its size, so to nothing of use."
            raise DamagedError(message, FailureCode.MATERIAL_TOO_LARGE)
        return number
