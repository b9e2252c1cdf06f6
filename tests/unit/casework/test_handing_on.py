"""What a case hands on: only what two people agreed on, never a known non-mate, never an open decision."""

import pytest

from antigone.casework import Verdict
from antigone.casework.handing_on import agreed_photos
from antigone.custody.desk import Held
from antigone.errors import ForbiddenError, NotFoundError
from antigone.records import Records
from case_unit import Unit

YES, NO = Verdict.POTENTIAL_MATCH, Verdict.NO_MATCH


def test_only_what_two_people_agreed_on_is_handed_on(unit: Unit, records: Records) -> None:
    case = unit.case()
    first, other, seeded = unit.search(case)
    for candidate in (first, seeded):
        unit.decisions.decide(candidate.id, YES, by=unit.examiner)
    unit.decisions.decide(other.id, NO, by=unit.examiner)
    with pytest.raises(NotFoundError, match="decision of two people"):
        agreed_photos(case, records.cases, by=unit.reviewer)
    unit.decisions.decide(other.id, NO, by=unit.reviewer)
    unit.decisions.decide(seeded.id, YES, by=unit.reviewer)
    with pytest.raises(NotFoundError):  # agreed on, but known to be somebody else
        agreed_photos(case, records.cases, by=unit.reviewer)
    unit.decisions.decide(first.id, YES, by=unit.reviewer)
    assert agreed_photos(case, records.cases, by=unit.reviewer) == (
        Held(collection="archive", photo="ab" * 32),
    )


def test_whoever_may_not_read_cases_gets_nothing(unit: Unit, records: Records) -> None:
    case = unit.case()
    nobody = type(unit.examiner)(
        person=unit.examiner.person,
        name="iryna",
        shown_as="Iryna",
        organisation=unit.examiner.organisation,
        roles=unit.examiner.roles,
        permissions=frozenset(),
    )
    with pytest.raises(ForbiddenError):
        agreed_photos(case, records.cases, by=nobody)
