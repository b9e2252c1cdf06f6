"""What the log can tell of clusters and dossiers, one class a kind; see `events` for what one may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antigone.audit.events import Event, check_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered(Event):
    """The faces of a collection were grouped into clusters of one person each, probably."""

    kind = "clustered"

    collection: str
    model: str
    afresh: bool  # all of them, not only those that came since the last run
    faces: int  # that were grouped
    changed: int  # clusters
    clusters: int  # there are now
    corrections: int  # that were respected
    alike: float  # score at which two single faces were joined


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterShown(Event):
    """Somebody looked at the faces of a cluster."""

    kind = "cluster-shown"

    by: int | None = None  # number of the person; None where nobody is known
    collection: str
    cluster: int
    faces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCorrected(Event):
    """Somebody decided by hand which faces show one person. Who and why stands in the records."""

    kind = "cluster-corrected"

    collection: str
    model: str
    correction: int  # its number in the records
    what: str  # "split" or "merge"
    clusters: Sequence[int]  # those that were split or merged
    cluster: int  # what was split off, or what all went up in
    faces: int  # that the correction names


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierMade(Event):
    """All photos of one person, probably, were gathered with whatever stands beside them."""

    kind = "dossier"

    case: str | None  # number of the case that it was made for
    by: int | None  # number of the person who asked; None where nobody is known
    photo: str  # sha256 of the photo that it began with
    face: int | None  # number of the face there; None for one that was drawn by hand
    collections: Sequence[str]
    references: int  # how many were searched
    model: str
    photos: int  # that were taken to show the person
    persons: int  # others on these photos
    listed: Sequence[tuple[int, float]]  # reference and score of the first photos, most alike first

    def __post_init__(self) -> None:
        check_sha256(self.photo)
