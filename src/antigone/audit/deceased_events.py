"""What the log can tell of the dead and of what was handed on; see `events` for what an event may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antigone.audit.events import Event, check_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticularRecorded(Event):
    """Something about a dead person was recorded, or taken back."""

    kind = "particular-recorded"

    by: int
    case: str
    entry: int
    field: str
    holds: bool  # False: what stood there does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn(Event):
    """An authority was given a document about a dead person."""

    kind = "handed-on"

    by: int
    case: str
    entry: int
    authority: str  # which kind of authority
    document: str  # sha256
    corrects: int | None

    def __post_init__(self) -> None:
        check_sha256(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyInformed(Event):
    """It is known that an authority informed the family."""

    kind = "family-informed"

    by: int
    case: str
    entry: int
    authority: str
    corrects: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardWithdrawn(Event):
    """An entry about either does not hold."""

    kind = "onward-withdrawn"

    by: int
    case: str
    entry: int
    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturesUnblurred(Event):
    """Somebody asked to see pictures of a dead person's case as they are."""

    kind = "pictures-unblurred"

    by: int
    case: str
    where: str  # "candidate", "probe", "sheet", "dossier", "particulars", "report"
    photos: Sequence[str]  # sha256 each, of probes and candidates

    def __post_init__(self) -> None:
        for photo in self.photos:
            check_sha256(photo)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationKept(Event):
    """An organisation keeps an evaluation as its own measure of a model."""

    kind = "evaluation-kept"

    by: int
    evaluation: int
    measured: int  # number of the entry that the evaluation left
    model: str
    sha256: str  # of its figures

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortemDeclared(Event):
    """Somebody stated that an evaluation was on faces of the dead, or took that back."""

    kind = "post-mortem-declared"

    by: int
    evaluation: int
    sha256: str  # of its figures
    holds: bool

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeViewed(Event):
    """Somebody looked at a probe photo of a case."""

    kind = "probe-viewed"

    by: int
    case: str
    photo: str  # sha256

    def __post_init__(self) -> None:
        check_sha256(self.photo)
