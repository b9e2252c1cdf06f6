"""Two photos in, one comparison score out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from antigone.audit.events import Compared
from antigone.identify.choice import FaceChoice
from antigone.identify.parts import Parts, PhotoInput
from antigone.identify.probe import ProbeInput, alike, choose_faces, for_audit, read_probe
from antigone.types import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """For which case a comparison is made, and by whom."""

    case: str | None = None  # its number
    person: int | None = None


NOBODY = Asker()


def compare(
    a: PhotoInput | ProbeInput,
    b: PhotoInput | ProbeInput,
    choices: Sequence[FaceChoice],
    parts: Parts,
    *,
    asker: Asker = NOBODY,
) -> Comparison:
    """Compare the chosen face of photo ``a`` (photo 1) with that of ``b`` (photo 2).

    Raises the same errors as a search does for its probe photos.
    """
    first, second = choose_faces(read_probe((a, b), parts.limits), choices, parts.analyser)
    score = alike(first.face, second.face)
    compared_at = datetime.now(UTC)
    entry = parts.audit.append(
        Compared(
            case=asker.case,
            by=asker.person,
            photos=for_audit((first, second)),
            model=parts.analyser.model,
            score=round(score, 4),
        ).event()
    )
    return Comparison(
        score=score,
        photos=(first, second),
        model=parts.analyser.model,
        strength=parts.strength.of_pair(score, (first.face, second.face), model=parts.analyser.model),
        compared_at=compared_at,
        audit=entry,
    )
