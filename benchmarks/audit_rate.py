"""How many durable, signed entries a second the audit log takes, beside the plain appends that bound it.

    python -m benchmarks.audit_rate [--entries 2000]

Plain: the same row written by sqlite3 alone, one transaction and one sync of the disk each, in the same mode
of the journal; and the same number of rows in transactions as large as those of the log. What the log adds is
the tree, the signature and its checkpoint. Every row is taken several times, because the time of a sync
changes from second to second on a shared disk.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.check import verify_workspace
from antigone.records import open_records
from benchmarks import report as reports

ENTRIES = 2_000
ROUNDS = 3
TARGET = 1_500  # entries a second, from several threads
MOST_ADDED_MS = 1.0  # a single append may take so much longer than a plain one
THREADS = (1, 4, 16, 64)
PROCESSES = 4
EVENT = AuditEvent(
    kind="search",
    body={
        "case": "C-000001",
        "by": 1,
        "probe": [{"photo": "ab" * 32, "box": [10.0, 20.0, 110.5, 140.5]}],
        "collections": ["archive"],
        "references": 1_000_000,
        "model": "yunet-sface-1",
        "exact": False,
        "top": 20,
        "candidates": [[number * 7919, round(0.7 - number / 50, 4)] for number in range(20)],
    },
)


def plain_singles(folder: Path, entries: int) -> list[float]:
    """Append rows with sqlite3 alone, each durable by itself; return the seconds of each."""
    database = _plain_database(folder)
    row = ("2026-01-01 00:00:00.000000", EVENT.kind, EVENT.canonical())
    seconds = []
    for _ in range(entries):
        begun = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO audit_entries (at, kind, body) VALUES (?, ?, ?)", row)
        database.execute("COMMIT")
        seconds.append(time.perf_counter() - begun)
    database.close()
    return seconds


def plain_groups(folder: Path, entries: int, size: int) -> float:
    """Append rows with sqlite3 alone, ``size`` in a transaction; return rows a second."""
    database = _plain_database(folder)
    row = ("2026-01-01 00:00:00.000000", EVENT.kind, EVENT.canonical())
    begun = time.perf_counter()
    for _ in range(0, entries, size):
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO audit_entries (at, kind, body) VALUES (?, ?, ?)", [row] * size)
        database.execute("COMMIT")
    seconds = time.perf_counter() - begun
    database.close()
    return len(range(0, entries, size)) * size / seconds


def _plain_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS audit_entries "
        "(seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL)"
    )
    return database


def singles(log: AuditLog, entries: int) -> list[float]:
    """Append one entry after the other; return the seconds of each."""
    seconds = []
    for _ in range(entries):
        begun = time.perf_counter()
        log.append(EVENT)
        seconds.append(time.perf_counter() - begun)
    return seconds


def from_threads(log: AuditLog, entries: int, threads: int) -> tuple[float, float]:
    """Append from several threads; return entries a second, and how many a checkpoint covers on average."""
    before = _checkpoints(log)
    each = max(entries // threads, 1)

    def work() -> None:
        for _ in range(each):
            log.append(EVENT)

    seconds = _timed([threading.Thread(target=work) for _ in range(threads)])
    return each * threads / seconds, each * threads / (_checkpoints(log) - before)


def from_processes(home: Path, entries: int) -> float:
    """Append from several processes of four threads each; return entries a second."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Barrier(PROCESSES + 1), context.Event()
    each = entries // (PROCESSES * 4)
    workers = [context.Process(target=_process, args=(home, each, ready, go)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    ready.wait(timeout=120)
    begun = time.perf_counter()
    go.set()
    for worker in workers:
        worker.join()
    return each * 4 * PROCESSES / (time.perf_counter() - begun)


def _process(home: Path, each: int, ready: threading.Barrier, go: threading.Event) -> None:
    with open_records(home) as records:
        log = AuditLog(records)
        log.checkpoint()
        ready.wait(timeout=120)
        go.wait()

        def work() -> None:
            for _ in range(each):
                log.append(EVENT)

        _timed([threading.Thread(target=work) for _ in range(4)])


def _timed(threads: Sequence[threading.Thread]) -> float:
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _checkpoints(log: AuditLog) -> int:
    with log.reading() as view:
        return sum(1 for _ in view.checkpoints())


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(ROUNDS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print and keep the rates; return 1 when a target is missed or the log does not verify afterwards."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=ENTRIES, help="entries of each measurement")
    entries = parser.parse_args(arguments).entries
    told = reports.Report("audit_rate", title="Audit log: durable entries a second")
    told.note(
        f"Entries of {len(EVENT.canonical())} bytes, {entries} a measurement, median of {ROUNDS} rounds."
    )
    with tempfile.TemporaryDirectory(prefix="antigone-rate-") as folder:
        home = Path(folder) / "home"
        with open_records(home, create=True) as records:
            log = AuditLog(records)
            singles(log, 50)  # first statements are compiled once
            plain_ms, single_ms = _single_figures(log, Path(folder), entries // ROUNDS)
            rows: list[tuple[object, ...]] = [
                ("one at a time", 1.0, 1e3 / single_ms, 1e3 / plain_ms, f"{single_ms:.2f} / {plain_ms:.2f}")
            ]
            best = 0.0
            for threads in THREADS[1:]:
                taken = [from_threads(log, entries, threads) for _ in range(ROUNDS)]
                rate = statistics.median(rate for rate, _ in taken)
                size = statistics.median(size for _, size in taken)
                group = max(round(size), 1)
                limit = _median(partial(plain_groups, Path(folder), entries, group))
                rows.append((f"{threads} threads", size, rate, limit, "-"))
                best = max(best, rate)
            rate = _median(partial(from_processes, home, entries))
            rows.append((f"{PROCESSES} processes of 4 threads", float("nan"), rate, float("nan"), "-"))
            begun = time.perf_counter()
            report = verify_workspace(log)
            seconds = time.perf_counter() - begun
    columns = ("appends", "entries a commit", "entries/s", "plain SQLite/s", "p50 ms, log / plain")
    told.table("rates", "Durable entries a second", columns, rows)
    told.note(
        f"Verified afterwards: {'intact' if report.intact else 'NOT INTACT'}, {report.entries:,} entries and "
        f"{report.checkpoints:,} signatures in {seconds:.1f} s ({report.entries / seconds:,.0f} entries/s)."
    )
    good = told.checks(
        (
            reports.Check(what="durable entries/s with batching", value=best, target=TARGET, at_least=True),
            reports.Check(
                what="a single append, beyond a plain one",
                value=single_ms - plain_ms,
                target=MOST_ADDED_MS,
                at_least=False,
                unit=" ms",
            ),
        )
    )
    told.save()
    return 0 if good and report.intact else 1


def _single_figures(log: AuditLog, folder: Path, entries: int) -> tuple[float, float]:
    """Return p50 in ms of plain and of audited single appends, taken in turn."""
    plain, audited = list[float](), list[float]()
    for _ in range(ROUNDS):
        plain += plain_singles(folder, entries)
        audited += singles(log, entries)
    return 1e3 * statistics.median(plain), 1e3 * statistics.median(audited)


if __name__ == "__main__":
    sys.exit(main())
