"""How soon a cut-off holds: a thousand requests in flight at two servers, with streams and jobs.

    python -m benchmarks.cut_off [--trials 5] [--clients 1000]

Clients ask with the token of one person, again and again, half of them at each of two servers of one
workspace; others read the progress of that person's job as a stream. In the midst of it a supervisor cuts
the person off at one server. Measured from the moment that server answered: the last success, and every
success of a request that was sent later, of which there must be none. The person's job must stop before its
next step.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import httpx2
import numpy as np

from antigone import Workspace
from antigone.access import Principal, Role
from antigone.access.directory import pack_roles, principal_of
from benchmarks.report import Check, Report

TARGET_S = 1.0
STREAMS = 10
PHOTOS = 200  # of the job, so that it is never done before the cut-off
BEFORE_S = 2.0  # of full load before the cut-off
AFTER_S = 2.0


@dataclass(slots=True)
class Trial:
    """One cut-off."""

    cut_at: float = 0.0  # when the server had answered it
    successes: list[tuple[float, float]] = field(default_factory=list)  # sent and answered
    refusals: int = 0
    failures: int = 0  # neither: time-outs, broken connections
    streams_ended: list[float] = field(default_factory=list)

    @property
    def last_success_s(self) -> float:
        """Seconds from the cut-off to the last success; 0 when all came before."""
        return max((answered - self.cut_at for _, answered in self.successes), default=0.0)

    @property
    def later(self) -> int:
        """How many requests that were sent after the cut-off succeeded all the same."""
        return sum(sent > self.cut_at for sent, _ in self.successes)


def main() -> int:
    """Run the trials; 1 when a figure misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cut_off", description=__doc__)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--clients", type=int, default=1_000)
    options = parser.parse_args()
    report = Report("cut_off", title="Cut-off under load")
    trials, jobs = [], []
    with tempfile.TemporaryDirectory(prefix="antigone-cut-off-") as folder:
        home = Path(folder) / "home"
        with Workspace.init(home) as workspace, serving(home) as one, serving(home) as two:
            _fill(workspace)
            for number in range(options.trials):
                trial, stopped = _one_trial(workspace, (one, two), options.clients, number)
                trials.append(trial)
                jobs.append(stopped)
    last = np.array([max(trial.last_success_s, 0.0) for trial in trials])
    p99 = float(np.quantile(last, 0.99))
    later = sum(trial.later for trial in trials)
    rows = [
        (
            str(number),
            f"{len(trial.successes):,}",
            f"{trial.refusals:,}",
            f"{trial.failures:,}",
            f"{1000 * max(trial.last_success_s, 0):.0f}",
            str(trial.later),
            f"{len(trial.streams_ended)} of {STREAMS}",
            stopped,
        )
        for number, (trial, stopped) in enumerate(zip(trials, jobs, strict=True), 1)
    ]
    columns = ("trial", "answered", "refused", "failed", "last success, ms", "later", "streams ended", "job")
    report.table("trials", f"{options.clients:,} requests in flight at two servers", columns, rows)
    going = sum(stopped != "cut-off" for stopped in jobs)
    met = report.checks(
        [
            Check(
                what="last success after a cut-off, p99", value=p99, target=TARGET_S, at_least=False, unit="s"
            ),
            Check(what="successes of later requests", value=later, target=0, at_least=False),
            Check(what="jobs that went on", value=going, target=0, at_least=False),
        ]
    )
    report.save()
    return 0 if met else 1


def _fill(workspace: Workspace) -> None:
    workspace.add_collection(
        name="archive",
        owner="benchmark",
        source="photos inside packages",
        purpose="measuring",
        basis="public domain",
        jurisdiction="none",
        retain_until=date(2999, 1, 1),
    )
    workspace.import_(_portrait(), into="archive")


def _portrait() -> Path:
    return Path(str(files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"))


def _one_trial(workspace: Workspace, servers: Sequence[str], clients: int, number: int) -> tuple[Trial, str]:
    office, people = workspace.office, workspace.records.people
    supervisor = office.principal
    now = datetime.now(UTC)
    person = people.add_person(
        organisation_id=supervisor.organisation,
        name=f"examiner{number}",
        shown_as="Examiner",
        roles=pack_roles([Role.EXAMINER]),
        created_at=now,
        approved_at=now,
    )
    mine = _headers(workspace, principal_of(person))
    theirs = _headers(workspace, supervisor)
    case = office.book.open("T", purpose="missing-person", basis="B", by=principal_of(person))
    photo = _portrait().read_bytes()
    form = [("photos", (f"{step}.jpg", photo)) for step in range(PHOTOS)]
    path = f"{servers[0]}/api/v1/cases/{case.number}/bulk-searches"
    job = httpx2.post(path, files=form, headers=mine, timeout=60).raise_for_status().json()["job"]
    trial = asyncio.run(_load(servers, clients, person.id, job, mine, theirs))
    for _ in range(600):
        found = workspace.records.jobs.job(job)
        assert found is not None
        if found.finished_at is not None:
            return trial, found.stopped_because or "done"
        time.sleep(0.1)
    return trial, "still running"


def _headers(workspace: Workspace, who: Principal) -> dict[str, str]:
    token = workspace.office.sessions.new_token("load", who.permissions, lasts=timedelta(days=1), by=who)
    return {"Authorization": f"Bearer {token.text}"}


async def _load(
    servers: Sequence[str],
    clients: int,
    person: int,
    job: int,
    mine: dict[str, str],
    theirs: dict[str, str],
) -> Trial:
    trial, ended = Trial(), asyncio.Event()
    limits = httpx2.Limits(max_connections=clients + STREAMS + 10)
    async with httpx2.AsyncClient(timeout=120, limits=limits) as client:

        async def ask(server: str) -> None:
            while not ended.is_set():
                sent = time.monotonic()
                try:
                    answer = await client.get(f"{server}/api/v1/cases", headers=mine)
                except httpx2.TransportError:
                    trial.failures += 1
                    continue
                if answer.status_code == 200:
                    trial.successes.append((sent, time.monotonic()))
                else:
                    trial.refusals += 1

        async def stream(server: str) -> None:
            path = f"{server}/api/v1/jobs/{job}/progress"
            async with client.stream("GET", path, headers=mine) as answer:
                async for _ in answer.aiter_lines():
                    pass
            trial.streams_ended.append(time.monotonic())

        tasks = [asyncio.create_task(ask(servers[n % 2])) for n in range(clients)]
        tasks += [asyncio.create_task(stream(servers[n % 2])) for n in range(STREAMS)]
        await asyncio.sleep(BEFORE_S)
        path = f"{servers[0]}/api/v1/people/{person}/cut-off"
        (await client.post(path, headers=theirs)).raise_for_status()
        trial.cut_at = time.monotonic()
        await asyncio.sleep(AFTER_S)
        ended.set()
        await asyncio.gather(*tasks)
    return trial


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Serve a workspace from a process of its own and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "ANTIGONE_HOME": str(home), "ANTIGONE_SEARCHES_A_DAY": "1000000"}
    process = subprocess.Popen(
        [sys.executable, "-m", "antigone", "serve", "--port", str(port)], env=environment
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "the server ended by itself"
            try:
                if httpx2.get(f"{address}/ready", timeout=30).status_code == 200:
                    break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


if __name__ == "__main__":
    sys.exit(main())
