"""Cases are found by words in every script; what waits for one person is neither too much nor too little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antigone.access import Permission
from antigone.casework import Kind, Purpose, Verdict
from antigone.casework.lists import Desk, Wanted
from antigone.errors import ForbiddenError, UsageError
from case_unit import Unit


@pytest.fixture
def desk(unit: Unit) -> Desk:
    return Desk(unit.records.case_lists)


def titles(desk: Desk, unit: Unit, wanted: Wanted) -> list[str]:
    return [case.title for case in desk.cases(wanted, by=unit.examiner).cases]


def test_words_are_found_without_regard_to_case_in_every_script(unit: Unit, desk: Desk) -> None:
    for title in ("Невідомий Чоловік біля мосту", "Woman, STRASSE 5", "other"):
        unit.book.open(title, purpose="missing-person", basis="section 12", by=unit.examiner)
    assert titles(desk, unit, Wanted(words="БІЛЯ невідомий")) == ["Невідомий Чоловік біля мосту"]
    assert titles(desk, unit, Wanted(words="straße")) == ["Woman, STRASSE 5"]
    assert titles(desk, unit, Wanted(words="c-000003 SECTION")) == ["other"]
    assert titles(desk, unit, Wanted(words="nowhere")) == []


def test_state_and_purpose_narrow_the_list(unit: Unit, desk: Desk) -> None:
    closed, suspect = unit.case(), unit.case("suspect")
    unit.book.close(closed, by=unit.examiner)
    page = desk.cases(Wanted(closed=False), by=unit.examiner)
    assert [case.id for case in page.cases] == [suspect.id]
    page = desk.cases(Wanted(closed=True), by=unit.examiner)
    assert [case.id for case in page.cases] == [closed.id]
    assert desk.cases(Wanted(purpose=Purpose.OTHER), by=unit.examiner).cases == ()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 7), words=st.sampled_from(["", "unknown"]))
def test_pages_together_are_the_whole_list_once(unit: Unit, desk: Desk, limit: int, words: str) -> None:
    while unit.records.cases.count_cases(unit.examiner.organisation) < 6:
        unit.case()
    unit.book.open("Foreign, unknown", purpose="suspect", basis="b", by=unit.stranger)
    seen, before = [], None
    while True:
        page = desk.cases(Wanted(words=words), by=unit.examiner, before=before, limit=limit)
        assert len(page.cases) <= limit
        seen += [case.id for case in page.cases]
        before = page.before
        if before is None:
            break
    own = [case.id for case in unit.book.cases(by=unit.examiner)]
    assert seen == own[::-1]


def test_a_page_has_a_limit(unit: Unit, desk: Desk) -> None:
    with pytest.raises(UsageError):
        desk.cases(Wanted(), by=unit.examiner, limit=0)
    assert not unit.examiner.may(Permission.REVIEW)
    with pytest.raises(ForbiddenError):
        desk.reviews(by=unit.examiner)


def test_reviews_conflicts_and_confirmations_wait_for_whom_they_concern(unit: Unit, desk: Desk) -> None:
    case = unit.case()
    one, two, _ = unit.search(case)
    unit.decisions.decide(one.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    unit.decisions.decide(two.id, Verdict.NO_MATCH, by=unit.examiner)
    assert [candidate.id for _, candidate in desk.reviews(by=unit.reviewer)] == [one.id, two.id]
    assert desk.reviews(by=unit.stranger) == ()
    assert desk.conflicts(by=unit.supervisor) == ()
    unit.decisions.decide(one.id, Verdict.POTENTIAL_MATCH, by=unit.reviewer)
    unit.decisions.decide(two.id, Verdict.INCONCLUSIVE, by=unit.reviewer)
    assert desk.reviews(by=unit.reviewer) == ()
    ((of, disputed),) = desk.conflicts(by=unit.supervisor)
    assert (of, disputed) == (case, two)
    assert desk.conflicts(by=unit.stranger) == ()
    unit.decisions.decide(two.id, Verdict.NO_MATCH, by=unit.supervisor)
    assert desk.conflicts(by=unit.supervisor) == ()

    stated = unit.conclusions.propose(case, Kind.INVESTIGATIVE_LEAD, candidate=one.id, by=unit.examiner)
    assert desk.confirmations(by=unit.examiner) == ()
    assert desk.confirmations(by=unit.supervisor) == ((case, stated),)
    assert desk.confirmations(by=unit.stranger) == ()
    unit.conclusions.confirm(case, stated.id, by=unit.supervisor)
    assert desk.confirmations(by=unit.reviewer) == ()


def test_what_a_closed_case_holds_waits_for_nobody(unit: Unit, desk: Desk) -> None:
    case = unit.case()
    one, *_ = unit.search(case)
    unit.decisions.decide(one.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    unit.book.close(case, by=unit.examiner)
    assert desk.reviews(by=unit.reviewer) == ()


def test_cases_of_suspects_wait_for_an_authorisation(unit: Unit, desk: Desk) -> None:
    unit.case()
    suspect = unit.case("suspect")
    assert desk.unauthorised(by=unit.supervisor) == (suspect,)
    assert unit.book.clearance(suspect, by=unit.reviewer).due is None
    at = datetime.now(UTC) - timedelta(hours=47)
    unit.search(suspect, at=at)
    clearance = unit.book.clearance(suspect, by=unit.reviewer)
    assert not clearance.locked
    assert clearance.due is not None
    assert abs(clearance.due - at - timedelta(hours=48)) < timedelta(seconds=1)
    until = datetime.now(UTC) + timedelta(days=3)
    unit.book.authorise(suspect, authority="court", reference="1", expires_at=until, by=unit.supervisor)
    clearance = unit.book.clearance(suspect, by=unit.reviewer)
    assert clearance.authorised
    assert clearance.until is not None
    assert desk.unauthorised(by=unit.supervisor) == ()


def test_an_authorisation_that_lapsed_locks_and_one_without_an_end_never_does(unit: Unit) -> None:
    suspect = unit.case("suspect")
    past = datetime.now(UTC) - timedelta(days=1)
    unit.book.authorise(suspect, authority="court", reference="1", expires_at=past, by=unit.supervisor)
    clearance = unit.book.clearance(suspect, by=unit.supervisor)
    assert clearance.locked
    assert clearance.lapsed
    unit.book.authorise(suspect, authority="court", reference="2", by=unit.supervisor)
    assert unit.book.clearance(suspect, by=unit.supervisor).until is None
    assert unit.book.clearance(suspect, by=unit.supervisor).authorised
