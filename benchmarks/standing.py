"""Standing searches: of 1,000 imported photos, 10 show the people of 10 open cases that keep looking.

LFW, two servers and an import in a process of its own. A case has ``--probes`` photos of its person. Beside
the ten stand cases whose people do not come, and cases whose people come but which are closed, have lapsed,
or whose examiner is cut off.

Counted: which cases get a candidate, how often, whether it shows the right person, and how long it takes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from antigone import Workspace
from antigone.access import Principal, Role
from antigone.access.directory import pack_roles, principal_of
from antigone.identify import FaceChoice, SearchRequest
from antigone.records.cases import CaseRecord
from antigone.settings import Settings
from antigone.strength import Least
from antigone.types import Box
from benchmarks import lfw
from benchmarks.cut_off import serving
from benchmarks.lfw import DOUBTFUL, LfwPhoto
from benchmarks.lfw_workspace import add_collection
from benchmarks.report import Check, Report

TARGET_S = 60.0
MIDDLE = Box(75, 70, 100, 110)  # where the face lies that a photo of LFW is named after
KINDS = ("waited for", "stranger", "closed", "lapsed", "cut off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which photos are there before, which come, and whom the cases look for."""

    before: tuple[LfwPhoto, ...]
    come: tuple[LfwPhoto, ...]
    cases: tuple[tuple[str, tuple[LfwPhoto, ...]], ...]  # kind, photos of the person sought


def main() -> int:
    """Measure; 1 when a figure misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.standing", description=__doc__)
    parser.add_argument("--before", type=int, default=2_000, help="photos that are there")
    parser.add_argument("--photos", type=int, default=1_000, help="photos that come")
    parser.add_argument("--cases", type=int, default=10, help="of each kind")
    parser.add_argument("--probes", type=int, default=2, help="photos that a case has of its person")
    parser.add_argument("--at-most", type=float, default=0.05, help="expected wrong candidates")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = Report("standing", title="Standing searches")
    plan = _plan(options)
    with tempfile.TemporaryDirectory(prefix="antigone-standing-") as name:
        folder = Path(name)
        settings = Settings(home=folder / "home", searches_a_day=1_000_000, alarm_after=1_000_000)
        with Workspace.init(settings=settings) as workspace:
            add_collection(workspace, "archive")
            workspace.import_(_manifest(folder / "before.csv", plan.before), into="archive")
            cases = _open_cases(workspace, plan, options.at_most)
            with serving(settings.home), serving(settings.home):
                began, ended, seen = _import(workspace, folder, plan.come, len(cases["waited for"]))
            return _tell(report, workspace, cases, plan, (began, ended, seen), options.at_most)


def _plan(options: argparse.Namespace) -> Plan:
    rng, probes, photos = np.random.default_rng(options.seed), options.probes, options.photos
    doubtful = {name for pair in DOUBTFUL for name in pair}
    people: dict[str, list[LfwPhoto]] = {}
    for photo in lfw.load().photos:
        if photo.name not in doubtful:
            people.setdefault(photo.name, []).append(photo)
    names = list(people)
    several = [names[n] for n in rng.permutation(len(names)) if len(people[names[n]]) > probes]
    sought = several[: len(KINDS) * options.cases]
    others = [names[n] for n in rng.permutation(len(names)) if names[n] not in set(sought)]
    filling = [people[name][0] for name in others]
    kinds = [(kind, people[name]) for kind, name in zip(KINDS * options.cases, sought, strict=False)]
    mates = [own[probes] for kind, own in kinds if kind != "stranger"]
    come = [*mates, *filling[: photos - len(mates)]]
    return Plan(
        before=tuple(filling[photos : photos + options.before]),
        come=tuple(come[n] for n in rng.permutation(len(come))),
        cases=tuple((kind, tuple(own[:probes])) for kind, own in kinds),
    )


def _open_cases(workspace: Workspace, plan: Plan, at_most: float) -> dict[str, list[tuple[CaseRecord, str]]]:
    """Open the cases, let them search and keep looking; then close, let lapse and cut off."""
    office = workspace.office
    who, leaver = office.principal, _member(workspace)
    cases: dict[str, list[tuple[CaseRecord, str]]] = {kind: [] for kind in KINDS}
    for kind, probes in plan.cases:
        by = leaver if kind == "cut off" else who
        case = office.book.open(kind, purpose="missing-person", basis="benchmark", by=by)
        request = SearchRequest(
            photos=[probe.path for probe in probes],
            choices=[FaceChoice(pick=MIDDLE, photo=place) for place in range(1, len(probes) + 1)],
        )
        office.searching.search(case, request, workspace, by=by)
        office.standing.begin(case, Least(at_most=at_most), workspace, by=by)
        cases[kind].append((case, probes[0].name))
    past = datetime.now(UTC) - timedelta(seconds=1)
    for case, _ in cases["closed"]:
        office.book.close(case, by=who)
    for case, _ in cases["lapsed"]:
        office.book.authorise(case, authority="-", reference="-", expires_at=past, by=who)
    office.directory.cut_off(leaver.person, by=who)
    return cases


def _member(workspace: Workspace) -> Principal:
    now = datetime.now(UTC)
    return principal_of(
        workspace.records.people.add_person(
            organisation_id=workspace.office.principal.organisation,
            name="leaver",
            shown_as="Leaver",
            roles=pack_roles([Role.EXAMINER, Role.SUPERVISOR]),
            created_at=now,
            approved_at=now,
        )
    )


def _import(
    workspace: Workspace, folder: Path, photos: Sequence[LfwPhoto], wanted: int
) -> tuple[float, float, list[float]]:
    """Import in a process of its own; return when it began and ended, and when each candidate waited."""
    who, seen = workspace.office.principal, list[float]()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            waiting = workspace.office.inbox.waiting(by=who)
            seen.extend([time.monotonic()] * (waiting - len(seen)))
            ended.wait(0.1)

    watcher = threading.Thread(target=look)
    watcher.start()
    manifest = _manifest(folder / "come.csv", photos)
    environment = {**os.environ, "ANTIGONE_HOME": str(workspace.home)}
    began = time.monotonic()
    command = [sys.executable, "-m", "antigone", "import", str(manifest), "--into", "archive", "--json"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    finished = time.monotonic()
    patience = finished + TARGET_S
    while time.monotonic() < patience and len(seen) < wanted:
        time.sleep(0.1)
    time.sleep(20)  # for what comes late, or twice
    ended.set()
    watcher.join()
    return began, finished, seen


def _tell(  # the figures
    report: Report,
    workspace: Workspace,
    cases: dict[str, list[tuple[CaseRecord, str]]],
    plan: Plan,
    times: tuple[float, float, list[float]],
    at_most: float,
) -> int:
    began, ended, seen = times
    items = workspace.office.inbox.items(by=workspace.office.principal, limit=500)
    names = {hashlib.sha256(photo.path.read_bytes()).hexdigest(): photo.name for photo in plan.come}
    rows, right = [], 0
    for kind, opened in cases.items():
        found = {case.number: [one for one in items if one.case.id == case.id] for case, _ in opened}
        people = {case.number: name for case, name in opened}
        mated = sum(
            any(names.get(one.candidate.photo) == people[number] for one in own)
            for number, own in found.items()
        )
        right += mated if kind == "waited for" else 0
        with_any = sum(bool(own) for own in found.values())
        rows.append((kind, len(opened), with_any, mated, sum(map(len, found.values()))))
    columns = ("cases", "how many", "with a candidate", "with the right one", "candidates")
    report.table(
        "cases",
        f"{len(plan.come):,} photos, cases of {len(plan.cases[0][1])} probes, "
        f"at most {at_most:g} wrong ones expected",
        columns,
        rows,
    )
    ended_because = [
        workspace.office.standing.watch(case, by=workspace.office.principal).watch.ended_because
        for kind in ("closed", "lapsed", "cut off")
        for case, _ in cases[kind]
    ]
    report.note(f"watches that ended by themselves: {', '.join(sorted(map(str, set(ended_because))))}")
    last = max(seen, default=ended)
    after = max(last - ended, 0.0)
    report.note(
        f"import {ended - began:.0f} s; first candidate {min(seen, default=ended) - began:.1f} s after it "
        f"began, last {last - began:.1f} s after it began ({last - ended:+.1f} s from its end)"
    )
    entries = [entry.kind for entry in workspace.audit.entries()]
    report.note(f"{entries.count('standing-search'):,} runs on record, {len(items)} items in the inbox")
    wanted = len(cases["waited for"])
    forbidden = sum(row[2] for row in rows[2:])
    twice = len(items) - len({(one.case.id, one.candidate.photo, one.candidate.face) for one in items})
    met = report.checks(
        [
            Check(what="cases that got their person", value=right, target=wanted, at_least=True),
            Check(what="other cases with a candidate", value=rows[1][2], target=0, at_least=False),
            Check(what="closed, lapsed, cut off with one", value=forbidden, target=0, at_least=False),
            Check(what="faces told of twice", value=twice, target=0, at_least=False),
            Check(what="after the import ended", value=after, target=TARGET_S, at_least=False, unit=" s"),
        ]
    )
    report.save()
    return 0 if met else 1


def _manifest(path: Path, photos: Sequence[LfwPhoto]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("photo",))
        rows.writerows((str(photo.path),) for photo in photos)
    return path


if __name__ == "__main__":
    sys.exit(main())
