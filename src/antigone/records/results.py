"""What the records take in and give out: plain values, free of any database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from antigone.provenance import NOTHING_SAID, Place, Provenance
from antigone.types import Analysis, Box, Failure, Float32Array, Int64Array

Float16Array = NDArray[np.float16]


class Outcome(StrEnum):
    """What a visited location gave, as counted in an import's report."""

    NEW = "new"  # a photo that was not yet analysed by this model, with at least one face
    KNOWN = "known"  # bytes that this model analysed before
    FAILED = "failed"  # no template: see the failure of that location


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionCounts:
    """How much a collection holds."""

    photos: int
    faces: int  # of all models; one face found by two models counts twice
    failures: Mapping[str, int]  # code -> number of distinct locations, over all imports
    imports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """One location that gave no template."""

    code: str  # see types.FailureCode
    source: str  # path or URL
    message: str
    sha256: str | None  # None where no bytes could be read
    import_id: int  # the latest import that met it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSummary:
    """Enough about a collection's references to tell whether an index is up to date."""

    count: int
    max_id: int  # 0 when there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRecord:
    """All that a candidate shows about its reference."""

    reference: int
    collection_id: int
    collection: str
    photo: str  # sha256 of the photo's bytes
    face: int  # number of the face in its photo, 1 is the largest
    box: Box
    quality: float  # 0 to 100
    pose: float  # part of the quality: how frontal the face is, 0 to 100
    source: str  # where it was seen first: the URL that it came from if known, else its location
    place: Place  # where its bytes can be read again
    page_url: str | None
    page_title: str | None
    captured_at: datetime | None  # naive where no zone is known
    captured_by: str | None  # who says so: "camera", "source" (declared) or "archive" (when it was fetched)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInfo:
    """One import, as it stands."""

    id: int
    collection_id: int
    model: str
    resumed: bool  # True when an earlier run of the same request had not finished
    started_at: datetime
    journal_at: datetime  # when the last batch was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visited location and what came of it.

    ``analysis`` is set for bytes that went through the model, ``failure`` for a location that gave no
    bytes; with neither, the bytes are known already or are those of an earlier visit.
    """

    location: str
    place: Place
    provenance: Provenance = NOTHING_SAID
    material: str | None = None  # location of the material that holds it
    sha256: str | None = None
    byte_size: int = 0
    analysis: Analysis | None = None
    failure: Failure | None = None
    replaces: bool = False  # the same import saw other bytes here before it was interrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What an import has done so far, over all its runs."""

    outcomes: Mapping[Outcome, int]
    failures: Mapping[str, int]  # code -> number
    faces: int
    tracks: int = 0  # of people in videos

    @property
    def visited(self) -> int:
        """How many locations were visited."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewTrack:
    """A person followed through a stretch of a video."""

    begins: int  # microseconds, of the first sighting
    ends: int  # of the last one
    frames: int  # in how many examined frames the face was found
    faces: tuple[tuple[str, int], ...]  # sha256 of a written frame and number of the face there; best first
    template: Float32Array = field(repr=False)  # (D,), unit norm, fused from the best shots


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """A stretch of a video and all that it leaves in the records."""

    video: str  # location of the material
    begins: int  # microseconds, of its first examined frame
    ends: int  # of its last one
    scene: int  # when the scene began that goes on at its end
    last: bool  # nothing of the video is left after it
    damaged: bool = False  # something up to its end could not be decoded
    frames: tuple[Visit, ...] = ()  # the best shots in their order, each with the analysis of the whole frame
    tracks: tuple[NewTrack, ...] = ()  # in the order of their beginning
    failure: Failure | None = None  # of the video as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoJournal:
    """How far a video was dealt with by one import."""

    ends: int | None  # position of the last frame of its last segment; None before the first
    scene: int  # when the scene began that goes on there
    complete: bool
    damaged: bool  # something before could not be decoded
    any_shot: bool  # some frame of it was kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """What one batch added."""

    reference_ids: Int64Array  # (n,), ascending
    templates: Float16Array = field(repr=False)  # (n, D), as stored
    counts: ImportCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One entry of the audit log as stored."""

    seq: int
    at: datetime
    kind: str
    body: str  # canonical JSON
