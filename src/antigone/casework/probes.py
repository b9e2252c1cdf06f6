"""Probe photos as a search used them: the steps of their adjusted copies, and the face chosen in each.

The copy is never stored. It is made again from the original and the steps, which gives the same pixels.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from antigone.errors import PhotoError, ProbeError, UsageError
from antigone.faces.adjust import Step, adjusted, read_steps, steps_document
from antigone.faces.images import ImageLimits, decode
from antigone.identify.probe import ProbeInput
from antigone.printable import printable
from antigone.records.cases import CaseSearchRecord
from antigone.types import Box, CandidateList, ProbePhoto, Uint8Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFace:
    """The face that a search compared, in pixels of the adjusted copy of its photo."""

    photo: str  # sha256 of the original
    width: int  # of the adjusted copy
    height: int
    faces: int  # that were found in it
    face: int | None  # number of the chosen one; None where it was marked by hand
    box: Box
    landmarks: tuple[tuple[float, float], ...]  # right eye, left eye, nose, mouth corners
    quality: float  # 0 to 100
    steps: tuple[Step, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "photo": self.photo,
            "width": self.width,
            "height": self.height,
            "faces": self.faces,
            "face": self.face,
            "box": self.box.numbers(),
            "landmarks": [list(point) for point in self.landmarks],
            "quality": self.quality,
            "steps": steps_document(self.steps),
        }


def adjusted_probe(
    photos: Sequence[ProbeInput], steps: Sequence[Sequence[Step]], limits: ImageLimits
) -> tuple[ProbeInput, ...]:
    """Return the probe photos to compare: where there are steps for one, its adjusted copy.

    A copy goes by the hash of its original. Raises `UsageError` and `ProbeError`.
    """
    if len(steps) > len(photos):
        raise UsageError(f"there are steps for {len(steps)} photos, but {len(photos)} photos")
    given = [*steps, *[()] * (len(photos) - len(steps))]
    return tuple(
        _copy(photo, own, limits) if own else photo for photo, own in zip(photos, given, strict=True)
    )


def probe_faces(found: CandidateList, steps: Sequence[Sequence[Step]]) -> list[dict[str, Any]]:
    """Return the JSON that a search keeps of the faces that it compared."""
    own = [*steps, *[()] * (len(found.probe.photos) - len(steps))]
    return [_face(photo, taken).document() for photo, taken in zip(found.probe.photos, own, strict=True)]


def faces_of_search(search: CaseSearchRecord) -> tuple[ProbeFace, ...]:
    """Return the faces that a search compared, in the order of its photos; none for a search of old."""
    return tuple(
        ProbeFace(
            **{name: kept[name] for name in ("photo", "width", "height", "faces", "face", "quality")},
            box=Box(*kept["box"]),
            landmarks=tuple((x, y) for x, y in kept["landmarks"]),
            steps=read_steps(kept["steps"]),
        )
        for kept in json.loads(search.faces)
    )


def adjusted_pixels(content: bytes, steps: Sequence[Step], limits: ImageLimits) -> Uint8Array:
    """Return the (H, W, 3) pixels of a photo's adjusted copy. Raises `PhotoError` and `UsageError`."""
    return adjusted(decode(content, limits).pixels, steps, limits)


def _copy(photo: ProbeInput, steps: Sequence[Step], limits: ImageLimits) -> ProbeInput:
    if not isinstance(photo.content, bytes):
        return replace(photo, content=adjusted(photo.content, steps, limits))
    try:
        return replace(photo, content=adjusted_pixels(photo.content, steps, limits))
    except PhotoError as error:
        raise ProbeError(
            f"{printable(photo.source)}: {error.message}",
            hint=error.hint,
            failure_code=error.failure.code.value,
        ) from error


def _face(photo: ProbePhoto, steps: Sequence[Step]) -> ProbeFace:
    points = photo.face.landmarks.tolist()
    return ProbeFace(
        photo=photo.sha256,
        width=photo.width,
        height=photo.height,
        faces=photo.faces,
        face=photo.number,
        box=photo.face.box,
        landmarks=tuple((round(x, 1), round(y, 1)) for x, y in points),
        quality=round(photo.face.quality.score, 1),
        steps=tuple(steps),
    )
