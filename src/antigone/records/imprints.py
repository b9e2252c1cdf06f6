"""What tells whether two references are copies of one photo: its bytes, the face in it, its context hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, select

from antigone.records.tables import FaceRow, PhotoRow, TemplateRow

_IDS_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What is known of how the photo of one reference looks."""

    reference: int
    collection_id: int
    model: str
    photo: str  # sha256 of the photo's bytes
    face: int  # number of the face in its photo, 1 is the largest
    context_hash: bytes | None = field(repr=False)  # see faces.context; None where it was never taken


_QUERY = (
    select(
        TemplateRow.id.label("reference"),
        TemplateRow.collection_id,
        TemplateRow.model,
        PhotoRow.sha256.label("photo"),
        FaceRow.number.label("face"),
        FaceRow.context_hash,
    )
    .join(FaceRow, FaceRow.id == TemplateRow.face_id)
    .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
)


class Imprints:
    """Imprints of references in the records; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, ids: Sequence[int]) -> dict[int, Imprint]:
        """Return the imprint of each of ``ids`` that exists, by reference id."""
        found: dict[int, Imprint] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(ids), _IDS_PER_QUERY):
                chunk = [int(id_) for id_ in ids[start : start + _IDS_PER_QUERY]]
                for row in connection.execute(_QUERY.where(TemplateRow.id.in_(chunk))).mappings():
                    found[row["reference"]] = Imprint(**row)
        return found

    def in_photo(self, photo: str, collections: Sequence[int]) -> tuple[Imprint, ...]:
        """Return the references that the photo with this sha256 has in these collections, by model and id."""
        query = _QUERY.where(PhotoRow.sha256 == photo, PhotoRow.collection_id.in_(collections))
        query = query.order_by(TemplateRow.model, TemplateRow.id)
        with self._engine.connect() as connection:
            return tuple(Imprint(**row) for row in connection.execute(query).mappings())
