"""Everything that the log can tell, one class a kind. This file is the list.

An event holds hashes, reference numbers, names of collections and models, counts and scores: what a person
needs to find the matter again, and nothing that would have to be erased with it. No picture, no template, no
name or address of a person, no path, no free text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

from antigone.audit.verifier import KEY_CHANGED

LONGEST_BODY = 65_536  # characters
_LONGEST_KIND = 64
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something that must be answerable later, as the log keeps it.

    ``body`` holds JSON values only. Anything else, such as an array or bytes, raises `TypeError`, so that no
    template or picture gets in.
    """

    kind: str  # a short word such as "search"
    body: Mapping[str, object]

    def __post_init__(self) -> None:
        if not self.kind or len(self.kind) > _LONGEST_KIND or not self.kind.isprintable():
            raise ValueError(f"the kind of an audit event is a short word, got {self.kind!r}")
        _check(self.body, "body")
        if len(self.canonical()) > LONGEST_BODY:
            raise ValueError(f"the body of an audit event has at most {LONGEST_BODY:,} characters")

    def canonical(self) -> str:
        """Return the body as JSON that is the same for the same content: sorted, compact, ASCII."""
        return json.dumps(self.body, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of the kinds below: their fields are the body, in which a trailing underscore is left out."""

    kind: ClassVar[str]

    def event(self) -> AuditEvent:
        """Return the event as the log keeps it. Raises `TypeError` or `ValueError` for what may not enter."""
        body = {field.name.rstrip("_"): _plain(getattr(self, field.name)) for field in fields(self)}
        return AuditEvent(kind=self.kind, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceOfPhoto:
    """A face that somebody asked about."""

    photo: str  # sha256 of the photo's bytes
    box: Sequence[float]  # x, y, w, h in pixels

    def __post_init__(self) -> None:
        check_sha256(self.photo)


# ---- questions and answers -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched(Event):
    """A probe was compared with collections; the candidate list leaves after this is on disk."""

    kind = "search"

    case: str | None  # number of the case that it was made for
    by: int | None  # number of the person who asked; None where nobody is known
    probe: Sequence[FaceOfPhoto]
    collections: Sequence[str]
    references: int  # how many were compared
    model: str
    exact: bool
    top: int
    candidates: Sequence[tuple[int, float]]  # reference id and comparison score, best first
    duplicates: Sequence[tuple[int, int, float]] = ()  # copies shown: of which candidate, reference id, score
    others: Sequence[tuple[int, int, float]] = ()  # further photos of a candidate's cluster, in the same form
    filters: Mapping[str, object] | None = None  # what the records of a candidate had to say


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedAgain(Searched):
    """A standing search compared a probe with the references that had come since it last looked."""

    kind = "standing-search"

    watch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChecked(Event):
    """A live photo was compared with that of a document, and with a list where the case permits one."""

    kind = "identity-check"

    case: str
    by: int
    live: FaceOfPhoto
    document: FaceOfPhoto
    model: str
    score: float  # of the two photos
    list_: str | None  # name of the list of persons sought
    references: int  # of the list
    candidates: Sequence[tuple[int, float]]  # of the list: reference id and comparison score, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Event):
    """Two faces were compared with each other."""

    kind = "compare"

    photos: Sequence[FaceOfPhoto]
    model: str
    score: float
    case: str | None = None  # number of the case that it was made for
    by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateViewed(Event):
    """Somebody looked at one candidate of a search."""

    kind = "candidate-viewed"

    by: int  # number of the person
    search: int  # number of the search's entry
    rank: int
    reference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoShown(Event):
    """The pixels of a stored photo were handed out."""

    kind = "photo-shown"

    by: int
    collection: str
    photo: str  # sha256 of the photo's bytes

    def __post_init__(self) -> None:
        check_sha256(self.photo)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoExamined(Event):
    """Everything on record about a photo was shown, and its originals were compared with their hashes."""

    kind = "photo-examined"

    by: int | None
    photo: str  # sha256 of the photo's bytes
    collections: Sequence[str]
    near_duplicates: Sequence[int] = ()  # references of its copies that were shown with it

    def __post_init__(self) -> None:
        check_sha256(self.photo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """An examiner judged a candidate."""

    kind = "decision"

    by: int
    case: str
    candidate: int
    stage: str  # whether it is the first, the second or the resolving decision
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(Event):
    """Errors were measured on labelled photos that are in no collection."""

    kind = "evaluation"

    what: str  # "verification", "identification" or "calibration"
    material: str  # sha256 of the photos' hashes and labels
    photos: int
    people: int
    model: str

    def __post_init__(self) -> None:
        check_sha256(self.material)


# ---- material --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionAdded(Event):
    """A collection was made."""

    kind = "collection-added"

    collection: str
    number: int
    retain_until: str  # date
    notice: str | None = None  # sha256 of the notice that the operator was shown, see antigone.custody.notice


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionChanged(Event):
    """What is said of a collection was completed or changed."""

    kind = "collection-changed"

    by: int | None
    collection: str
    number: int
    changed: Mapping[str, Sequence[str]]  # field -> sha256 of what was said before, and of what is said now


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportStarted(Event):
    """An import began."""

    kind = "import-started"

    import_: int
    collection: str
    model: str
    request: str  # digest of what was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResumed(ImportStarted):
    """An import that had been cut off went on."""

    kind = "import-resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished(Event):
    """An import came to its end."""

    kind = "import-finished"

    import_: int
    collection: str
    model: str
    photos: Mapping[str, int]  # new, known, failed
    faces: int
    failures: Mapping[str, int]  # by code
    ignored: int
    materials: int  # archives, videos and manifests that were received
    checks_failed: int  # of their checks


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInterrupted(ImportFinished):
    """An import was stopped; what it had analysed is written."""

    kind = "import-interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Event):
    """Something was written out to be taken away."""

    kind = "export"

    what: str  # "audit-log", "audit-proof", "case", "case-proofs", "collection", "particulars", "report"
    of: str | None  # which one: a case number, the name of a collection, the number of an entry
    items: int  # how many entries, photos or rows
    sha256: str  # of the file that was written
    by: int | None = None  # None where the account of the machine is the only one

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Event):
    """Photos were erased. Whoever still holds one can tell by its hash; nobody else learns anything.

    An entry has room for some 900 photos; more of them are told in several.
    """

    kind = "erasure"

    by: int | None
    collection: str
    photos: Sequence[str]  # sha256 each; empty where the whole collection went
    count: int
    basis: str  # a short word: "retention", "request", "order"

    def __post_init__(self) -> None:
        for photo in self.photos:
            check_sha256(photo)


# ---- people and models -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Event):
    """A person signed in with two factors."""

    kind = "sign-in"

    person: int
    factor: str  # the second one: "totp" or "passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesGiven(Event):
    """What a person may do was changed."""

    kind = "roles-given"

    by: int
    person: int
    roles: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChosen(Event):
    """Another model pack was taken into use."""

    kind = "model-chosen"

    model: str
    sha256: str  # of the pack: its manifest with the hashes of its files


# ---- the log itself --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChanged(Event):
    """From this entry on the log is signed by another key."""

    kind = KEY_CHANGED

    old: str  # public key
    new: str  # public key
    lost: bool  # True where the old key could not sign this any more


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointHandedOver(Event):
    """A checkpoint was given to a witness outside."""

    kind = "checkpoint-handed-over"

    size: int
    root: str  # base64
    way: str  # "file" or "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointTimestamped(Event):
    """A time-stamping authority (RFC 3161) confirmed when a checkpoint existed."""

    kind = "checkpoint-timestamped"

    size: int
    root: str  # base64
    time: str  # UTC, as the authority says
    response: str  # sha256 of its response

    def __post_init__(self) -> None:
        check_sha256(self.response)


def check_sha256(digest: str) -> None:
    """Refuse what is no SHA-256 digest in hexadecimal digits. Raises `ValueError`."""
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"a SHA-256 digest has 64 hexadecimal digits, got {len(digest)} characters")


def _plain(value: object) -> object:
    """Turn the value of a field into JSON values; what is none stays and is refused."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _check(value: object, where: str) -> None:
    match value:
        case None | bool() | int():
            return
        case str():
            value.encode()  # an undecodable file name has no place here: UnicodeEncodeError is a ValueError
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where} is {value}")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"{where} has the key {key!r}, which is no text")
                _check(item, f"{where}.{key}")
        case list() | tuple():
            for number, item in enumerate(value):
                _check(item, f"{where}[{number}]")
        case _:
            raise TypeError(
                f"{where} is a {type(value).__name__}, and the audit log takes hashes and references only"
            )
