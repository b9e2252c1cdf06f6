"""Filters on what the records say of a candidate's photo: when it was taken, and what kind of file held it.

An index knows templates alone, so a filter works on what a scan brought up: the most alike references are
looked at, more of them as long as too few pass, up to a limit. How many were looked at is said with the list;
beyond those nothing is known of what the filter would have let through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from antigone.errors import UsageError
from antigone.provenance import Holding

if TYPE_CHECKING:
    from antigone.records import ReferenceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the records of a candidate must say. A photo of unknown time passes no filter on its time."""

    captured_from: date | None = None  # the first day that passes
    captured_until: date | None = None  # the last one
    kinds: frozenset[Holding] = frozenset()  # none means every kind

    def __post_init__(self) -> None:
        if self.captured_from and self.captured_until and self.captured_from > self.captured_until:
            raise UsageError("the first day of capture lies after the last one")

    @property
    def active(self) -> bool:
        """Whether anything is left out at all."""
        return self != EVERYTHING

    def keeps(self, record: ReferenceRecord) -> bool:
        """Tell whether a reference passes."""
        if self.kinds and record.place.holding not in self.kinds:
            return False
        if self.captured_from is None and self.captured_until is None:
            return True
        if record.captured_at is None:
            return False
        day = record.captured_at.date()
        return (self.captured_from or date.min) <= day <= (self.captured_until or date.max)

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "captured_from": None if self.captured_from is None else self.captured_from.isoformat(),
            "captured_until": None if self.captured_until is None else self.captured_until.isoformat(),
            "kinds": sorted(kind.value for kind in self.kinds),
        }


EVERYTHING = Filters()
"""No filter."""
