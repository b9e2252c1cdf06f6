"""Who took part in a case: read from what they did, so that nobody can be left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from antigone.access import Permission, Principal
from antigone.casework.decisions import visible
from antigone.errors import NotFoundError
from antigone.records import Records
from antigone.records.cases import CaseRecord, DecisionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One person and what they did in a case."""

    person: int
    shown_as: str
    did: tuple[str, ...]  # such as "opened", "searched"; in the order in which they did it first
    first_at: datetime
    last_at: datetime

    def document(self) -> dict[str, object]:
        """Return the JSON document."""
        return {
            "person": self.person,
            "shown_as": self.shown_as,
            "did": list(self.did),
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
        }


def participants(case: CaseRecord, records: Records, *, by: Principal) -> tuple[Participant, ...]:
    """Return who took part, the first to act first.

    Decisions count as far as the reader may see them: nobody learns of a first decision before their own.
    Raises `NotFoundError` and `ForbiddenError`.
    """
    by.require(Permission.CASE_READ)
    if case.organisation_id != by.organisation:
        raise NotFoundError(f"there is no case {case.number}")
    done: dict[int, list[tuple[datetime, str]]] = {}
    for person, at, what in sorted(_deeds(case, records, by), key=lambda deed: deed[1]):
        done.setdefault(person, []).append((at, what))
    return tuple(
        Participant(
            person=person,
            shown_as=records.people.person(person).shown_as,
            did=tuple(dict.fromkeys(what for _, what in deeds)),
            first_at=deeds[0][0],
            last_at=deeds[-1][0],
        )
        for person, deeds in done.items()
    )


def _deeds(case: CaseRecord, records: Records, by: Principal) -> Iterator[tuple[int, datetime, str]]:
    cases = records.cases
    yield case.opened_by, case.opened_at, "opened"
    for given in cases.authorisations(case.id):
        yield given.recorded_by, given.recorded_at, "authorised"
    for probe in cases.probes(case.id):
        yield probe.added_by, probe.added_at, "added a probe"
    for note in cases.notes(case.id):
        yield note.person_id, note.noted_at, "added an exhibit" if note.kind == "exhibit" else "noted"
    for search in cases.searches(case.id):
        yield search.person_id, search.at, "searched"
        made: dict[int, list[DecisionRecord]] = {}
        for decision in cases.decisions_of_search(search.id):
            made.setdefault(decision.candidate_id, []).append(decision)
        for decisions in made.values():
            for decision in visible(tuple(decisions), by=by):
                yield decision.person_id, decision.decided_at, "decided"
    for stated in cases.conclusions(case.id):
        did = "concluded" if stated.confirms is None else "confirmed a conclusion"
        yield stated.person_id, stated.stated_at, did
