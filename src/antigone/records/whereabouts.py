"""Where photos were taken, as their sources and their metadata say; nothing of it is believed or merged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from antigone.records.tables import FaceRow, PhotoRow, SourceRow, TemplateRow

# Columns of a manifest, and attributes of other sources, that name a place or give its coordinates.
NAMES = frozenset(
    {"place", "location", "city", "town", "village", "district", "region", "state", "country", "address"}
)
POSITIONS = (
    ("latitude", "longitude"),
    ("lat", "lon"),
    ("lat", "lng"),
    ("sidecar.latitude", "sidecar.longitude"),  # see antigone.sources.sidecar
)
_IDS_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is said of the place of one photo."""

    names: list[str] = field(default_factory=list)
    positions: list[tuple[float, float]] = field(default_factory=list)  # degrees north and east


def whereabouts_of(connection: Connection, references: Sequence[int]) -> dict[int, Whereabouts]:
    """Return what is said of the photo of each reference that exists."""
    found: dict[int, Whereabouts] = {}
    query = (
        select(TemplateRow.id, PhotoRow.evidence, SourceRow.attributes)
        .join(FaceRow, FaceRow.id == TemplateRow.face_id)
        .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
        .join(SourceRow, SourceRow.photo_id == PhotoRow.id, isouter=True)
        .order_by(TemplateRow.id, SourceRow.id)
    )
    for begin in range(0, len(references), _IDS_PER_QUERY):
        some = references[begin : begin + _IDS_PER_QUERY]
        for reference, evidence, attributes in connection.execute(query.where(TemplateRow.id.in_(some))):
            if reference not in found:
                found[reference] = Whereabouts(positions=list(_measured(json.loads(evidence or "{}"))))
            said = said_by(json.loads(attributes or "{}"))
            found[reference].names.extend(said.names)
            found[reference].positions.extend(said.positions)
    return found


def _measured(evidence: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Iterator[tuple[float, float]]:
    for block in evidence.values():
        if (position := block.get("position")) is not None:
            yield position["latitude"], position["longitude"]


def said_by(attributes: Mapping[str, str]) -> Whereabouts:
    """Return what the attributes of a source say of the place."""
    words = {name.strip().lower(): value for name, value in attributes.items()}
    positions = (_position(words.get(north), words.get(east)) for north, east in POSITIONS)
    return Whereabouts(
        names=[value for name, value in words.items() if name in NAMES],
        positions=[found for found in positions if found is not None],
    )


def _position(north: str | None, east: str | None) -> tuple[float, float] | None:
    """Read a position in degrees; None for what is none, which stays readable among the attributes."""
    try:
        found = float(north or ""), float(east or "")
    except ValueError:
        return None
    return found if abs(found[0]) <= 90 and abs(found[1]) <= 180 else None
