"""Two photos in, one comparison score out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from antigone.audit import AuditEvent
from antigone.identify.choice import FaceChoice
from antigone.identify.parts import Parts, PhotoInput
from antigone.identify.probe import box_numbers, choose_faces, read_probe
from antigone.types import Comparison


def compare(a: PhotoInput, b: PhotoInput, choices: Sequence[FaceChoice], parts: Parts) -> Comparison:
    """Compare the chosen face of photo ``a`` (photo 1) with that of ``b`` (photo 2).

    Raises the same errors as a search does for its probe photos.
    """
    first, second = choose_faces(read_probe((a, b), parts.limits), choices, parts.analyser)
    score = float(first.face.template @ second.face.template)
    compared_at = datetime.now(UTC)
    entry = parts.audit.append(
        AuditEvent(
            kind="compare",
            body={
                "photos": [
                    {"photo": photo.sha256, "box": box_numbers(photo.face.box)} for photo in (first, second)
                ],
                "model": parts.analyser.model,
                "score": round(score, 4),
            },
        )
    )
    return Comparison(
        score=score, photos=(first, second), model=parts.analyser.model, compared_at=compared_at, audit=entry
    )
