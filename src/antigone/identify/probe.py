"""Probe photos in, one fused template out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from antigone.audit.events import FaceOfPhoto
from antigone.errors import AmbiguousFaceError, PhotoError, ProbeError, UsageError
from antigone.faces import fusion
from antigone.faces.images import read_bounded
from antigone.identify.choice import FaceChoice, Pick, assign_choices, face_in_box
from antigone.identify.parts import Analyser, PhotoInput
from antigone.printable import printable
from antigone.types import (
    Analysis,
    Box,
    Eyes,
    Face,
    Failure,
    FailureCode,
    Float32Array,
    PhotoFacts,
    Probe,
    ProbePhoto,
    Uint8Array,
)

if TYPE_CHECKING:
    from antigone.faces.images import ImageLimits

MAX_PROBE_PHOTOS = 32  # more photos of one person hardly change the mean, and all stay in memory
MOST_LISTED = 12  # faces of one photo that an error message names


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbeInput:
    """One probe photo as it was read: its name for people, its content, its hash."""

    source: str
    content: bytes | Uint8Array
    sha256: str


class UndecidedFacesError(AmbiguousFaceError):
    """Probe photos hold several faces and none was chosen; ``undecided`` has them, for a numbered sheet."""

    def __init__(self, undecided: Sequence[tuple[int, ProbeInput, Analysis]], photos: int) -> None:
        where = " and ".join(printable(photo.source) for _, photo, _ in undecided)
        counts = " and ".join(str(len(analysis.faces)) for _, _, analysis in undecided)
        place = f"{undecided[0][0]}:" if photos > 1 else ""
        said = f"{where} {'hold' if len(undecided) > 1 else 'holds'} {counts} faces, and none was chosen"
        super().__init__(
            "\n".join([said, *_lines(undecided, photos)]),
            hint=f"choose with --face {place}N or --box {place}X,Y,W,H",
            details={
                "photos": [
                    {"photo": number, "source": photo.source, "faces": _listed(analysis)}
                    for number, photo, analysis in undecided
                ]
            },
        )
        self.undecided = tuple(undecided)


def read_probe(photos: Sequence[PhotoInput | ProbeInput], limits: ImageLimits) -> tuple[ProbeInput, ...]:
    """Read probe photos into memory and hash them; those that were read before stay as they are.

    Raises `UsageError` for none or too many of them and `ProbeError` for one that cannot be read.
    """
    if not photos:
        raise UsageError("a search needs at least one photo")
    if len(photos) > MAX_PROBE_PHOTOS:
        raise UsageError(f"a probe takes at most {MAX_PROBE_PHOTOS} photos, got {len(photos)}")
    return tuple(_read_one(photo, number, limits) for number, photo in enumerate(photos, 1))


def _read_one(photo: PhotoInput | ProbeInput, number: int, limits: ImageLimits) -> ProbeInput:
    if isinstance(photo, ProbeInput):
        return photo
    if isinstance(photo, np.ndarray):
        return ProbeInput(
            source=f"photo {number}", content=photo, sha256=hashlib.sha256(photo.tobytes()).hexdigest()
        )
    if isinstance(photo, bytes):
        content, source = photo, f"photo {number}"
    else:
        source = str(photo)
        try:
            content = read_bounded(Path(photo), limits)
        except PhotoError as error:
            raise _probe_error(source, error.failure, error.hint) from error
    return ProbeInput(source=source, content=content, sha256=hashlib.sha256(content).hexdigest())


def make_probe(photos: Sequence[ProbeInput], choices: Sequence[FaceChoice], analyser: Analyser) -> Probe:
    """Find the person's face in every photo and fuse the templates to one.

    Raises `ProbeError` for a photo without a usable face, `UndecidedFacesError` when several faces leave
    it open who is meant, and `UsageError` for a choice that names a face, photo or box that is not there.
    """
    chosen = choose_faces(photos, choices, analyser)
    faces = [photo.face for photo in chosen]
    pairs = [alike(a, b) for a, b in combinations(faces, 2)]
    return Probe(photos=chosen, template=fuse(faces), agreement=min(pairs, default=None))


def choose_faces(
    photos: Sequence[ProbeInput], choices: Sequence[FaceChoice], analyser: Analyser
) -> tuple[ProbePhoto, ...]:
    """Settle on one face a photo, see `make_probe` for the errors."""
    analyses = [analyser.analyse(photo.content) for photo in photos]
    for photo, analysis in zip(photos, analyses, strict=True):
        if analysis.facts is None and analysis.failure is not None:
            raise _probe_error(photo.source, analysis.failure)
    picks = assign_choices(choices, [len(analysis.faces) for analysis in analyses])
    numbered = list(enumerate(zip(photos, analyses, strict=True), 1))
    undecided = [
        (number, photo, analysis)
        for number, (photo, analysis) in numbered
        if number not in picks and len(analysis.faces) > 1
    ]
    if undecided:
        raise UndecidedFacesError(undecided, len(photos))
    return tuple(
        _chosen(photo, analysis, picks.get(number), analyser) for number, (photo, analysis) in numbered
    )


def fuse(faces: Sequence[Face]) -> Float32Array:
    """Quality-weighted mean of the faces' templates, (D,) float32 of unit norm."""
    fused = fusion.fuse(faces)
    if fused is None:
        raise ProbeError(
            "the faces of these photos have nothing in common", hint="check that all show the same person"
        )
    return fused


def alike(a: Face, b: Face) -> float:
    """Return the comparison score of two faces: cosine similarity in [-1, 1], higher is more alike."""
    return min(max(float(a.template @ b.template), -1.0), 1.0)


def for_audit(photos: Sequence[ProbePhoto]) -> list[FaceOfPhoto]:
    """Name chosen faces by hashes and places alone: the log keeps no picture and no template."""
    return [FaceOfPhoto(photo=photo.sha256, box=photo.face.box.numbers()) for photo in photos]


def _chosen(photo: ProbeInput, analysis: Analysis, pick: Pick | None, analyser: Analyser) -> ProbePhoto:
    if isinstance(pick, Box):
        return _chosen_by_box(photo, analysis, pick, analyser)
    if isinstance(pick, Eyes):
        return _chosen_by_eyes(photo, analysis, pick, analyser)
    if analysis.failure is not None:
        raise _probe_error(photo.source, analysis.failure)
    number = pick or 1
    if number > len(analysis.faces):
        count = len(analysis.faces)
        raise UsageError(
            f"face {number} was chosen, but {printable(photo.source)} holds {count} face{'s' * (count > 1)}"
        )
    return _probe_photo(photo, analysis, number, analysis.faces[number - 1])


def _chosen_by_box(photo: ProbeInput, analysis: Analysis, box: Box, analyser: Analyser) -> ProbePhoto:
    facts = _facts(analysis)
    if box.x >= facts.width or box.y >= facts.height or box.x + box.w <= 0 or box.y + box.h <= 0:
        raise UsageError(
            f"the box lies outside {printable(photo.source)}, which is {facts.width} x {facts.height} pixels"
        )
    place = face_in_box(analysis.faces, box)
    if place is not None:
        return _probe_photo(photo, analysis, place + 1, analysis.faces[place])
    drawn = analyser.analyse_box(photo.content, box)
    if drawn.failure is not None:
        raise _probe_error(photo.source, drawn.failure)
    return _probe_photo(photo, analysis, None, drawn.faces[0])


def _chosen_by_eyes(photo: ProbeInput, analysis: Analysis, eyes: Eyes, analyser: Analyser) -> ProbePhoto:
    facts = _facts(analysis)
    for x, y in (eyes.right, eyes.left):
        if not (0 <= x < facts.width and 0 <= y < facts.height):
            raise UsageError(
                f"an eye lies outside {printable(photo.source)}, "
                f"which is {facts.width} x {facts.height} pixels"
            )
    marked = analyser.analyse_eyes(photo.content, eyes)
    if marked.failure is not None:
        raise _probe_error(photo.source, marked.failure)
    return _probe_photo(photo, analysis, None, marked.faces[0])


def _probe_photo(photo: ProbeInput, analysis: Analysis, number: int | None, face: Face) -> ProbePhoto:
    facts = _facts(analysis)
    return ProbePhoto(
        source=photo.source,
        sha256=photo.sha256,
        width=facts.width,
        height=facts.height,
        faces=len(analysis.faces),
        number=number,
        face=face,
    )


def _lines(undecided: Sequence[tuple[int, ProbeInput, Analysis]], photos: int) -> Iterator[str]:
    """Describe every face in a line, the largest of each photo first."""
    for number, _, analysis in undecided:
        place = f"{number}:" if photos > 1 else ""
        for face_number, face in enumerate(analysis.faces[:MOST_LISTED], 1):
            x, y, w, h = (round(value) for value in face.box.numbers())
            yield f"  face {place}{face_number}  box {x},{y},{w},{h}  quality {face.quality.score:.0f}"
        if len(analysis.faces) > MOST_LISTED:
            yield f"  and {len(analysis.faces) - MOST_LISTED} smaller ones"


def _listed(analysis: Analysis) -> list[dict[str, object]]:
    return [
        {"face": number, "box": face.box.numbers(), "quality": round(face.quality.score, 1)}
        for number, face in enumerate(analysis.faces, 1)
    ]


def _facts(analysis: Analysis) -> PhotoFacts:
    assert analysis.facts is not None  # undecodable photos were refused before
    return analysis.facts


def _probe_error(source: str, failure: Failure, hint: str = "") -> ProbeError:
    if failure.code is FailureCode.FACE_NOT_DETECTED:
        hint = "if you can see one, draw a box around it: --box X,Y,W,H in pixels from the top left corner"
    return ProbeError(
        f"{printable(source)}: {failure.message}",
        hint=hint,
        failure_code=failure.code.value,
        details={"source": source},
    )
