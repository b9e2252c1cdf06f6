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

from antigone.sources.thrift import ThriftError, ThriftReader, ThriftValue, Wanted

FOOTER_END = 8  # bytes: the footer's length and the magic number
MAGIC = b"PAR1"

_FOOTER = 16 << 20  # bytes; those of real manifests have some thousands
_WINDOW = 1 << 16  # bytes; a page header has some dozens, with statistics some hundreds
_TEXT = 6  # physical type BYTE_ARRAY
_SHARED_BEGINNINGS = 7  # encoding DELTA_BYTE_ARRAY

_JUST: Wanted = {}
# ColumnMetaData: type, encodings, path, packed size, offset of the first data page, of the dictionary's page
_COLUMN: Wanted = dict.fromkeys((1, 2, 3, 7, 9, 11), _JUST)
_FILE: Wanted = {4: {1: {3: _COLUMN}, 3: _JUST}}  # FileMetaData: groups of rows, each with columns and number
_PAGE: Wanted = dict.fromkeys((2, 3), _JUST)  # PageHeader: size unpacked and packed


class LayoutError(ValueError):
    """The file is damaged or cut off; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One column within one group of rows."""

    name: str  # of a column that holds one plain value a row; others have the names of all they lie in
    is_text: bool
    shares_beginnings: bool  # a value may be longer than the page that holds it
    begin: int  # where its pages lie in the file
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of rows."""

    rows: int
    chunks: tuple[Chunk, ...]


def groups_of(file: BinaryIO) -> tuple[Group, ...]:
    """Read the footer. Raises `LayoutError` and `OSError`."""
    size = file.seek(0, 2)
    file.seek(max(size - FOOTER_END, 0))
    end = file.read(FOOTER_END)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != MAGIC or length > size - FOOTER_END - len(MAGIC):
        raise LayoutError("It is no Parquet file, or cut off: what says where all lies is not at its end.")
    if length > _FOOTER:
        raise LayoutError(f"What it says of itself is longer than {_FOOTER >> 20} MiB.")
    file.seek(size - FOOTER_END - length)
    try:
        footer = ThriftReader(file.read(length)).struct(_FILE)
        return tuple(map(_group, _structs(footer.get(4))))
    except ThriftError as error:
        raise LayoutError(f"What it says of itself cannot be read: {error}.") from error


def largest_page(file: BinaryIO, chunk: Chunk) -> int:
    """Return how many bytes the largest page of a column takes, packed or not.

    Raises `LayoutError` and `OSError`.
    """
    try:
        return max(_page_sizes(file, chunk.begin, chunk.begin + chunk.size), default=0)
    except ThriftError as error:
        raise LayoutError(f"The head of a page cannot be read: {error}.") from error


def _page_sizes(file: BinaryIO, position: int, end: int) -> Iterator[int]:
    while position < end:
        file.seek(position)
        reader = ThriftReader(file.read(min(_WINDOW, end - position)))
        page = reader.struct(_PAGE)
        unpacked, packed = _number(page.get(2)), _number(page.get(3))
        yield max(unpacked, packed)
        position += reader.position + packed


def _group(fields: dict[int, ThriftValue]) -> Group:
    chunks = [chunk.get(3) for chunk in _structs(fields.get(1))]
    return Group(rows=_number(fields.get(3)), chunks=tuple(map(_chunk, _structs(chunks))))


def _chunk(column: dict[int, ThriftValue]) -> Chunk:
    path, encodings = column.get(3), column.get(2)
    if not isinstance(path, list) or not isinstance(encodings, list):
        raise ThriftError("a column has no name or no encoding")
    # The dictionary, where there is one, lies before the first data page.
    pages = _number(column.get(9))
    dictionary = _number(column.get(11, 0)) or pages
    return Chunk(
        name=".".join(part.decode(errors="replace") for part in path if isinstance(part, bytes)),
        is_text=column.get(1) == _TEXT,
        shares_beginnings=_SHARED_BEGINNINGS in encodings,
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
