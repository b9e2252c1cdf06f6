"""The values that travel through the house: frozen, typed, and free of any database or model code.

Terms follow ISO/IEC 2382-37. Pixel coordinates are those of the photo as a person sees it, that is
after its EXIF orientation has been applied; ``x`` grows to the right and ``y`` downwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from antigone.evidence import NO_EVIDENCE, Evidence
from antigone.failures import Failure as Failure  # noqa: PLC0414 - given on from here
from antigone.failures import FailureCode as FailureCode  # noqa: PLC0414
from antigone.provenance import Place
from antigone.strength import UNKNOWN, Strength

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]
Uint8Array = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels; it may reach over the edge of the photo."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.x, self.y, self.w, self.h))) or self.w <= 0 or self.h <= 0:
            raise ValueError(f"a box needs finite numbers and a positive size, got {self}")

    def numbers(self) -> list[float]:
        """Return [x, y, w, h] to a tenth of a pixel, the form of JSON documents and audit entries."""
        return [round(value, 1) for value in (self.x, self.y, self.w, self.h)]


@dataclass(frozen=True, slots=True)
class Eyes:
    """The middles of both eyes of one face, in pixels, as a person marked them.

    ``right`` is the right eye of whoever is shown: in an upright face the one on the left of the picture.
    """

    right: tuple[float, float]
    left: tuple[float, float]

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*self.right, *self.left))) or math.dist(self.right, self.left) < 2:
            raise ValueError(f"two eyes lie at least two pixels apart, got {self}")

    def numbers(self) -> list[list[float]]:
        """Return [[x, y], [x, y]], right and left, to a tenth of a pixel."""
        return [[round(value, 1) for value in point] for point in (self.right, self.left)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How fit a face is for comparison, 0 (useless) to 100 (ideal), with its measured parts.

    ``score`` is monotonic with the expected error; each part is 0 to 100 too, higher is better.
    """

    score: float
    size: float
    sharpness: float
    light: float
    pose: float
    occlusion: float  # 100 means nothing seems covered
    evidence: float  # what the embedder itself found in the face


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One detected face of a photo."""

    box: Box
    landmarks: Float32Array = field(repr=False)  # (5, 2): right eye, left eye, nose, mouth corners
    detection_score: float  # 0 to 1
    roll: float  # degrees by which the face is turned clockwise in the photo, in [-180, 180)
    quality: Quality
    template: Float32Array = field(repr=False)  # (D,), unit norm
    context_hash: bytes | None = field(default=None, repr=False)  # see faces.context; None: not taken

    def __post_init__(self) -> None:
        if self.landmarks.shape != (5, 2):
            raise ValueError(f"landmarks must be (5, 2), got {self.landmarks.shape}")
        if self.template.ndim != 1 or not abs(float(np.linalg.norm(self.template)) - 1) < 1e-3:
            raise ValueError("a template is one unit-norm vector")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFacts:
    """What decoding learns of one photo. Sizes are after EXIF orientation."""

    width: int
    height: int
    format: str  # "JPEG", "PNG", "WEBP", "GIF"
    perceptual_hash: int  # 64 bit, see faces.images.perceptual_hash
    captured_at: datetime | None  # EXIF DateTimeOriginal, naive where the camera gave no zone
    evidence: Evidence = NO_EVIDENCE  # what its metadata claims


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """The result for one photo. ``failure`` is set exactly when ``faces`` is empty."""

    faces: tuple[Face, ...]  # largest first
    failure: Failure | None
    facts: PhotoFacts | None  # None when the photo could not be decoded

    def __post_init__(self) -> None:
        if bool(self.faces) == (self.failure is not None):
            raise ValueError("an analysis holds faces or a failure, never both and never neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionInfo:
    """What a collection is, whose it is, and by what right it is kept."""

    id: int
    name: str
    owner: str
    source: str
    purpose: str
    basis: str
    jurisdiction: str  # whose law governs it
    retain_until: date
    created_at: datetime
    organisation_id: int | None = None  # whose it is; None until the workspace knows organisations

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "name": self.name,
            "owner": self.owner,
            "source": self.source,
            "purpose": self.purpose,
            "basis": self.basis,
            "jurisdiction": self.jurisdiction,
            "retain_until": self.retain_until.isoformat(),
            "created_at": self.created_at.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A reference returned for a probe. A score suggests; it is never an identity."""

    rank: int  # 1 is the most alike
    score: float  # cosine similarity in [-1, 1], higher is more alike
    reference: int  # reference id, stable within the workspace
    collection: str
    photo: str  # sha256 of the photo's bytes
    face: int  # number of the face in its photo, 1 is the largest
    box: Box
    quality: float
    source: str  # path or URL the photo came from
    page_url: str | None
    page_title: str | None
    captured_at: datetime | None  # naive where no zone is known
    captured_by: str | None  # who says so: "camera", "source" (declared) or "archive" (when it was fetched)
    place: Place  # where the bytes of the photo can be read again
    pose: float  # part of its quality: how frontal it is, 0 to 100
    strength: Strength = UNKNOWN  # what the score is worth
    duplicates: tuple[Candidate, ...] = ()  # other copies of this photo, best first, of the same rank
    more_duplicates: int = 0  # how many further copies were found beyond those in ``duplicates``
    person: LikelyPerson | None = None  # set where persons were asked for and its face is in a cluster

    @property
    def copies(self) -> int:
        """How many other copies of this photo were found."""
        return len(self.duplicates) + self.more_duplicates


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyPerson:
    """The cluster of a candidate: faces that probably show one person. Not an identity."""

    cluster: int
    faces: int  # that it holds
    others: tuple[Candidate, ...]  # its further photos that were found, best first, of the same rank
    more_others: int  # how many were found beyond those in ``others``


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbePhoto:
    """One photo of a probe, with the face that was chosen in it."""

    source: str  # the path it was read from, or a made-up name such as "photo 1" for bytes and pixels
    sha256: str  # of the photo's bytes; of the raw pixels when it came as an array
    width: int
    height: int
    faces: int  # how many faces were detected in it
    number: int | None  # number of the chosen face, 1 is the largest; None for one that was marked by hand
    face: Face


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """One unknown person, as one or several photos fused into a single template."""

    photos: tuple[ProbePhoto, ...]
    template: Float32Array = field(repr=False)  # (D,), unit norm
    agreement: float | None  # lowest comparison score between two of its photos; None with a single photo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """How alike two chosen faces are. A score suggests; it is never an identity."""

    score: float  # cosine similarity in [-1, 1], higher is more alike
    photos: tuple[ProbePhoto, ProbePhoto]
    model: str
    strength: Strength = UNKNOWN  # what the score is worth
    compared_at: datetime  # UTC
    audit: int  # number of the audit entry written before this comparison left
    notices: tuple[str, ...] = ()  # sentences that stand beside it wherever it is shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateList:
    """The candidates of one search in descending score, and what was searched."""

    probe: Probe
    candidates: tuple[Candidate, ...]
    case: str | None = None  # number of the case that it was made for
    references: int  # how many references were searched
    collections: tuple[str, ...]
    model: str
    exact: bool  # True when every reference was compared at full precision
    crowded_out: bool = False  # shorter than asked for: thousands of copies of its photos stood before others
    filters: Mapping[str, object] | None = None  # as `identify.filters.Filters.document` has them
    looked_at: int | None = None  # how many of the most alike they looked at
    searched_at: datetime  # UTC
    audit: int  # number of the audit entry written before this list left
    notices: tuple[str, ...] = ()  # sentences that stand beside it wherever it is shown
