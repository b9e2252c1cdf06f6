"""Tables of words, as reports and particulars hold them. What people wrote is made safe to print here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from antigone.evaluate.scorecard import Table
from antigone.printable import printable


def words_table(
    title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], shares: tuple[float, ...]
) -> Table:
    """Return a table whose columns are all text, as wide as ``shares`` say."""
    cells = tuple(tuple(map(plain, row)) for row in rows)
    return Table(title=plain(title), columns=columns, rows=cells, words=True, shares=shares)


def plain(text: str) -> str:
    """Return a text on one line, with nothing in it that would hide or reorder other text."""
    return printable("; ".join(line.strip() for line in text.split("\n") if line.strip()) or text.strip())


def when(at: datetime) -> str:
    """Write a moment."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
