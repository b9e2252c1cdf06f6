"""What happened in a case, one moment after the other, and who took part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from antigone.access import Principal
from antigone.casework.file import CaseFile
from antigone.casework.participants import Participant, participants
from antigone.records import Records
from antigone.records.cases import (
    AuthorisationRecord,
    CaseRecord,
    CaseSearchRecord,
    ConclusionRecord,
    DecisionRecord,
    NoteRecord,
    ProbeRecord,
)
from antigone.records.deceased import CaseExportRecord, OnwardRecord, ParticularRecord

What = (
    CaseRecord
    | AuthorisationRecord
    | ProbeRecord
    | CaseSearchRecord
    | DecisionRecord
    | NoteRecord
    | ConclusionRecord
    | ParticularRecord
    | CaseExportRecord
    | OnwardRecord
)


class Deed(StrEnum):
    """What somebody did in a case."""

    OPENED = "opened"
    AUTHORISED = "authorised"
    PROBE_ADDED = "probe-added"
    SEARCHED = "searched"
    DECIDED = "decided"
    NOTED = "noted"
    EXHIBIT_ADDED = "exhibit-added"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    PARTICULAR = "particular"
    EXPORTED = "exported"
    ONWARD = "onward"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened."""

    at: datetime
    deed: Deed
    by: int | None  # number of the person; None where only the audit log says it
    what: What


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStory:
    """A case as it went."""

    file: CaseFile
    moments: tuple[Moment, ...]  # the oldest first
    participants: tuple[Participant, ...]
    names: dict[int, str]  # of all people of the organisation, by number
    statements: tuple[ConclusionRecord, ...]  # all that were ever made, oldest first


def case_story(file: CaseFile, records: Records, *, by: Principal) -> CaseStory:
    """Put the story of a case together from its file, as whoever read the file may see it.

    That a case was reopened, and when it was closed before, is in the audit log alone.
    """
    statements = records.cases.conclusions(file.case.id)
    moments = sorted(_moments(file, statements, records), key=lambda moment: moment.at)
    names = {person.id: person.shown_as for person in records.people.people(by.organisation)}
    return CaseStory(
        file=file,
        moments=tuple(moments),
        participants=participants(file.case, records, by=by),
        names=names,
        statements=statements,
    )


def _moments(file: CaseFile, statements: tuple[ConclusionRecord, ...], records: Records) -> Iterator[Moment]:
    case = file.case
    yield Moment(at=case.opened_at, deed=Deed.OPENED, by=case.opened_by, what=case)
    for given in file.authorisations:
        yield Moment(at=given.recorded_at, deed=Deed.AUTHORISED, by=given.recorded_by, what=given)
    for probe in file.probes:
        yield Moment(at=probe.added_at, deed=Deed.PROBE_ADDED, by=probe.added_by, what=probe)
    for shown in file.searches:
        search = shown.search
        yield Moment(at=search.at, deed=Deed.SEARCHED, by=search.person_id, what=search)
        for _, decisions in shown.candidates:
            for made in decisions:
                yield Moment(at=made.decided_at, deed=Deed.DECIDED, by=made.person_id, what=made)
    for note in file.notes:
        deed = Deed.EXHIBIT_ADDED if note.kind == "exhibit" else Deed.NOTED
        yield Moment(at=note.noted_at, deed=deed, by=note.person_id, what=note)
    for stated in statements:
        deed = Deed.PROPOSED if stated.confirms is None else Deed.CONFIRMED
        yield Moment(at=stated.stated_at, deed=deed, by=stated.person_id, what=stated)
    yield from _of_the_dead(case, records)
    if case.closed_at is not None:
        yield Moment(at=case.closed_at, deed=Deed.CLOSED, by=None, what=case)


def _of_the_dead(case: CaseRecord, records: Records) -> Iterator[Moment]:
    for entry in records.deceased.particulars(case.id):
        yield Moment(at=entry.recorded_at, deed=Deed.PARTICULAR, by=entry.recorded_by, what=entry)
    for export in records.deceased.exports(case.id):
        yield Moment(at=export.at, deed=Deed.EXPORTED, by=export.person_id, what=export)
    for onward in records.deceased.onward(case.id):
        yield Moment(at=onward.recorded_at, deed=Deed.ONWARD, by=onward.recorded_by, what=onward)
