"""What the log can tell of a case's material, one class a kind; see `events` for what an event may hold."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.audit.events import Event, check_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitAdded(Event):
    """A file was added to a case as an exhibit."""

    kind = "exhibit-added"

    by: int
    case: str
    exhibit: int  # its number in the records
    sha256: str

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitHandedOut(Event):
    """The file of an exhibit was handed out as it is."""

    kind = "exhibit-handed-out"

    by: int
    case: str
    exhibit: int
    sha256: str

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceViewed(Event):
    """Somebody looked at a face of a collection outside a candidate list: in a dossier or a cluster."""

    kind = "reference-viewed"

    by: int
    case: str
    collection: str
    reference: int
    photo: str  # sha256
    whole: bool  # the whole photo, not the face cut out

    def __post_init__(self) -> None:
        check_sha256(self.photo)
