"""Records of any size without photos: each template gets a photo, a face and a source of its own.

What is written is what an import would write, so that searches, clusters and dossiers work on it as on any
collection; only the pixels are nowhere.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from antigone.records import Records
from antigone.records.tables import AnalysisRow, FaceRow, PhotoRow, SourceRow, TemplateRow
from antigone.types import CollectionInfo

_AT_ONCE = 10_000
_QUALITY = {
    f"quality{part}": 80.0
    for part in ("", "_size", "_sharpness", "_light", "_pose", "_occlusion", "_evidence")
}


def write_faces(
    records: Records, info: CollectionInfo, model: str, templates: NDArray[np.float16], *, first: int = 0
) -> None:
    """Write templates (n, D) float16 as faces of photos that are named by numbers from ``first`` on."""
    import_ = records.begin_import(
        collection_id=info.id, model=model, request=f"invented {first}", collector="benchmark"
    )
    now = datetime.now(UTC)
    for start in range(0, len(templates), _AT_ONCE):
        part = templates[start : start + _AT_ONCE]
        ids = [first + start + place + 1 for place in range(len(part))]
        own = {"import_id": import_.id}
        photos = [
            {
                "id": id_,
                "collection_id": info.id,
                "sha256": hashlib.sha256(str(id_).encode()).hexdigest(),
                "perceptual_hash": 0,
                "byte_size": 1,
                "width": 250,
                "height": 250,
                "format": "JPEG",
                **own,
            }
            for id_ in ids
        ]
        analyses = [{"photo_id": id_, "model": model, "faces": 1, **own} for id_ in ids]
        sources = [
            {
                "photo_id": id_,
                "location": f"/invented/{id_}.jpg",
                "outcome": "new",
                "received_at": now,
                "holding": "file",
                **own,
            }
            for id_ in ids
        ]
        faces = [
            {
                **{"id": id_, "photo_id": id_, "model": model, "number": 1},
                **{"x": 70.0, "y": 70.0, "w": 100.0, "h": 120.0, "landmarks": bytes(40)},
                **{"detection_score": 0.9, "roll": 0.0, **_QUALITY},
            }
            for id_ in ids
        ]
        references = [
            {"id": id_, "face_id": id_, "collection_id": info.id, "model": model, "vector": row.tobytes()}
            for id_, row in zip(ids, part, strict=True)
        ]
        with records._writer.begin() as connection:
            for table, rows in (
                (PhotoRow, photos),
                (AnalysisRow, analyses),
                (SourceRow, sources),
                (FaceRow, faces),
                (TemplateRow, references),
            ):
                connection.execute(insert(table), rows)
    records.finish_import(import_.id)
