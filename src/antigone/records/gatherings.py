"""Who else is on a photo: for whoever asks in whose company somebody appears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import aliased

from antigone.records.tables import FaceRow, PhotoRow, TemplateRow

_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceOnPhoto:
    """A face of a photo by one model, and the reference that stands for it."""

    photo_id: int
    photo: str  # sha256
    number: int
    reference: int  # its own; of a face that was followed through a video, that of its track
    quality: float
    sharpness: float


class Gatherings:
    """Faces by the photos that they are on; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def faces_on(self, photos: Sequence[int], model: str) -> tuple[FaceOnPhoto, ...]:
        """Return the faces of these photos that have a reference, photo by photo, the largest first."""
        own, shot = aliased(TemplateRow), aliased(FaceRow)
        of_track = (
            select(func.min(TemplateRow.id))
            .join(shot, shot.id == TemplateRow.face_id)
            .where(shot.track_id == FaceRow.track_id, TemplateRow.model == model)
            .scalar_subquery()
        )
        reference = func.coalesce(own.id, of_track)
        query = (
            select(
                FaceRow.photo_id,
                PhotoRow.sha256.label("photo"),
                FaceRow.number,
                reference.label("reference"),
                FaceRow.quality,
                FaceRow.quality_sharpness.label("sharpness"),
            )
            .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
            .outerjoin(own, (own.face_id == FaceRow.id) & (own.model == model))
            .where(FaceRow.model == model, reference.is_not(None))
            .order_by(FaceRow.photo_id, FaceRow.number)
        )
        found: list[FaceOnPhoto] = []
        with self._engine.connect() as connection:
            for chunk in _chunks(sorted(set(photos))):
                rows = connection.execute(query.where(FaceRow.photo_id.in_(chunk))).mappings()
                found += [FaceOnPhoto(**row) for row in rows]
        return tuple(found)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _PER_QUERY):
        yield ids[start : start + _PER_QUERY]
