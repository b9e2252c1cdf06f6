"""What stands on the page of a search, put together for a template: candidates, sources, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antigone.access import Principal
from antigone.casework.documents import candidate_document
from antigone.casework.file import SearchFile
from antigone.records import ReferenceRecord
from antigone.records.cases import DecisionRecord
from antigone.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A copy of a candidate's photo, or a further photo of the likely person."""

    reference: int
    score: float
    record: ReferenceRecord | None  # None where it is not available any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate of a list, as its reader may see it."""

    number: int
    place: int
    document: Mapping[str, Any]  # without rank and score where these are hidden
    record: ReferenceRecord | None
    collection: str
    copies: tuple[Listed, ...] = ()
    others: tuple[Listed, ...] = ()
    state: str = "open"  # see `state_of`

    @property
    def strength(self) -> Mapping[str, Any] | None:
        """What the score is worth; None where it is hidden or nothing was kept of it."""
        strength: Mapping[str, Any] | None = self.document.get("strength")
        return strength


def entries(shown: SearchFile, workspace: Workspace, *, by: Principal) -> tuple[Entry, ...]:
    """Return the candidates of a search in the order in which they are shown."""
    documents = [
        candidate_document(one, decisions, hidden=shown.hides(one.id)) for one, decisions in shown.candidates
    ]
    wanted = [document["reference"] for document in documents]
    wanted += [one["reference"] for document in documents for one in _listed(document)]
    seen = {info.name for info in workspace.office.visible.collections(by=by)}
    found = workspace.records.references(list(dict.fromkeys(wanted)))
    records = {number: record for number, record in found.items() if record.collection in seen}
    return tuple(
        _entry(document, decisions, records)
        for document, (_, decisions) in zip(documents, shown.candidates, strict=True)
    )


def _entry(
    document: Mapping[str, Any],
    decisions: Sequence[DecisionRecord],
    records: Mapping[int, ReferenceRecord],
) -> Entry:
    record = records.get(document["reference"])
    same = record is not None and record.photo == document["photo"]
    person = document.get("person") or {}
    return Entry(
        number=document["candidate"],
        place=document["place"],
        document=document,
        record=record if same else None,
        collection=document["collection"],
        copies=_further(document.get("duplicates", ()), records),
        others=_further(person.get("others", ()), records),
        state=state_of(document["outcome"], decisions),
    )


def _further(kept: Sequence[Mapping[str, Any]], records: Mapping[int, ReferenceRecord]) -> tuple[Listed, ...]:
    return tuple(
        Listed(reference=one["reference"], score=one["score"], record=records.get(one["reference"]))
        for one in kept
    )


def _listed(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    person = document.get("person") or {}
    return [*document.get("duplicates", ()), *person.get("others", ())]


def state_of(outcome: str | None, decisions: Sequence[DecisionRecord]) -> str:
    """Return how far the decision is: the outcome, "differ", "waits", or "open"."""
    if outcome is not None:
        return outcome
    match len(decisions):
        case 0:
            return "open"
        case 1:
            return "waits"
        case _:
            return "differ"
