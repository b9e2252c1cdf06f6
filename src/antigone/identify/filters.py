"""Filters on what the records say of a candidate's photo: when and where it was taken, and what file held it.

An index knows templates alone, so a filter works on what a scan brought up: the most alike references are
looked at, more of them as long as too few pass, up to a limit. How many were looked at is said with the list;
beyond those nothing is known of what the filter would have let through.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from antigone.errors import UsageError
from antigone.provenance import Holding

if TYPE_CHECKING:
    from antigone.records import ReferenceRecord
    from antigone.records.whereabouts import Whereabouts

_EARTH_KM = 6_371.0  # mean radius


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A circle on the Earth."""

    latitude: float  # degrees, north is positive
    longitude: float  # degrees, east is positive
    km: float  # radius

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= 90 and abs(self.longitude) <= 180 and 0 < self.km <= 20_016):
            raise UsageError(
                "there is no such circle on the Earth",
                hint="latitude -90 to 90, longitude -180 to 180, radius up to 20,016 km",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``LATITUDE,LONGITUDE,KM``. Raises `UsageError`."""
        try:
            latitude, longitude, km = (float(part) for part in text.split(","))
        except ValueError as error:
            raise UsageError(
                f"{text} names no circle on the Earth",
                hint="write it like 48.46,35.04,20: degrees, degrees, km",
            ) from error
        return cls(latitude=latitude, longitude=longitude, km=km)

    def holds(self, latitude: float, longitude: float) -> bool:
        """Tell whether a position in degrees lies within, by great circles (haversine formula)."""
        here, there = math.radians(self.latitude), math.radians(latitude)
        across = math.radians(longitude - self.longitude)
        chord = (
            math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
        )
        return 2 * _EARTH_KM * math.asin(math.sqrt(min(max(chord, 0.0), 1.0))) <= self.km


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the records of a candidate must say.

    A photo of unknown time passes no filter on its time, one of unknown place none on its place.
    """

    captured_from: date | None = None  # the first day that passes
    captured_until: date | None = None  # the last one
    kinds: frozenset[Holding] = frozenset()  # none means every kind
    place: str = ""  # stands in what a source calls its place, whatever the capitals
    near: Near | None = None  # holds a position that a source or the photo itself gives

    def __post_init__(self) -> None:
        if self.captured_from and self.captured_until and self.captured_from > self.captured_until:
            raise UsageError("the first day of capture lies after the last one")

    @property
    def active(self) -> bool:
        """Whether anything is left out at all."""
        return self != EVERYTHING

    @property
    def placed(self) -> bool:
        """Whether it matters where a photo was taken."""
        return bool(self.place) or self.near is not None

    def keeps(self, record: ReferenceRecord, where: Whereabouts | None = None) -> bool:
        """Tell whether a reference passes; ``where`` is said of its place."""
        if self.kinds and record.place.holding not in self.kinds:
            return False
        return self._in_time(record) and (not self.placed or (where is not None and self._in_place(where)))

    def _in_time(self, record: ReferenceRecord) -> bool:
        if self.captured_from is None and self.captured_until is None:
            return True
        if record.captured_at is None:
            return False
        day = record.captured_at.date()
        return (self.captured_from or date.min) <= day <= (self.captured_until or date.max)

    def _in_place(self, where: Whereabouts) -> bool:
        wanted, near = _folded(self.place.strip()), self.near
        named = not wanted or any(wanted in _folded(name) for name in where.names)
        return named and (near is None or any(near.holds(*position) for position in where.positions))

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        near = self.near
        return {
            "captured_from": None if self.captured_from is None else self.captured_from.isoformat(),
            "captured_until": None if self.captured_until is None else self.captured_until.isoformat(),
            "kinds": sorted(kind.value for kind in self.kinds),
            "place": self.place or None,
            "near": None if near is None else [near.latitude, near.longitude, near.km],
        }


def filters_sentence(filters: Mapping[str, Any], looked_at: int | None, references: int) -> str:
    """Say in plain words what a list was filtered by, from `Filters.document`, and how far that looked."""
    parts = []
    if filters["captured_from"] or filters["captured_until"]:
        parts.append(f"taken {filters['captured_from'] or '…'} to {filters['captured_until'] or '…'}")
    if filters.get("place"):
        parts.append(f"place {filters['place']}")
    if near := filters.get("near"):
        parts.append(f"within {near[2]:g} km of {near[0]:g}, {near[1]:g}")
    parts += [f"kind {kind}" for kind in filters["kinds"]]
    every = looked_at is None or looked_at >= references
    looked = "every reference was looked at" if every else f"only the {looked_at:,} most alike were looked at"
    return f"Filtered: {', '.join(parts)}; {looked}."


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


EVERYTHING = Filters()
"""No filter."""
