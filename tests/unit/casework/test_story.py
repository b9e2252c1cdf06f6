"""A case told as it went: in order, with everybody's part, and nothing that its reader may not see yet."""

from __future__ import annotations

from antigone.access import Principal
from antigone.casework import Kind, Verdict
from antigone.casework.file import case_file
from antigone.casework.story import CaseStory, Deed, case_story
from antigone.records.cases import CaseRecord
from case_unit import Unit


def told(unit: Unit, case: CaseRecord, by: Principal) -> CaseStory:
    file = case_file(case, unit.records.cases, unit.conclusions, by=by)
    return case_story(file, unit.records, by=by)


def test_everything_that_happened_stands_there_in_order(unit: Unit) -> None:
    case = unit.case()
    one, *_ = unit.search(case)
    unit.decisions.decide(one.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    unit.decisions.decide(one.id, Verdict.POTENTIAL_MATCH, by=unit.reviewer)
    unit.book.note(case, "Seen.", by=unit.examiner)
    stated = unit.conclusions.propose(case, Kind.INVESTIGATIVE_LEAD, candidate=one.id, by=unit.examiner)
    unit.conclusions.confirm(case, stated.id, by=unit.supervisor)
    unit.book.close(case, by=unit.examiner)
    story = told(unit, unit.book.case(case.number, by=unit.reviewer), unit.reviewer)
    assert [moment.deed for moment in story.moments] == [
        Deed.OPENED,
        Deed.SEARCHED,
        Deed.DECIDED,
        Deed.DECIDED,
        Deed.NOTED,
        Deed.PROPOSED,
        Deed.CONFIRMED,
        Deed.CLOSED,
    ]
    assert [moment.at for moment in story.moments] == sorted(moment.at for moment in story.moments)
    assert story.names[unit.examiner.person] == "Iryna"
    assert {one.shown_as for one in story.participants} == {"Iryna", "Maria", "Sofia"}


def test_whoever_decides_second_learns_nothing_of_the_first_decision(unit: Unit) -> None:
    case = unit.case()
    one, *_ = unit.search(case)
    unit.decisions.decide(one.id, Verdict.NO_MATCH, by=unit.examiner)
    for reader, sees in ((unit.examiner, True), (unit.reviewer, False), (unit.supervisor, True)):
        story = told(unit, case, reader)
        assert (Deed.DECIDED in [moment.deed for moment in story.moments]) is sees
