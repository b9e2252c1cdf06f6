"""What a collection holds, told in numbers: its imports one by one, and how good its faces are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Integer, cast, func, select

from antigone.records.imports import count_import
from antigone.records.results import ImportCounts
from antigone.records.tables import FaceRow, ImportRow, PhotoRow

QUALITY_BINS = 10
"""Of a histogram: 0 up to 10, 10 up to 20, and so on; the last one holds 100, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import of a collection, as it stands."""

    id: int
    model: str
    collector: str  # who ran it
    tool_version: str
    started_at: datetime
    journal_at: datetime  # when the last batch was written
    finished_at: datetime | None  # None: it is at work, or was interrupted and goes on when it is run again
    counts: ImportCounts  # over all its runs


class Contents:
    """What the collections of one workspace hold."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def imports(self, collection: int, *, before: int | None = None, most: int) -> tuple[ImportRecord, ...]:
        """Return imports, newest first, at most so many of those numbered below ``before``."""
        query = select(
            ImportRow.id,
            ImportRow.model,
            ImportRow.collector,
            ImportRow.tool_version,
            ImportRow.started_at,
            ImportRow.journal_at,
            ImportRow.finished_at,
        ).where(ImportRow.collection_id == collection)
        if before is not None:
            query = query.where(ImportRow.id < before)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(ImportRow.id.desc()).limit(most)).mappings().all()
            return tuple(ImportRecord(**row, counts=count_import(connection, row["id"])) for row in rows)

    def qualities(self, collection: int, model: str) -> tuple[int, ...]:
        """Count the faces that a model found by their quality, in `QUALITY_BINS` bins of equal width."""
        number = cast(FaceRow.quality * QUALITY_BINS / 100, Integer)
        query = (
            select(number, func.count())
            .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
            .where(PhotoRow.collection_id == collection, FaceRow.model == model)
            .group_by(number)
        )
        bins = [0] * QUALITY_BINS
        with self._engine.connect() as connection:
            for place, faces in connection.execute(query):
                bins[min(max(place, 0), QUALITY_BINS - 1)] += faces
        return tuple(bins)
