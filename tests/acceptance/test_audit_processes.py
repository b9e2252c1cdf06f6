"""Several real processes write to one log at once, and one of them is killed in the middle."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from antigone.audit import AuditLog
from antigone.audit.check import verify_workspace
from antigone.records import open_records
from command_line import Cli

PROCESSES, THREADS, EACH = 4, 2, 15
WRITER = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from antigone.audit import AuditEvent, AuditLog
    from antigone.records import open_records

    process, threads, each = map(int, sys.argv[2:5])
    guard = threading.Lock()
    with open_records(Path(sys.argv[1])) as records:
        log = AuditLog(records)
        sys.stdin.readline()

        def work(thread):
            for turn in range(each):
                mark = [process, thread, turn]
                number = log.append(AuditEvent(kind="search", body={"mark": mark}))
                with guard:
                    print(number, *mark, flush=True)

        workers = [threading.Thread(target=work, args=(thread,), daemon=True) for thread in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    """
)


def start(home: Path, process: int, each: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), str(process), str(THREADS), str(each)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> dict[tuple[int, ...], int]:
    """Which numbers a process was given, by what it wrote."""
    assert process.stdout is not None
    with process.stdout as lines:
        words = [[int(word) for word in line.split()] for line in lines if line.endswith("\n")]
    return {tuple(mark): number for number, *mark in words}


def kept(log: AuditLog) -> dict[tuple[int, ...], int]:
    """Which numbers the log holds, by what was written."""
    marks = {entry.seq: entry.body.get("mark") for entry in log.entries()}
    return {tuple(mark): number for number, mark in marks.items() if isinstance(mark, list)}


def test_processes_share_one_log(cli: Cli) -> None:
    cli("init")
    processes = [start(cli.home, number, EACH) for number in range(PROCESSES)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.close()
    given: dict[tuple[int, ...], int] = {}
    for process in processes:
        given |= told(process)
        assert process.wait(60) == 0
    assert sorted(given.values()) == list(range(1, PROCESSES * THREADS * EACH + 1))
    with open_records(cli.home) as records:
        log = AuditLog(records)
        assert kept(log) == given
        report = verify_workspace(log)
    assert report.intact, report.finding
    assert cli("audit", "verify", "--json").document["entries"] == len(given)


def test_what_was_told_before_a_kill_is_there_after_it(cli: Cli) -> None:
    cli("init")
    process = start(cli.home, 1, 100_000)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    lines = [process.stdout.readline() for _ in range(40)]
    process.kill()
    rest = told(process)
    process.stdin.close()
    process.wait(60)
    given = {tuple(map(int, line.split()[1:])): int(line.split()[0]) for line in lines} | rest
    assert len(given) >= 40
    cli.add_collection("people")  # and the next one goes on
    document = cli("audit", "verify", "--json").document
    assert document["intact"] is True
    with open_records(cli.home) as records:
        there = kept(AuditLog(records))
    assert {mark: there.get(mark) for mark in given} == given
