"""The layout that EXIF uses: TIFF 6.0, a byte-order mark, then directories of 12-byte entries.

Bounded and forgiving: every read stays inside the block, and what is damaged is None.
"""

from __future__ import annotations

import struct
from typing import Self

from antigone.faces.texts import decoded

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL = 1, 2, 3, 4, 5
_ENTRY = 12
_MAX_ENTRIES = 1_000  # of one directory; cameras write fewer than a hundred


class Tiff:
    """One block of TIFF. An entry is the offset of its 12 bytes, as `directory` gives it, or None."""

    __slots__ = ("_data", "_order")

    def __init__(self, data: bytes, order: str) -> None:
        self._data = data
        self._order = order

    @classmethod
    def of(cls, block: bytes) -> Self | None:
        """Open a block; None where it does not begin as TIFF does."""
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
        return None if order is None or len(block) < 8 else cls(block, order)

    def main(self) -> dict[int, int]:
        """Return the entries of the first directory by their tags."""
        return self.directory(self._read("I", 4))

    def directory(self, offset: int | None) -> dict[int, int]:
        """Return where the entry of each tag starts, for the entries that lie inside the block."""
        if not offset or offset + 2 > len(self._data):
            return {}
        count = self._read("H", offset)
        inside = (len(self._data) - offset - 2) // _ENTRY
        starts = (offset + 2 + _ENTRY * i for i in range(min(count, inside, _MAX_ENTRIES)))
        return {self._read("H", start): start for start in starts}

    def number(self, entry: int | None) -> int | None:
        """Return a whole number."""
        if entry is None:
            return None
        layout = {_BYTE: "B", _SHORT: "H", _LONG: "I"}.get(self._read("H", entry + 2))
        return self._read(layout, entry + 8) if layout else None

    def text(self, entry: int | None, *, most: int = 64) -> str | None:
        """Return a text of at most ``most`` bytes, up to its first NUL; None where nothing legible is left.

        The standard wants ASCII; programs write UTF-8 and Latin-1 too.
        """
        if entry is None or self._read("H", entry + 2) != _ASCII:
            return None
        count = self._read("I", entry + 4)
        at = entry + 8 if count <= 4 else self._read("I", entry + 8)
        text = self._data[at : at + min(count, most)].split(b"\0")[0]
        return decoded(text, cut=len(text) == most) or None

    def rationals(self, entry: int | None, count: int) -> tuple[float, ...] | None:
        """Return ``count`` fractions; None where there are fewer, or one of them divides by zero."""
        if entry is None or self._read("H", entry + 2) != _RATIONAL or self._read("I", entry + 4) < count:
            return None
        at = self._read("I", entry + 8)
        if at + 8 * count > len(self._data):
            return None
        numbers = struct.unpack_from(f"{self._order}{2 * count}I", self._data, at)
        if 0 in numbers[1::2]:
            return None
        return tuple(above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True))

    def _read(self, layout: str, at: int) -> int:
        return int(struct.unpack_from(self._order + layout, self._data, at)[0])
