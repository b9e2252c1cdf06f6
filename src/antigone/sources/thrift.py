"""Structs of Apache Thrift in the compact protocol, as far as one wants to know them.

Fields that nobody asks for are passed over without becoming values, and nothing is believed: whatever is cut
off, too deep or too long is an error. Format: thrift-compact-protocol.md of Apache Thrift.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_NUMBERS = frozenset({_I16, _I32, _I64})
_DEPTH = 16  # of structs and lists in one another; Parquet has six

Wanted: TypeAlias = "Mapping[int, Wanted]"
"""Numbers of the fields to keep; for a struct, or a list of structs, with those within it."""

ThriftValue: TypeAlias = "int | bytes | list[ThriftValue] | dict[int, ThriftValue] | None"


class ThriftError(ValueError):
    """The bytes are no struct."""


class ThriftReader:
    """Reads structs from bytes, one after the other; ``position`` is where the next begins."""

    def __init__(self, data: bytes) -> None:
        self.position = 0
        self._data = data

    def struct(self, wanted: Wanted, depth: int = _DEPTH) -> dict[int, ThriftValue]:
        """Read one struct and return the wanted fields that it has. Raises `ThriftError`."""
        if not depth:
            raise ThriftError("structs lie too deep in one another")
        fields: dict[int, ThriftValue] = {}
        field = 0
        while kind := (head := self._byte()) & 0x0F:
            field = field + (head >> 4) if head >> 4 else self._signed()
            if field in wanted:
                fields[field] = self._value(kind, wanted[field], depth - 1)
            else:
                self._pass(kind, depth - 1)
        return fields

    def _value(self, kind: int, wanted: Wanted, depth: int) -> ThriftValue:
        if kind in (_TRUE, _FALSE):  # a field whose value is its type
            return int(kind == _TRUE)
        if kind in _NUMBERS:
            return self._signed()
        if kind == _BINARY:
            size = self._unsigned()
            self._skip(size)
            return self._data[self.position - size : self.position]
        if kind == _STRUCT:
            return self.struct(wanted, depth)
        if kind in (_LIST, _SET) and depth:
            number, inner = self._elements()
            return [self._value(inner, wanted, depth - 1) for _ in range(number)]
        raise ThriftError("a field is of another kind than it should be")

    def _pass(self, kind: int, depth: int) -> None:
        if not depth:
            raise ThriftError("structs lie too deep in one another")
        if kind in (_TRUE, _FALSE):
            return
        if kind in _NUMBERS:
            self._unsigned()
        elif kind == _BYTE:
            self._skip(1)
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _BINARY:
            self._skip(self._unsigned())
        elif kind == _STRUCT:
            self.struct({}, depth)
        elif kind in (_LIST, _SET):
            number, inner = self._elements()
            for _ in range(number):
                self._pass_element(inner, depth - 1)
        elif kind == _MAP:
            number = self._unsigned()
            kinds = self._byte() if number else 0
            self._refuse_more_than_there_is(number)
            for _ in range(number):
                self._pass_element(kinds >> 4, depth - 1)
                self._pass_element(kinds & 0x0F, depth - 1)
        else:
            raise ThriftError("a field is of no kind")

    def _pass_element(self, kind: int, depth: int) -> None:
        if kind in (_TRUE, _FALSE):  # within a list each has a byte
            self._skip(1)
        else:
            self._pass(kind, depth)

    def _elements(self) -> tuple[int, int]:
        head = self._byte()
        number = head >> 4 if head >> 4 != 15 else self._unsigned()
        self._refuse_more_than_there_is(number)
        return number, head & 0x0F

    def _refuse_more_than_there_is(self, number: int) -> None:
        if number > len(self._data) - self.position:  # each takes a byte at least
            raise ThriftError("a list is longer than what holds it")

    def _byte(self) -> int:
        self._skip(1)
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
                raise ThriftError("a number has too many digits")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, size: int) -> None:
        self.position += size
        if self.position > len(self._data):
            raise ThriftError("a struct is cut off")
