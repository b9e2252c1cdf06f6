"""Which face of a probe photo is meant: by its number, by a box drawn around it, or by its eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from antigone.errors import UsageError
from antigone.types import Box, Eyes, Face

Pick: TypeAlias = int | Box | Eyes

SAME_FACE_OVERLAP = 0.15  # a drawn box means a detected face from this intersection over union on: people
# draw around a whole head or just the eyes and mouth, so far less than the usual 0.5 must do
SAME_FACE_COVER = 0.5  # or when it holds at least this share of the face's own box


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceChoice:
    """One face of one probe photo.

    ``photo`` counts the probe photos from 1. Without it the choice belongs to the only photo that needs
    one, that is the one with several faces (for a box or eyes: also one where no face was found).
    """

    pick: Pick  # number of the face, 1 is the largest, or a box or eyes in pixels of the upright photo
    photo: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.pick, int) and self.pick < 1:
            raise UsageError(f"faces are numbered from 1, the largest; there is no face {self.pick}")
        if self.photo is not None and self.photo < 1:
            raise UsageError(f"photos are numbered from 1; there is no photo {self.photo}")


def assign_choices(choices: Sequence[FaceChoice], faces: Sequence[int]) -> dict[int, Pick]:
    """Give each choice to its photo: {photo number from 1: pick}.

    ``faces`` holds how many faces each photo has. An unnumbered choice that could belong to several photos
    is left out, so that these photos are reported as undecided; one that no photo needs is a `UsageError`.
    """
    assigned: dict[int, Pick] = {}
    loose: list[FaceChoice] = []
    for choice in choices:
        if choice.photo is None:
            loose.append(choice)
            continue
        if choice.photo > len(faces):
            raise UsageError(f"a face was chosen in photo {choice.photo}, but there are {len(faces)} photos")
        if choice.photo in assigned:
            raise UsageError(f"two faces were chosen in photo {choice.photo}; a probe is one person")
        assigned[choice.photo] = choice.pick
    if len(loose) > 1:
        raise UsageError(
            "several faces were chosen without saying in which photo",
            hint="put the number of the photo before the choice, such as --face 2:1 for photo 2, face 1",
        )
    if loose:
        pick = loose[0].pick
        targets = [
            number
            for number, count in enumerate(faces, 1)
            if number not in assigned and (len(faces) == 1 or _needs_choice(pick, count))
        ]
        if not targets:
            raise UsageError(
                "no photo needs a choice of face: each has exactly one face or one chosen already",
                hint="leave the choice out, or name the photo it is for, such as --face 2:1",
            )
        if len(targets) == 1:
            assigned[targets[0]] = pick
    return assigned


def _needs_choice(pick: Pick, faces: int) -> bool:
    return faces > 1 if isinstance(pick, int) else faces != 1


def face_in_box(faces: Sequence[Face], box: Box) -> int | None:
    """Position of the detected face that ``box`` covers best, or None when it means none of them."""
    overlaps = [(_overlap(face.box, box), -place) for place, face in enumerate(faces)]
    meant = [
        (union, place)
        for (union, cover), place in overlaps
        if union >= SAME_FACE_OVERLAP or cover >= SAME_FACE_COVER
    ]
    return -max(meant)[1] if meant else None


def _overlap(face: Box, drawn: Box) -> tuple[float, float]:
    """Return intersection over union, and the share of the face that the drawn box holds."""
    width = min(face.x + face.w, drawn.x + drawn.w) - max(face.x, drawn.x)
    height = min(face.y + face.h, drawn.y + drawn.h) - max(face.y, drawn.y)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (face.w * face.h + drawn.w * drawn.h - shared), shared / (face.w * face.h)
