"""Photos with everything that is on record about them: for whoever asks where one comes from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, or_, select

from antigone.evidence import EvidenceDocument
from antigone.provenance import Appearance, Material, Place, Provenance
from antigone.records.sources import join_capture_time, material_of, place_of
from antigone.records.tables import (
    AppearanceRow,
    FaceRow,
    ImportRow,
    MaterialRow,
    PhotoRow,
    SourceRow,
    TemplateRow,
    TrackRow,
)
from antigone.types import Box, Quality

_PHOTOS_AT_ONCE = 200
_IDS_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)
_FIRST, _LAST = "0", "f"
_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRecord:
    """A photo as one collection holds it."""

    id: int
    collection_id: int
    sha256: str
    byte_size: int
    width: int  # pixels, upright
    height: int
    format: str
    perceptual_hash: int  # 64 bit
    captured_at: datetime | None  # by its EXIF; naive where the camera gave no zone
    evidence: EvidenceDocument  # what its metadata claims


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """The stretch of a video through which a face was followed."""

    number: int
    begins: int  # microseconds
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecord:
    """A face of a photo, without its template."""

    number: int  # 1 is the largest face of the photo
    model: str
    box: Box
    quality: Quality
    detection_score: float
    roll: float
    reference: int | None  # id of its reference; None where another shot stands for its track
    track: TrackRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One place where a photo was received, from whom and by whom."""

    import_id: int
    location: str
    place: Place
    outcome: str  # see results.Outcome
    received_at: datetime  # UTC
    collector: str  # empty where that was not recorded
    tool_version: str
    provenance: Provenance
    material: Material | None = field(default=None)


class Photos:
    """Photos in the records; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_sha256(self, prefix: str, collections: Sequence[int]) -> tuple[PhotoRecord, ...]:
        """Return the photos of these collections whose digest begins with ``prefix``, in hexadecimal."""
        lowest, highest = (prefix.ljust(_DIGITS, digit) for digit in (_FIRST, _LAST))
        return self._matching(PhotoRow.sha256.between(lowest, highest), collections)

    def by_source(self, named: str, collections: Sequence[int], *, most: int) -> tuple[PhotoRecord, ...]:
        """Return at most ``most`` photos of these collections that were met at or came from a path or URL."""
        imports = select(ImportRow.id).where(ImportRow.collection_id.in_(collections))
        with self._engine.connect() as connection:
            # First where it was met: the records find that at once, an address only by looking through all.
            for named_there in (
                SourceRow.location == named,
                or_(SourceRow.source_url == named, SourceRow.stored_at == named),
            ):
                query = select(SourceRow.photo_id).where(SourceRow.import_id.in_(imports), named_there)
                ids = connection.scalars(query.distinct().limit(most)).all()
                if ids:
                    return tuple(_photos(connection, ids))
        return ()

    def sources(self, photo: int, *, most: int | None = None) -> tuple[SourceRecord, ...]:
        """Return where a photo was received, at first the oldest."""
        with self._engine.connect() as connection:
            return tuple(_sources(connection, [photo], most=most).get(photo, ()))

    def count_sources(self, photo: int) -> int:
        """Count where a photo was received."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(SourceRow).where(SourceRow.photo_id == photo)
            ).scalar_one()

    def faces(self, photo: int) -> tuple[FaceRecord, ...]:
        """Return the faces of a photo, model by model, the largest first."""
        query = (
            select(
                FaceRow.__table__,
                TemplateRow.id.label("reference"),
                *(TrackRow.number.label("track"), TrackRow.begins, TrackRow.ends),
            )
            .outerjoin(
                TemplateRow, (TemplateRow.face_id == FaceRow.id) & (TemplateRow.model == FaceRow.model)
            )
            .outerjoin(TrackRow, TrackRow.id == FaceRow.track_id)
            .where(FaceRow.photo_id == photo)
            .order_by(FaceRow.model, FaceRow.number)
        )
        with self._engine.connect() as connection:
            return tuple(_face(row) for row in connection.execute(query).mappings())

    def imports(self, photo: int) -> tuple[int, ...]:
        """Return the imports that met a photo."""
        query = select(SourceRow.import_id).where(SourceRow.photo_id == photo).distinct()
        with self._engine.connect() as connection:
            return tuple(sorted(connection.scalars(query)))

    def ids(self, collection: int) -> list[int]:
        """Return the numbers of all photos of a collection, in the order in which they came."""
        query = select(PhotoRow.id).where(PhotoRow.collection_id == collection).order_by(PhotoRow.id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def byte_size(self, ids: Sequence[int]) -> int:
        """Return how many bytes photos have together."""
        with self._engine.connect() as connection:
            return sum(
                connection.execute(
                    select(func.coalesce(func.sum(PhotoRow.byte_size), 0)).where(PhotoRow.id.in_(chunk))
                ).scalar_one()
                for chunk in _chunks(ids, _IDS_PER_QUERY)
            )

    def each(self, ids: Sequence[int]) -> Iterator[tuple[PhotoRecord, tuple[SourceRecord, ...]]]:
        """Yield photos with their sources, in the order of their numbers; those that are gone are left out.

        Every portion is a query of its own, so that a slow reader holds up no writer.
        """
        for chunk in _chunks(sorted(ids), _PHOTOS_AT_ONCE):
            with self._engine.connect() as connection:
                photos = _photos(connection, chunk)
                sources = _sources(connection, chunk)
            for photo in photos:
                yield photo, tuple(sources.get(photo.id, ()))

    def _matching(self, wanted: ColumnElement[bool], collections: Sequence[int]) -> tuple[PhotoRecord, ...]:
        # Collection by collection: the index over digests begins with the collection.
        query = select(PhotoRow.id).where(wanted).order_by(PhotoRow.sha256)
        with self._engine.connect() as connection:
            ids = [
                id_
                for collection in collections
                for id_ in connection.scalars(query.where(PhotoRow.collection_id == collection))
            ]
            return tuple(_photos(connection, ids))


def _photos(connection: Connection, ids: Sequence[int]) -> list[PhotoRecord]:
    columns = (
        *(PhotoRow.id, PhotoRow.collection_id, PhotoRow.sha256, PhotoRow.byte_size, PhotoRow.width),
        *(PhotoRow.height, PhotoRow.format, PhotoRow.perceptual_hash, PhotoRow.evidence),
        *(PhotoRow.captured_at, PhotoRow.captured_offset),
    )
    found = []
    for chunk in _chunks(ids, _IDS_PER_QUERY):
        query = select(*columns).where(PhotoRow.id.in_(chunk)).order_by(PhotoRow.id)
        for row in connection.execute(query).mappings():
            values: dict[str, Any] = dict(row)
            values["captured_at"] = join_capture_time(values["captured_at"], values.pop("captured_offset"))
            values["evidence"] = json.loads(values["evidence"] or "{}")
            found.append(PhotoRecord(**values))
    return found


def _sources(
    connection: Connection, photos: Sequence[int], *, most: int | None = None
) -> dict[int, list[SourceRecord]]:
    """Return the sources of photos, the oldest first, at most ``most`` of all."""
    query = (
        select(SourceRow.__table__, ImportRow.collector, ImportRow.tool_version)
        .join(ImportRow, ImportRow.id == SourceRow.import_id)
        .where(SourceRow.photo_id.in_(photos))
        .order_by(SourceRow.id)
        .limit(most)
    )
    rows = connection.execute(query).mappings().all()
    pages = _pages(connection, [row["id"] for row in rows])
    materials = _materials(connection, {row["material_id"] for row in rows} - {None})
    found: dict[int, list[SourceRecord]] = defaultdict(list)
    for row in rows:
        found[row["photo_id"]].append(
            SourceRecord(
                **{name: row[name] for name in ("import_id", "location", "outcome", "received_at")},
                **{name: row[name] for name in ("collector", "tool_version")},
                place=place_of(
                    **{name: row[name] for name in ("location", "holding", "stored_at", "member", "position")}
                ),
                provenance=_provenance(row, pages.get(row["id"], ())),
                material=materials.get(row["material_id"]),
            )
        )
    return found


def _provenance(row: RowMapping, pages: Iterable[Appearance]) -> Provenance:
    return Provenance(
        **{name: row[name] for name in ("source_url", "collected_at", "licence", "subject_id")},
        captured_at=join_capture_time(row["captured_at"], row["captured_offset"]),
        appearances=tuple(pages),
        attributes=json.loads(row["attributes"] or "{}"),
    )


def _pages(connection: Connection, sources: Sequence[int]) -> dict[int, list[Appearance]]:
    found: dict[int, list[Appearance]] = defaultdict(list)
    for chunk in _chunks(sources, _IDS_PER_QUERY):
        query = select(AppearanceRow.__table__).where(AppearanceRow.source_id.in_(chunk))
        for row in connection.execute(query.order_by(AppearanceRow.id)).mappings():
            values = {name: value for name, value in row.items() if name not in ("id", "source_id")}
            found[row["source_id"]].append(Appearance(**values))
    return found


def _materials(connection: Connection, ids: Iterable[int]) -> dict[int, Material]:
    found: dict[int, Material] = {}
    for chunk in _chunks(sorted(ids), _IDS_PER_QUERY):
        query = select(MaterialRow.__table__).where(MaterialRow.id.in_(chunk))
        found |= {row["id"]: material_of(row) for row in connection.execute(query).mappings()}
    return found


def _face(row: RowMapping) -> FaceRecord:
    parts = ("size", "sharpness", "light", "pose", "occlusion", "evidence")
    track = None
    if row["track"] is not None:
        track = TrackRecord(number=row["track"], begins=row["begins"], ends=row["ends"])
    return FaceRecord(
        **{name: row[name] for name in ("number", "model", "detection_score", "roll", "reference")},
        box=Box(*(row[side] for side in "xywh")),
        quality=Quality(score=row["quality"], **{part: row[f"quality_{part}"] for part in parts}),
        track=track,
    )


def _chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
