"""A search needs a case that is open, authorised where it must be, and within the day's budget."""

from datetime import UTC, datetime, timedelta

import pytest

from access_flows import kinds
from antigone.casework import Purpose
from antigone.errors import (
    CaseClosedError,
    CaseLockedError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    UsageError,
)
from case_unit import Unit


def test_a_case_is_found_by_its_number_in_its_own_organisation_only(unit: Unit) -> None:
    case = unit.case()
    assert case.number == "C-000001"
    for written in ("C-000001", "c-1", " C000001 "):
        assert unit.book.case(written, by=unit.reviewer) == case
    for by, written in ((unit.stranger, "C-000001"), (unit.examiner, "C-2"), (unit.examiner, "1; DROP")):
        with pytest.raises(NotFoundError, match="no case"):
            unit.book.case(written, by=by)
    assert unit.book.cases(by=unit.examiner) == (case,)
    assert unit.book.cases(by=unit.stranger) == ()


@pytest.mark.parametrize("field", ["title", "purpose", "basis"])
@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "x" * 2_001])
def test_title_purpose_and_basis_are_required_and_one_line(unit: Unit, field: str, value: str) -> None:
    said = {"title": "T", "purpose": "missing-person", "basis": "B"} | {field: value}
    with pytest.raises(UsageError):
        unit.book.open(said.pop("title"), **said, by=unit.examiner)


@pytest.mark.parametrize(
    ("given", "kind", "explanation"),
    [
        ("missing person", Purpose.MISSING_PERSON, ""),
        ("Unidentified_Deceased", Purpose.UNIDENTIFIED_DECEASED, ""),
        ("prisoner exchange lists", Purpose.OTHER, "prisoner exchange lists"),
    ],
)
def test_another_purpose_keeps_its_words(unit: Unit, given: str, kind: Purpose, explanation: str) -> None:
    case = unit.case(given)
    assert (case.purpose, case.explanation) == (kind, explanation)


def test_only_whoever_works_on_cases_opens_one(unit: Unit) -> None:
    with pytest.raises(ForbiddenError):
        unit.book.open("T", purpose="missing-person", basis="B", by=unit.reviewer)
    case = unit.case()
    with pytest.raises(ForbiddenError):  # a supervisor does not search
        unit.book.may_search(case, by=unit.supervisor)
    with pytest.raises(NotFoundError):
        unit.book.may_search(case, by=unit.stranger)


def test_nothing_is_searched_in_a_closed_case(unit: Unit) -> None:
    case = unit.case()
    unit.book.close(case, by=unit.examiner)
    closed = unit.book.case(case.number, by=unit.examiner)
    with pytest.raises(CaseClosedError):
        unit.book.may_search(closed, by=unit.examiner)
    with pytest.raises(ForbiddenError):
        unit.book.reopen(closed, by=unit.examiner)
    unit.book.reopen(closed, by=unit.supervisor)
    unit.book.may_search(unit.book.case(case.number, by=unit.examiner), by=unit.examiner)
    assert kinds(unit.audit)[-3:] == ["case-opened", "case-closed", "case-reopened"]


def test_a_suspects_case_locks_after_48_hours_without_authorisation(unit: Unit) -> None:
    case = unit.case("suspect")
    unit.book.may_search(case, by=unit.examiner)
    unit.search(case, at=datetime.now(UTC) - timedelta(hours=47))
    unit.book.may_search(case, by=unit.examiner)
    late = unit.case("suspect")
    unit.search(late, at=datetime.now(UTC) - timedelta(hours=49))
    with pytest.raises(CaseLockedError) as caught:
        unit.book.may_search(late, by=unit.examiner)
    assert caught.value.http_status == 409
    with pytest.raises(ForbiddenError):
        unit.book.authorise(late, authority="Court", reference="1/26", by=unit.examiner)
    unit.book.authorise(late, authority="Court", reference="1/26", by=unit.supervisor)
    unit.book.may_search(late, by=unit.examiner)


def test_an_authorisation_lapses(unit: Unit) -> None:
    case = unit.case("suspect")
    past = datetime.now(UTC) - timedelta(minutes=1)
    unit.book.authorise(case, authority="Court", reference="1/26", by=unit.supervisor, expires_at=past)
    with pytest.raises(CaseLockedError):
        unit.book.may_search(case, by=unit.examiner)


def test_a_spent_budget_ends_the_day_and_many_searches_raise_one_alarm(unit: Unit) -> None:
    case = unit.case()
    for _ in range(2):
        unit.book.may_search(case, by=unit.examiner)
        unit.book.searched(case, unit.search(case)[0].search_id, by=unit.examiner)
    at_once = [unit.search(case)[0].search_id for _ in range(3)]  # recorded before any of them is counted
    for search in reversed(at_once):
        unit.book.searched(case, search, by=unit.examiner)
    with pytest.raises(RateLimitedError) as caught:
        unit.book.may_search(case, by=unit.examiner)
    assert 0 < caught.value.details["retry_after"] <= 86_400  # type: ignore[operator]
    assert kinds(unit.audit).count("enumeration-alarm") == 1
