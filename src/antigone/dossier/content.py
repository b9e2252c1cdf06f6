"""What a dossier says. Each statement carries its sources and its score, and none is an identity.

Photos, pages, accounts, labels and companions have short names ("S3", "P1", "A2", "C4") by which statements
refer to each other; photos go by the SHA-256 of their bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from antigone.persons import Rule
from antigone.records import ReferenceRecord
from antigone.types import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The face that a dossier begins with."""

    photo: str  # sha256
    face: int | None  # its number; None for a hand-drawn box
    box: Box
    quality: float
    source: str  # where it was given from
    references: tuple[int, ...]  # it has in the collections; none where it came from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One receipt of a photo: what stands behind a statement."""

    name: str
    photo: str
    collection: str
    import_id: int
    location: str
    source_url: str | None
    material: str | None  # the archive, video or manifest that held it
    received_at: datetime  # UTC
    collector: str
    collected_at: datetime | None  # when it was fetched from there
    licence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPhoto:
    """A photo that probably shows the person."""

    photo: str
    collections: tuple[str, ...]
    record: ReferenceRecord  # of the face on it
    score: float | None  # mean comparison score to the person's other faces; None where it is the only one
    to_first: float  # comparison score with the face that the dossier begins with
    confirmed_by: int  # how many of the other faces score as high with it as two single faces need to
    copy_of: str | None  # the photo of which it is a copy with other bytes
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page on which photos of the person stand."""

    name: str
    url: str
    title: str | None
    language: str | None
    captions: tuple[str, ...]
    photos: tuple[str, ...]
    accounts: tuple[str, ...]
    score: float | None  # highest of its photos
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An author, or an author's profile, whose pages show the person. It need not be the person's own."""

    name: str
    author: str | None
    url: str | None
    pages: tuple[str, ...]
    photos: tuple[str, ...]
    score: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Whom sources say that photos show. Others' words, never a finding."""

    text: str
    photos: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A dated photo."""

    at: datetime  # naive where no zone is known
    by: str  # who says so: "camera", "source" or "archive"
    photo: str
    captions: tuple[str, ...]
    pages: tuple[str, ...]
    score: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionFace:
    """One face of a companion on a photo of the person."""

    photo: str
    record: ReferenceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Somebody who appears on photos of the person: faces that probably show one other person."""

    name: str
    faces: tuple[CompanionFace, ...]  # the best first
    photos: tuple[str, ...]  # on which both appear
    shots: int  # how many of them are no copies of each other
    score: float | None  # lowest mean score of one of the faces to the others; None for a single face
    poor: bool  # all faces are too poor to be told from others
    clusters: tuple[int, ...]  # of the collections that hold these faces
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Two companions who appear on the same photos of the person."""

    a: str
    b: str
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Faces that come near to the person and were not taken: a look-alike, or the person after all."""

    record: ReferenceRecord  # of the face that is most alike
    faces: int  # that were looked at
    score: float  # mean score between these faces and the person's
    needed: float  # mean score that would have been enough
    why: str  # see `antigone.dossier.gather.Why`


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was searched, and how."""

    collections: tuple[str, ...]
    references: int
    model: str
    rule: Rule
    exact: bool
    cut_off: bool  # there may be more photos than were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All photos of one person, probably, in the permitted collections, and whatever stands beside them."""

    first: First
    searched: Searched
    photos: tuple[PersonPhoto, ...]  # the most certain first
    pages: tuple[Page, ...]
    accounts: tuple[Account, ...]
    labels: tuple[Label, ...]
    timeline: tuple[Moment, ...]  # the oldest first
    companions: tuple[Companion, ...]  # the most frequent first
    together: tuple[Together, ...]
    left_out: tuple[LeftOut, ...]
    sources: tuple[Source, ...] = field(repr=False)
    case: str | None
    made_at: datetime  # UTC
    audit: int
    notices: tuple[str, ...] = ()  # sentences that stand beside it wherever it is shown
