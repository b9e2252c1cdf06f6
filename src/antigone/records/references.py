"""References: templates in bulk for an index, and what a candidate shows for a few of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, select
from sqlalchemy.orm import aliased

from antigone.records.results import Float16Array, ReferenceRecord, ReferenceSummary
from antigone.records.sources import join_capture_time, place_of
from antigone.records.tables import (
    AppearanceRow,
    CollectionRow,
    FaceRow,
    PhotoRow,
    ReferenceTotalRow,
    SourceRow,
    TemplateRow,
)
from antigone.types import Box, Float32Array, Int64Array

STORED = np.dtype("<f2")
"""How a template's numbers are stored: float16, little-endian, on every machine."""

_SOURCE_COLUMNS = (
    SourceRow.location,
    SourceRow.source_url,
    *(SourceRow.holding, SourceRow.stored_at, SourceRow.member, SourceRow.position),
    SourceRow.captured_at.label("declared_at"),
    SourceRow.captured_offset.label("declared_offset"),
    SourceRow.collected_at,
)
_ROWS_PER_FETCH = 1_024
_IDS_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)


def summarise(connection: Connection, collection_id: int, model: str) -> ReferenceSummary:
    """Return how many references of one model a collection holds, and the highest id; counts nothing."""
    total = select(ReferenceTotalRow.number).where(
        ReferenceTotalRow.collection_id == collection_id, ReferenceTotalRow.model == model
    )
    highest = select(func.max(TemplateRow.id)).where(_of(collection_id, model))
    return ReferenceSummary(
        count=connection.execute(total).scalar() or 0, max_id=connection.execute(highest).scalar() or 0
    )


def reference_ids(connection: Connection, collection_id: int, model: str) -> Int64Array:
    """Return all reference ids of one model in a collection, ascending."""
    query = select(TemplateRow.id).where(_of(collection_id, model)).order_by(TemplateRow.id)
    return np.fromiter(connection.scalars(query), dtype=np.int64)


def iter_templates(
    engine: Engine, collection_id: int, model: str, *, after: int, batch: int
) -> Iterator[tuple[Int64Array, Float16Array]]:
    """Yield ids (n,) and templates (n, D) float16 in ascending order of ids greater than ``after``.

    Every batch is a query of its own, so that a slow reader holds up no writer.
    """
    query = select(TemplateRow.id, TemplateRow.vector).where(_of(collection_id, model))
    while True:
        page = query.where(TemplateRow.id > after).order_by(TemplateRow.id).limit(batch)
        with engine.connect() as connection:
            ids, templates = _read(connection, page)
        if len(ids):
            yield ids, templates
            after = int(ids[-1])
        if len(ids) < batch:
            return


def _read(connection: Connection, page: Select[int, bytes]) -> tuple[Int64Array, Float16Array]:
    # Rows come straight from the driver and in small portions that stay in the processor's cache: a
    # million templates take a third of the time that SQLAlchemy's row objects do.
    cursor = connection.execute(page).cursor
    assert cursor is not None
    portions = []
    while rows := cursor.fetchmany(_ROWS_PER_FETCH):
        portions.append(_arrays(rows))
    if not portions:
        return _arrays([])
    ids, templates = zip(*portions, strict=True)
    return np.concatenate(ids), np.concatenate(templates)


def templates_of(connection: Connection, ids: Sequence[int]) -> tuple[Int64Array, Float16Array]:
    """Return the ids that exist, ascending, and their templates (n, D); they must be of one model."""
    rows: list[tuple[int, bytes]] = []
    for chunk in _chunks(ids):
        query = select(TemplateRow.id, TemplateRow.vector).where(TemplateRow.id.in_(chunk))
        rows += connection.execute(query)
    return _arrays(sorted(rows))


def references_of(connection: Connection, ids: Sequence[int]) -> dict[int, ReferenceRecord]:
    """Return what a candidate shows for each of ``ids`` that exists."""
    seen, page = aliased(SourceRow), aliased(AppearanceRow)
    first_source = select(func.min(seen.id)).where(seen.photo_id == PhotoRow.id).scalar_subquery()
    first_page = select(func.min(page.id)).where(page.source_id == SourceRow.id).scalar_subquery()
    query = (
        select(
            TemplateRow.id.label("reference"),
            TemplateRow.collection_id,
            CollectionRow.name.label("collection"),
            PhotoRow.sha256.label("photo"),
            PhotoRow.captured_at,
            PhotoRow.captured_offset,
            FaceRow.number.label("face"),
            *(FaceRow.x, FaceRow.y, FaceRow.w, FaceRow.h, FaceRow.quality),
            FaceRow.quality_pose.label("pose"),
            *_SOURCE_COLUMNS,
            AppearanceRow.page_url,
            AppearanceRow.page_title,
        )
        .join(CollectionRow, CollectionRow.id == TemplateRow.collection_id)
        .join(FaceRow, FaceRow.id == TemplateRow.face_id)
        .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
        .join(SourceRow, SourceRow.id == first_source)
        .outerjoin(AppearanceRow, AppearanceRow.id == first_page)
    )
    found: dict[int, ReferenceRecord] = {}
    for chunk in _chunks(ids):
        for row in connection.execute(query.where(TemplateRow.id.in_(chunk))).mappings():
            values = dict(row)
            box = Box(*(values.pop(side) for side in "xywh"))
            found[values["reference"]] = ReferenceRecord(
                **_seen_first(values), **_capture_time(values), **values, box=box
            )
    return found


def geometry_of(connection: Connection, id_: int) -> tuple[Float32Array, int, int] | None:
    """Return the (5, 2) landmarks of a reference's face, and width and height of its photo in pixels."""
    query = (
        select(FaceRow.landmarks, PhotoRow.width, PhotoRow.height)
        .join(TemplateRow, TemplateRow.face_id == FaceRow.id)
        .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
        .where(TemplateRow.id == id_)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (np.frombuffer(row[0], "<f4").reshape(5, 2), row[1], row[2])


def _seen_first(values: dict[str, Any]) -> dict[str, Any]:
    """Take the columns of the first source out of ``values``; return what a candidate shows of them."""
    location, url = values.pop("location"), values.pop("source_url")
    place = place_of(
        location=location,
        **{name: values.pop(name) for name in ("holding", "stored_at", "member", "position")},
    )
    return {"source": url or location, "place": place}


def _capture_time(values: dict[str, Any]) -> dict[str, Any]:
    """Take the three times out of ``values``; the camera's own word counts most, then the source's."""
    taken = join_capture_time(values.pop("captured_at"), values.pop("captured_offset"))
    declared = join_capture_time(values.pop("declared_at"), values.pop("declared_offset"))
    collected = values.pop("collected_at")
    for moment, witness in ((taken, "camera"), (declared, "source"), (collected, "archive")):
        if moment is not None:
            return {"captured_at": moment, "captured_by": witness}
    return {"captured_at": None, "captured_by": None}


def _of(collection_id: int, model: str) -> ColumnElement[bool]:
    return and_(TemplateRow.collection_id == collection_id, TemplateRow.model == model)


def _arrays(rows: Sequence[tuple[int, bytes]]) -> tuple[Int64Array, Float16Array]:
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 0), STORED)
    ids, vectors = zip(*rows, strict=True)
    templates = np.frombuffer(b"".join(vectors), STORED).reshape(len(rows), -1)
    return np.array(ids, np.int64), templates


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield [int(id_) for id_ in ids[start : start + _IDS_PER_QUERY]]
