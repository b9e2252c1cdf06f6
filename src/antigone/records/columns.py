"""Column types that hold a value without loss on every database."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""A generated row number: 64 bit; SQLite numbers rows itself only in a column declared INTEGER."""

_ESCAPE = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile(f"[\x00{_ESCAPE}\ud800-\udfff]")
_ESCAPED = re.compile(f"{_ESCAPE}(?:({_ESCAPE})|u([0-9a-f]{{4}}))")


class AnyText(TypeDecorator[str]):
    """Text from outside, such as a path, also where it is not valid Unicode.

    File names on POSIX are bytes; Python shows undecodable ones as lone surrogates, which no database
    stores as text. Those characters and NUL are written as U+FFFD ``uXXXX``, U+FFFD itself is doubled,
    and ordinary text stays as it is.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what cannot be stored."""
        return None if value is None else escape_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Give back the very string that was stored."""
        return None if value is None else unescape_text(value)


def escape_text(text: str) -> str:
    """Return ``text`` as valid Unicode without NUL; different texts stay different."""
    if text.isascii() and "\x00" not in text:  # nearly always, and ten times as fast to tell
        return text

    def escaped(match: re.Match[str]) -> str:
        character = match[0]
        return _ESCAPE * 2 if character == _ESCAPE else f"{_ESCAPE}u{ord(character):04x}"

    return _UNSTORABLE.sub(escaped, text)


def unescape_text(stored: str) -> str:
    """Undo `escape_text`."""
    if _ESCAPE not in stored:
        return stored
    return _ESCAPED.sub(lambda match: match[1] or chr(int(match[2], 16)), stored)


class Sha256(TypeDecorator[str]):
    """A SHA-256 digest: 64 hexadecimal digits in Python, 32 bytes in the database."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Turn digits into bytes."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Turn bytes into digits."""
        return None if value is None else value.hex()


class Unsigned64(TypeDecorator[int]):
    """A 64-bit pattern, unsigned in Python; databases know signed numbers only."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Fold the upper half of the range to negative numbers."""
        return None if value is None else (value ^ (1 << 63)) - (1 << 63)

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Unfold negative numbers."""
        return None if value is None else value & (1 << 64) - 1


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. It must know its zone and comes back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite has no zones, so there UTC is understood."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored point in time needs a time zone, got {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
