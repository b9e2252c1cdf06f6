"""The work of a worker that died is taken over, and what it did is not done again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import antigone
from antigone.casework.bulk import SILENT
from antigone.errors import UsageError
from antigone.identify import SearchRequest
from antigone.identify.probe import read_probe


def test_steps_that_are_done_stay_done(tmp_path: Path, portraits: Mapping[str, Path]) -> None:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        office, jobs = workspace.office, workspace.records.jobs
        who = office.principal
        workspace.add_collection(
            name="archive",
            owner="o",
            source="s",
            purpose="p",
            basis="b",
            jurisdiction="j",
            retain_until=date(2999, 1, 1),
        )
        workspace.import_(portraits["hopper"], into="archive")
        case = office.book.open("T", purpose="missing-person", basis="B", by=who)
        probes = read_probe([portraits["hopper"], portraits["collins"]], workspace.limits)
        request = SearchRequest(photos=[], top=5)
        with pytest.raises(UsageError, match="1 to"):
            office.bulk.begin(case, [], request, by=who)
        job = office.bulk.begin(case, probes, request, by=who).job

        died_at = datetime.now(UTC) - 2 * SILENT
        assert jobs.take("dead", now=died_at, silent_since=died_at) is not None
        done = office.searching.search(case, SearchRequest(photos=[portraits["hopper"]]), workspace, by=who)
        jobs.settle(jobs.steps(job.id)[0].id, search=done.search.id)

        assert office.bulk.work_once("alive", workspace)
        assert not jobs.is_mine(job.id, "dead", now=datetime.now(UTC))
        report = office.bulk.report(job.id, by=who)
        assert (report.job.state, report.job.worker, report.done) == ("done", "alive", 2)
        assert report.steps[0].search_id == done.search.id
        assert len(workspace.records.cases.searches(case.id)) == 2
        assert not office.bulk.work_once("alive", workspace)


def test_a_worker_that_is_alive_keeps_its_job(tmp_path: Path, portraits: Mapping[str, Path]) -> None:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        office, now = workspace.office, datetime.now(UTC)
        case = office.book.open("T", purpose="missing-person", basis="B", by=office.principal)
        probes = read_probe([portraits["hopper"]], workspace.limits)
        office.bulk.begin(case, probes, SearchRequest(photos=[]), by=office.principal)
        assert workspace.records.jobs.take("one", now=now, silent_since=now - timedelta(seconds=30))
        assert workspace.records.jobs.take("two", now=now, silent_since=now - timedelta(seconds=30)) is None
