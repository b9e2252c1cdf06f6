"""No way that was thought of leads to "identified" with one person or with faces alone."""

import sqlite3
from dataclasses import replace

import pytest

from antigone.access import Permission, Principal
from antigone.casework import Evidence, Kind, Verdict
from antigone.errors import CaseClosedError, ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord
from case_unit import Unit

DNA = Evidence(identifier="dna", identifier_reference="lab 7/26")
COURT = Evidence(authority="Court of Lviv", authority_reference="12/26")


def matched(unit: Unit, case: CaseRecord) -> int:
    candidate = unit.search(case)[0]
    unit.decisions.decide(candidate.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    unit.decisions.decide(candidate.id, Verdict.POTENTIAL_MATCH, by=unit.reviewer)
    return candidate.id


def in_force(unit: Unit, case: CaseRecord) -> str | None:
    standing = unit.conclusions.standing(case, by=unit.examiner).in_force
    return None if standing is None else standing.kind


@pytest.mark.parametrize("evidence", [DNA, COURT])
def test_two_people_and_more_than_a_face_identify(unit: Unit, evidence: Evidence) -> None:
    case = unit.case()
    stated = unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=evidence)
    assert in_force(unit, case) is None
    unit.conclusions.confirm(case, stated.id, by=unit.supervisor)
    assert in_force(unit, case) == "identified"


def test_faces_alone_give_a_lead(unit: Unit) -> None:
    case = unit.case()
    candidate = matched(unit, case)
    stated = unit.conclusions.propose(case, Kind.INVESTIGATIVE_LEAD, by=unit.examiner, candidate=candidate)
    unit.conclusions.confirm(case, stated.id, by=unit.reviewer)
    assert in_force(unit, case) == "investigative-lead"


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(),
        Evidence(identifier="dna"),
        Evidence(identifier="dna", identifier_reference="  "),
        Evidence(identifier="face", identifier_reference="lab 7/26"),
        Evidence(authority="Court"),
        Evidence(authority=" ", authority_reference="12/26"),
        Evidence(identifier_reference="lab 7/26", authority="Court"),
    ],
)
def test_a_face_alone_identifies_nobody(unit: Unit, evidence: Evidence) -> None:
    case = unit.case()
    candidate = matched(unit, case)
    with pytest.raises(UsageError, match="a face alone identifies nobody"):
        unit.conclusions.propose(
            case, Kind.IDENTIFIED, by=unit.examiner, candidate=candidate, evidence=evidence
        )
    assert unit.conclusions.standing(case, by=unit.examiner).proposed == ()


def test_the_same_person_twice_is_one_person(unit: Unit) -> None:
    case = unit.case()
    stated = unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=DNA)
    again = unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=DNA)
    by_token = replace(unit.examiner, token=7, permissions=frozenset(Permission))
    for statement in (stated, again):
        for by in (unit.examiner, by_token):
            with pytest.raises(ForbiddenError, match="second person"):
                unit.conclusions.confirm(case, statement.id, by=by)
    assert in_force(unit, case) is None


def test_a_statement_is_confirmed_once_in_its_own_case_by_whoever_may(unit: Unit) -> None:
    case, other = unit.case(), unit.case()
    stated = unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=DNA)
    with pytest.raises(NotFoundError):
        unit.conclusions.confirm(other, stated.id, by=unit.supervisor)
    with pytest.raises(NotFoundError):
        unit.conclusions.confirm(case, stated.id, by=unit.stranger)
    powerless = Principal(
        person=99, name="x", shown_as="X", organisation=1, roles=frozenset(), permissions=frozenset()
    )
    with pytest.raises(ForbiddenError):
        unit.conclusions.confirm(case, stated.id, by=powerless)
    confirmed = unit.conclusions.confirm(case, stated.id, by=unit.supervisor)
    for statement in (stated.id, confirmed.id):
        with pytest.raises((ConflictError, NotFoundError)):
            unit.conclusions.confirm(case, statement, by=unit.reviewer)


def test_a_lead_needs_a_candidate_that_two_people_hold_for_a_match(unit: Unit) -> None:
    case = unit.case()
    first, second, seeded = unit.search(case)
    unit.decisions.decide(first.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    for by in (unit.examiner, unit.reviewer):
        unit.decisions.decide(seeded.id, Verdict.POTENTIAL_MATCH, by=by)
    for candidate in (None, first.id, second.id, seeded.id, 999):
        with pytest.raises((UsageError, ConflictError, NotFoundError)):
            unit.conclusions.propose(case, Kind.INVESTIGATIVE_LEAD, by=unit.examiner, candidate=candidate)


def test_nothing_is_concluded_in_a_closed_case(unit: Unit) -> None:
    case = unit.case()
    stated = unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=DNA)
    unit.book.close(case, by=unit.examiner)
    closed = unit.book.case(case.number, by=unit.examiner)
    with pytest.raises(CaseClosedError):
        unit.conclusions.propose(closed, Kind.NOT_FOUND, by=unit.examiner)
    with pytest.raises(CaseClosedError):
        unit.conclusions.confirm(closed, stated.id, by=unit.supervisor)


COLUMNS = "case_id, person_id, kind, identifier, identifier_reference, confirms, note, stated_at"
NEW = f"INSERT INTO conclusions ({COLUMNS})"
FIRST = "(SELECT person_id FROM conclusions WHERE id = 2)"
NOW = "'2026-01-01 00:00:00'"


@pytest.mark.parametrize(
    "statement",
    [
        f"{NEW} VALUES (1, 2, 'identified', NULL, NULL, NULL, '', {NOW})",
        f"{NEW} VALUES (1, 2, 'identified', 'dna', NULL, NULL, '', {NOW})",
        f"{NEW} VALUES (1, 2, 'identified', 'dna', '', NULL, '', {NOW})",
        f"{NEW} VALUES (1, 2, 'identified', 'face', 'x', NULL, '', {NOW})",
        f"{NEW} VALUES (1, 2, 'IDENTIFIED', 'dna', 'x', NULL, '', {NOW})",
        f"{NEW} VALUES (1, 2, 'identified', NULL, NULL, 1, '', {NOW})",  # a lead confirmed as more
        f"{NEW} VALUES (1, {FIRST}, 'identified', NULL, NULL, 2, '', {NOW})",
        f"{NEW} VALUES (2, 3, 'identified', NULL, NULL, 2, '', {NOW})",  # in another case
        f"{NEW} VALUES (1, 3, 'identified', NULL, NULL, 77, '', {NOW})",
        "UPDATE conclusions SET kind = 'identified'",
        "UPDATE conclusions SET person_id = 3 WHERE id = 2",
        "DELETE FROM conclusions",
        "INSERT OR REPLACE INTO conclusions (id, case_id, person_id, kind, note, stated_at) "
        f"VALUES (1, 1, 2, 'identified', '', {NOW})",
    ],
)
def test_the_database_refuses_it_too(unit: Unit, statement: str) -> None:
    case, _ = unit.case(), unit.case()
    candidate = matched(unit, case)
    unit.conclusions.propose(case, Kind.INVESTIGATIVE_LEAD, by=unit.examiner, candidate=candidate)
    unit.conclusions.propose(case, Kind.IDENTIFIED, by=unit.examiner, evidence=DNA)
    database = sqlite3.connect(unit.records.home / "records.db")
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA recursive_triggers = ON")
    with database, pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)
    database.close()
    assert in_force(unit, case) is None
