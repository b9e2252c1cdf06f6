"""Statistics are counted in the records, and equal what the audit log tells; exercises are left out."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

import antigone
from antigone.errors import ForbiddenError, UsageError
from antigone.records import Records
from benchmarks.month import FIRST, LAST, live
from case_unit import Unit


def test_a_month_counted_in_the_records_equals_the_recount_of_the_log(tmp_path: Path) -> None:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        one, other = live(workspace, 600, seed=3)
        counting = workspace.office.counting
        month = counting.statistics(FIRST, LAST, by=one.people[0])
        assert month == counting.recount(FIRST, LAST, by=one.people[0])
        days = (date(2025, 3, 10), date(2025, 3, 12))
        assert counting.statistics(*days, by=other.people[0]) == counting.recount(*days, by=other.people[0])
        before = (date(2025, 2, 1), date(2025, 2, 28))
        assert counting.statistics(*before, by=one.people[0]) == counting.recount(*before, by=one.people[0])

        assert all(month.searches.values())  # a month in which nothing happens would show nothing
        assert month.decisions["resolution"]
        assert month.conclusions["investigative-lead"]
        assert month.families_informed
        assert month.inbox
        assert month.seeded.settled
        assert month.people_who_searched == 6
        everything = counting.statistics(date(2025, 1, 1), date(2025, 12, 31), by=one.people[0])
        assert sum(everything.searches.values()) > sum(month.searches.values())
        cases = workspace.records.cases.cases(one.people[0].organisation)
        assert sum(everything.cases_opened.values()) == len(cases)


def test_learners_are_not_counted(tmp_path: Path) -> None:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        live(workspace, 200, seed=1)
        learners = next(one for one in workspace.records.people.organisations() if one.exercise)
        who = next(iter(workspace.records.people.people(learners.id)))
        assert workspace.records.cases.cases(learners.id)
        from antigone.access.directory import principal_of

        period = (date(2025, 1, 1), date(2025, 12, 31))
        counted = workspace.office.counting.statistics(*period, by=principal_of(who))
        assert not sum(counted.searches.values())
        assert not sum(counted.cases_opened.values())
        assert counted == workspace.office.counting.recount(*period, by=principal_of(who))


def test_the_table_holds_every_figure(tmp_path: Path) -> None:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        counted = workspace.office.counting.statistics(FIRST, LAST, by=workspace.office.principal)
        rows = list(csv.DictReader(io.StringIO(counted.csv())))
        assert {row["figure"] for row in rows} >= set(counted.document()) - {"from", "to"}
        assert counted.document()["seeded"]["first_errors"]["rate"] is None
        assert {row["from"] for row in rows} == {"2025-03-01"}


def test_who_may_not_and_what_is_no_period(unit: Unit, records: Records, tmp_path: Path) -> None:
    from antigone.casework.statistics import Counting

    counting = Counting(records, unit.audit)
    with pytest.raises(ForbiddenError):
        counting.statistics(FIRST, LAST, by=unit.examiner)
    with pytest.raises(ForbiddenError):
        counting.recount(FIRST, LAST, by=unit.reviewer)
    for begins, ends in ((LAST, FIRST), (FIRST, date.max)):
        with pytest.raises(UsageError):
            counting.statistics(begins, ends, by=unit.supervisor)
    assert sum(counting.statistics(date.min, LAST, by=unit.supervisor).searches.values()) == 0
