"""Statistics of a made-up month of 10,000 entries: counted in the records, and recounted from the audit log.

Prints both counts beside each other, whether they are equal for the month, for each of its weeks and for each
agency, and how long each took.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from antigone import Workspace
from benchmarks.month import FIRST, LAST, Agency, live
from benchmarks.report import Check, Report

WEEKS = [
    (FIRST + timedelta(days=n), min(FIRST + timedelta(days=n + 6), LAST))
    for n in range(0, (LAST - FIRST).days + 1, 7)
]


def main() -> int:
    """Make the month and count it both ways; the exit code is 1 where the two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="entries of the audit log")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    report = Report("counted_month", title="Statistics: the records against the audit log")
    with (
        tempfile.TemporaryDirectory(prefix="antigone-month-") as folder,
        Workspace.init(Path(folder) / "home") as workspace,
    ):
        began = time.perf_counter()
        agencies = live(workspace, options.events, seed=options.seed)
        took = time.perf_counter() - began
        report.note(f"{workspace.audit.count():,} entries made in {took:.0f} s, seed {options.seed}")
        differing = _compare(workspace, agencies, report)
    met = report.checks(
        [
            Check(what="figures that differ", value=differing, target=0, at_least=False),
            Check(what="entries", value=options.events, target=10_000, at_least=True),
        ]
    )
    report.save()
    return 0 if met else 1


def _compare(workspace: Workspace, agencies: Sequence[Agency], report: Report) -> int:
    """Count both ways for each agency, the month and its weeks; return how many figures differ."""
    counting, differing, compared = workspace.office.counting, 0, 0
    for number, agency in enumerate(agencies, 1):
        who = agency.people[0]
        for begins, ends in ((FIRST, LAST), *WEEKS):
            started = time.perf_counter()
            counted = counting.statistics(begins, ends, by=who)
            between = time.perf_counter()
            again = counting.recount(begins, ends, by=who)
            done = time.perf_counter()
            rows = list(zip(counted.rows(), again.rows(), strict=True))
            differing += sum(a != b for a, b in rows)
            compared += len(rows)
            if (begins, ends) != (FIRST, LAST):
                continue
            report.note(
                f"agency {number}: records counted in {1000 * (between - started):.0f} ms, log recounted in "
                f"{1000 * (done - between):.0f} ms"
            )
            report.table(
                f"agency {number}",
                f"Agency {number}, {begins} to {ends}",
                ("figure", "which", "records", "audit log"),
                [(a[0], a[1], a[2], b[2]) for a, b in rows],
            )
    report.note(f"{compared:,} figures compared, of {2 * (1 + len(WEEKS))} periods")
    return differing


if __name__ == "__main__":
    raise SystemExit(main())
