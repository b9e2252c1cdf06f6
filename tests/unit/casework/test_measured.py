"""A model is not validated for the dead until an evaluation is kept and declared to be on such faces."""

from __future__ import annotations

import hashlib

import pytest

from antigone.audit.events import Evaluated
from antigone.casework.file import search_file
from antigone.casework.measured import NOT_VALIDATED, Measurements, notices
from antigone.errors import ConflictError, ForbiddenError, NotFoundError
from antigone.evaluate.report import json_bytes
from case_unit import Unit

FIGURES: dict[str, object] = {"kind": "verification", "points": []}


def measured(unit: Unit, *, people: int = 60, model: str = "m") -> int:
    entry = Evaluated(what="verification", material="cd" * 32, photos=2 * people, people=people, model=model)
    return unit.audit.append(entry.event())


@pytest.fixture
def measurements(unit: Unit) -> Measurements:
    return Measurements(unit.records.evaluations, unit.audit)


def test_the_label_stands_until_a_supervisor_declares_a_measurement(
    unit: Unit, measurements: Measurements
) -> None:
    case = unit.case("unidentified-deceased")
    unit.search(case)
    (search,) = unit.records.cases.searches(case.id)
    cases = unit.records.cases

    def said() -> tuple[str, ...]:
        assert search_file(search, cases, by=unit.examiner).notices == notices(case, "m", cases)
        return notices(case, "m", cases)

    assert said() == (NOT_VALIDATED,)
    kept = measurements.keep(FIGURES, measured=measured(unit), note="60 dead", by=unit.supervisor)
    assert kept.record.sha256 == hashlib.sha256(json_bytes(FIGURES)).hexdigest()
    assert said() == (NOT_VALIDATED,)
    measurements.declare(kept.record.sha256, holds=True, note="mortuary", by=unit.supervisor)
    (notice,) = said()
    assert notice.startswith("measured on post-mortem faces")
    assert "60 people" in notice
    assert notices(case, "another model", cases) == (NOT_VALIDATED,)
    measurements.declare(kept.record.sha256, holds=False, note="they live", by=unit.supervisor)
    assert said() == (NOT_VALIDATED,)
    assert notices(unit.case("missing-person"), "m", cases) == ()
    assert notices(None, "m", cases) == ()


def test_another_organisation_has_measured_nothing(unit: Unit, measurements: Measurements) -> None:
    kept = measurements.keep(FIGURES, measured=measured(unit), note="n", by=unit.supervisor)
    measurements.declare(kept.record.sha256, holds=True, note="n", by=unit.supervisor)
    theirs = unit.book.open("T", purpose="unidentified-deceased", basis="B", by=unit.stranger)
    assert notices(theirs, "m", unit.records.cases) == (NOT_VALIDATED,)
    assert measurements.all(by=unit.stranger) == ()
    with pytest.raises(NotFoundError):
        measurements.declare(kept.record.sha256, holds=False, note="n", by=unit.stranger)


def test_only_what_the_log_knows_is_kept_once_and_by_a_supervisor(
    unit: Unit, measurements: Measurements
) -> None:
    entry = measured(unit)
    with pytest.raises(ForbiddenError):
        measurements.keep(FIGURES, measured=entry, note="n", by=unit.examiner)
    with pytest.raises(NotFoundError):
        measurements.keep(FIGURES, measured=10**6, note="n", by=unit.supervisor)
    with pytest.raises(NotFoundError, match="no evaluation"):
        measurements.keep(FIGURES, measured=1, note="n", by=unit.supervisor)
    kept = measurements.keep(FIGURES, measured=entry, note="n", by=unit.supervisor)
    with pytest.raises(ConflictError):
        measurements.keep(FIGURES, measured=entry, note="n", by=unit.supervisor)
    with pytest.raises(ForbiddenError):
        measurements.declare(kept.record.sha256, holds=True, note="n", by=unit.examiner)


def test_too_few_people_speak_for_nobody(unit: Unit, measurements: Measurements) -> None:
    kept = measurements.keep(FIGURES, measured=measured(unit, people=29), note="n", by=unit.supervisor)
    with pytest.raises(ConflictError, match="29 people"):
        measurements.declare(kept.record.sha256, holds=True, note="n", by=unit.supervisor)
