"""Texts from metadata: bounded, without padding, in whatever encoding they were written."""

from __future__ import annotations

from collections.abc import Iterable

MAX_TEXT = 4_000
"""Most characters that are kept of one text; IPTC allows a caption 2,000 bytes."""

MAX_ITEMS = 200
"""Most names or keywords that are kept of one list."""


def decoded(data: bytes, *, cut: bool = False) -> str:
    """Return bytes as text: UTF-8 where they are that, else Latin-1, which takes anything.

    ``cut`` says that the bytes end where a bound fell, perhaps in the middle of a character.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        whole = cut and error.start >= len(data) - 3
        text = data[: error.start].decode("utf-8") if whole else data.decode("latin-1")
    return tidy(text)


def tidy(text: str | None) -> str:
    """Return a text without NUL and outer blanks, cut where it is too long."""
    text = (text or "").replace("\0", "").strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts that say something, each once, in their order."""
    return tuple(dict.fromkeys(text for text in map(tidy, texts) if text))[:MAX_ITEMS]
