"""How large the pages of a Parquet file become when they are unpacked, told from their headers.

A reader has to hold a whole page at once, and a page may claim up to 2 GiB for one enormous field, or for
nothing at all. Only its header says so, and pyarrow has no limit to give it, so the headers are looked at
before. They are Thrift structs in the compact protocol (Parquet format, parquet.thrift, PageHeader).
"""

from __future__ import annotations

from typing import BinaryIO

_WINDOW = 1 << 16  # bytes; a header is some dozens, with statistics some hundreds
_DEPTH = 8  # of structs in structs; a header has three
_STOP, _TRUE = 0, 1  # types of fields; the others stand where they are read

_UNPACKED_SIZE, _PACKED_SIZE = 2, 3  # fields of PageHeader


class PageError(ValueError):
    """The pages cannot be told apart: the file is damaged."""


def largest_page(file: BinaryIO, begin: int, size: int) -> int:
    """Return how many bytes the largest page takes, packed or not, of those in ``size`` bytes from ``begin``.

    Raises `PageError` and `OSError`.
    """
    largest = 0
    position, end = begin, begin + size
    while position < end:
        file.seek(position)
        header = _Header(file.read(min(_WINDOW, end - position)))
        fields = header.struct(_DEPTH)
        unpacked, packed = fields.get(_UNPACKED_SIZE), fields.get(_PACKED_SIZE)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or unpacked < 0 or packed < 0:
            raise PageError("a page does not say how large it is")
        largest = max(largest, unpacked, packed)
        position += header.position + packed
    return largest


class _Header:
    """Reads one struct of the compact protocol; texts, lists and maps are passed over."""

    def __init__(self, data: bytes) -> None:
        self.position = 0
        self._data = data

    def struct(self, depth: int) -> dict[int, object]:
        if not depth:
            raise PageError("structs lie too deep")
        fields: dict[int, object] = {}
        field = 0
        while True:
            head = self._byte()
            kind, step = head & 0x0F, head >> 4
            if kind == _STOP:
                return fields
            field = field + step if step else self._signed()
            fields[field] = self._value(kind, depth - 1)

    def _value(self, kind: int, depth: int) -> object:
        match kind:
            case 1 | 2:  # true and false, whose value is their type
                return kind == _TRUE
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._signed()
            case 7:
                self._pass(8)
            case 8:
                self._pass(self._unsigned())
            case 12:
                return self.struct(depth)
            case _:  # lists, sets and maps, of which a header has none
                raise PageError("a page header holds what none has")
        return None

    def _byte(self) -> int:
        if self.position >= len(self._data):
            raise PageError("a page header is cut off")
        self.position += 1
        return self._data[self.position - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise PageError("a number has too many digits")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _pass(self, number: int) -> None:
        self.position += number
        if self.position > len(self._data):
            raise PageError("a page header is cut off")
