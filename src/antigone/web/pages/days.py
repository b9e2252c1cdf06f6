"""Days as forms send them."""

from __future__ import annotations

from datetime import date

from antigone.errors import UsageError


def day_of(text: str) -> date:
    """Read a day. Raises `UsageError`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        what = f"{text} is no date" if text else "name the day"
        raise UsageError(what, hint="write it like 2027-01-31") from error
