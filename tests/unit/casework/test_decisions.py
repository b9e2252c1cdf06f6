"""Two people decide, the second unaware of the first; a supervisor resolves; nobody decides twice."""

import sqlite3

import pytest

from antigone.access import Permission
from antigone.casework import Verdict
from antigone.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from case_unit import Unit

YES, NO = Verdict.POTENTIAL_MATCH, Verdict.NO_MATCH


def test_the_second_person_does_not_see_the_first_decision(unit: Unit) -> None:
    candidate = unit.search(unit.case())[0]
    decide = unit.decisions.decide
    assert decide(candidate.id, YES, by=unit.examiner, features={"ears": "similar"}).stage == "first"
    assert unit.decisions.seen_by(candidate.id, by=unit.reviewer) == ()
    assert [waiting.id for waiting in unit.decisions.waiting(by=unit.reviewer)] == [candidate.id]
    assert unit.decisions.outcome(candidate.id, by=unit.reviewer) is None
    assert decide(candidate.id, YES, by=unit.reviewer).stage == "second"
    assert len(unit.decisions.seen_by(candidate.id, by=unit.reviewer)) == 2
    assert unit.decisions.waiting(by=unit.reviewer) == ()
    assert unit.decisions.outcome(candidate.id, by=unit.examiner) is YES
    with pytest.raises(ConflictError, match="everything is decided"):
        decide(candidate.id, NO, by=unit.supervisor)


def test_where_two_differ_a_supervisor_resolves(unit: Unit) -> None:
    candidate = unit.search(unit.case())[0]
    unit.decisions.decide(candidate.id, YES, by=unit.examiner)
    unit.decisions.decide(candidate.id, NO, by=unit.reviewer)
    assert unit.decisions.outcome(candidate.id, by=unit.examiner) is None
    with pytest.raises(ForbiddenError):
        unit.decisions.decide(candidate.id, NO, by=unit.examiner)
    assert unit.decisions.decide(candidate.id, NO, by=unit.supervisor).stage == "resolution"
    assert unit.decisions.outcome(candidate.id, by=unit.examiner) is NO


def test_nobody_decides_twice_even_with_every_role(unit: Unit) -> None:
    candidate = unit.search(unit.case())[0]
    both = type(unit.examiner)(
        person=unit.examiner.person,
        name="iryna",
        shown_as="Iryna",
        organisation=unit.examiner.organisation,
        roles=unit.examiner.roles,
        permissions=frozenset(Permission),
    )
    unit.decisions.decide(candidate.id, YES, by=both)
    with pytest.raises(ForbiddenError, match="again"):
        unit.decisions.decide(candidate.id, YES, by=both)


def test_roles_organisations_and_features_are_checked(unit: Unit) -> None:
    candidate = unit.search(unit.case())[0]
    with pytest.raises(ForbiddenError):  # a reviewer gives no first decision
        unit.decisions.decide(candidate.id, YES, by=unit.reviewer)
    for by, id_ in ((unit.stranger, candidate.id), (unit.examiner, 999)):
        with pytest.raises(NotFoundError):
            unit.decisions.decide(id_, YES, by=by)
        with pytest.raises(NotFoundError):
            unit.decisions.seen_by(id_, by=by)
    for features in ({"aura": "similar"}, {"ears": "identical"}):
        with pytest.raises(UsageError):
            unit.decisions.decide(candidate.id, YES, by=unit.examiner, features=features)
    assert unit.decisions.seen_by(candidate.id, by=unit.supervisor) == ()


def test_the_database_itself_refuses_to_change_a_decision(unit: Unit) -> None:
    candidate = unit.search(unit.case())[0]
    unit.decisions.decide(candidate.id, NO, by=unit.examiner)
    database = sqlite3.connect(unit.records.home / "records.db")
    with database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("UPDATE decisions SET verdict = 'potential-match'")
    with database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("DELETE FROM decisions")
    database.close()
