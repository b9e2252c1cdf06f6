"""Texts that people write into cases: read the same everywhere, and refused where they cannot be kept."""

from __future__ import annotations

import unicodedata

from antigone.errors import UsageError

LONGEST_LINE = 2_000
LONGEST_TEXT = 10_000


def one_line(given: str, what: str, *, needed: bool = True) -> str:
    """Return a text of one line, trimmed and composed (NFC). Raises `UsageError`."""
    text = unicodedata.normalize("NFC", given).strip()
    if needed and not text:
        raise UsageError(f"the {what} is missing")
    if len(text) > LONGEST_LINE or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise UsageError(f"the {what} is one line of at most {LONGEST_LINE:,} characters")
    return text


def some_lines(given: str, what: str, *, needed: bool = True) -> str:
    """Return a text of several lines, trimmed and composed (NFC). Raises `UsageError`."""
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n")).strip()
    if needed and not text:
        raise UsageError(f"the {what} is missing")
    bad = any(c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs") for c in text)
    if len(text) > LONGEST_TEXT or bad:
        raise UsageError(f"the {what} has at most {LONGEST_TEXT:,} characters and no control characters")
    return text
