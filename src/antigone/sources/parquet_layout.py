"""Where the columns of a Parquet file lie, and how much memory its pages take when they are unpacked.

A reader has to hold a whole page at once, and a page may claim up to 2 GiB for one enormous field, or for
nothing at all. Only its header says so, and pyarrow has no limit to give it; what pyarrow tells of a column
ends the whole process where the file is damaged. So footer and page headers are read here, before pyarrow
reads what they describe. The structs are those of parquet.thrift in Apache Parquet's format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa

from antigone.sources.thrift import ThriftError, ThriftReader, ThriftValue, Wanted

FOOTER_END = 8  # bytes: the footer's length and the magic number
MAGIC = b"PAR1"

_FOOTER = 16 << 20  # bytes; those of real manifests have some thousands
_WINDOW = 1 << 16  # bytes; a page header has some dozens, with statistics some hundreds
_WALKED = 8 << 20  # bytes; a dictionary that is larger is not walked through, only feared
_TEXT = 6  # physical type BYTE_ARRAY
_SHARED_BEGINNINGS = 7  # encoding DELTA_BYTE_ARRAY
_BY_NUMBER = (2, 8)  # encodings PLAIN_DICTIONARY and RLE_DICTIONARY
_CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}  # 0 is none, 3 and 5 pyarrow lacks

_JUST: Wanted = {}
# ColumnMetaData: type, path, codec, packed size, offset of the first data page, of the dictionary's page
_COLUMN: Wanted = dict.fromkeys((1, 3, 4, 7, 9, 11), _JUST)
_FILE: Wanted = {4: {1: {3: _COLUMN}, 3: _JUST}}  # FileMetaData: groups of rows, each with columns and number
# PageHeader: size unpacked and packed, and number of values and encoding of a data page of either version
_DATA, _DICTIONARY, _DATA_2 = 5, 7, 8
_PAGE: Wanted = {
    **dict.fromkeys((2, 3), _JUST),
    _DATA: {1: _JUST, 2: _JUST},
    _DICTIONARY: {1: _JUST},
    _DATA_2: {1: _JUST, 4: _JUST},
}


class LayoutError(ValueError):
    """The file is damaged; the message is a sentence for a person."""


class CutOffError(LayoutError):
    """The end of the file, which says where all lies, is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One column within one group of rows."""

    name: str  # of a column that holds one plain value a row; others have the names of all they lie in
    is_text: bool
    codec: int  # how its pages are packed
    begin: int  # where its pages lie in the file
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the pages of a column take in memory, in bytes."""

    largest: int = 0  # of one page, packed or not
    together: int = 0  # of all pages, unpacked
    row: int = 0  # of one row, at most, in a stretch of rows: a text that is stored once may stand in each


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of rows."""

    rows: int
    chunks: tuple[Chunk, ...]


def groups_of(file: BinaryIO) -> tuple[Group, ...]:
    """Read the footer. Raises `CutOffError`, `LayoutError` and `OSError`."""
    size = file.seek(0, 2)
    file.seek(max(size - FOOTER_END, 0))
    end = file.read(FOOTER_END)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != MAGIC or length > size - FOOTER_END - len(MAGIC):
        raise CutOffError("It is no Parquet file, or cut off: what says where all lies is not at its end.")
    if length > _FOOTER:
        raise LayoutError(f"What it says of itself is longer than {_FOOTER >> 20} MiB.")
    file.seek(size - FOOTER_END - length)
    try:
        footer = ThriftReader(file.read(length)).struct(_FILE)
        return tuple(map(_group, _structs(footer.get(4))))
    except ThriftError as error:
        raise LayoutError(f"What it says of itself cannot be read: {error}.") from error


def examine(file: BinaryIO, chunk: Chunk) -> Pages:
    """Look at the heads of all pages of a column. Raises `LayoutError` and `OSError`."""
    largest = together = row = longest = 0
    try:
        for page, body in _pages(file, chunk):
            unpacked, packed = _number(page.get(2)), _number(page.get(3))
            largest, together = max(largest, unpacked, packed), together + unpacked
            if not chunk.is_text:
                continue
            if _DICTIONARY in page:
                longest = _longest_text(file, chunk, body, packed, unpacked)
                continue
            values, encoding = _values(page)
            if encoding in _BY_NUMBER:
                row = max(row, longest)
            elif encoding == _SHARED_BEGINNINGS:
                row = max(row, unpacked)
            elif values:
                row = max(row, unpacked // values)
    except ThriftError as error:
        raise LayoutError(f"The head of a page cannot be read: {error}.") from error
    return Pages(largest=largest, together=together, row=row)


def _pages(file: BinaryIO, chunk: Chunk) -> Iterator[tuple[dict[int, ThriftValue], int]]:
    """Yield the head of each page, and where its content begins."""
    position, end = chunk.begin, chunk.begin + chunk.size
    while position < end:
        file.seek(position)
        reader = ThriftReader(file.read(min(_WINDOW, end - position)))
        page = reader.struct(_PAGE)
        position += reader.position
        yield page, position
        position += _number(page.get(3))


def _values(page: dict[int, ThriftValue]) -> tuple[int, int]:
    """Return how many values a data page has, and their encoding."""
    for kind, encoding in ((_DATA, 2), (_DATA_2, 4)):
        head = page.get(kind)
        if isinstance(head, dict):
            return _number(head.get(1)), _number(head.get(encoding))
    raise ThriftError("a page is neither data nor a dictionary")


def _longest_text(file: BinaryIO, chunk: Chunk, begin: int, packed: int, unpacked: int) -> int:
    """Return the length in bytes of the longest text of a dictionary, or of all where that cannot be told."""
    if unpacked > _WALKED or (chunk.codec and chunk.codec not in _CODECS):
        return unpacked
    file.seek(begin)
    texts = file.read(packed)
    if chunk.codec:
        try:
            texts = pa.Codec(_CODECS[chunk.codec]).decompress(texts, unpacked, asbytes=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise LayoutError("A page cannot be unpacked.") from error
    longest = position = 0
    while position < len(texts):  # each text follows its length, of four bytes
        length = int.from_bytes(texts[position : position + 4], "little")
        longest = max(longest, length)
        position += 4 + length
    return min(longest, unpacked)


def _group(fields: dict[int, ThriftValue]) -> Group:
    chunks = [chunk.get(3) for chunk in _structs(fields.get(1))]
    return Group(rows=_number(fields.get(3)), chunks=tuple(map(_chunk, _structs(chunks))))


def _chunk(column: dict[int, ThriftValue]) -> Chunk:
    path = column.get(3)
    if not isinstance(path, list):
        raise ThriftError("a column has no name")
    # The dictionary, where there is one, lies before the first data page.
    pages = _number(column.get(9))
    dictionary = _number(column.get(11, 0)) or pages
    return Chunk(
        name=".".join(part.decode(errors="replace") for part in path if isinstance(part, bytes)),
        is_text=column.get(1) == _TEXT,
        codec=_number(column.get(4)),
        begin=min(pages, dictionary),
        size=_number(column.get(7)),
    )


def _structs(value: ThriftValue) -> list[dict[int, ThriftValue]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ThriftError("a list of structs is missing")
    return cast("list[dict[int, ThriftValue]]", value)


def _number(value: ThriftValue) -> int:
    if not isinstance(value, int) or value < 0:
        raise ThriftError("a number is missing or negative")
    return value
