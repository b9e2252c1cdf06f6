"""How many searches two server processes answer, and what happens at ten times that load.

    python -m benchmarks.load [--seconds 600] [--references 100000] [--clients 16]

The workspace is a real one: synthetic references, spread like real ones (see ``galleries``), are written to
the records, and one LFW photo each of as many people as there are probes is imported in the usual way. Two
real servers serve it. A request is a whole search over the API: another photo of one of those people, sent as
a form, analysed, compared with every reference, its probe kept, its candidates and its audit entry written,
the list returned.

- *Held*: the clients, half of them at each server, each a person with a token and a case of their own, ask
  again as soon as they are answered. Searches a second and their times are those of the whole run.
- *Ten times that*: searches are sent at ten times the rate that was held, whether or not those before are
  answered. Those that find no place are refused with 429; what is measured is how fast, and how long those
  take that were let in.

The clients share the machine with the servers, so they do as little as possible: requests are made before,
and sent over plain sockets that stay open.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from antigone import Workspace
from antigone.access import Role
from antigone.access.directory import pack_roles, principal_of
from benchmarks import lfw
from benchmarks.cut_off import serving
from benchmarks.end_to_end import choose_cases
from benchmarks.galleries import Gallery, from_spectra
from benchmarks.invented_records import write_faces
from benchmarks.report import Check, Report

SEED = 20_261_123
PROBES = 64
TIMES = 10
OVERLOAD_S = 60.0  # of ten times the load, at most a quarter of the rest
WARM_UP_S = 5.0
REFUSED_S = 0.25  # p99
SLOWER = 2.0  # times the p99 that was held
_BOUNDARY = "----one-photo"


@dataclass(slots=True)
class Answers:
    """What came back, by status: seconds from sending a request to having all of its answer."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    broken: int = 0

    def add(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.seconds.setdefault(status, []).append(seconds)

    def count(self, status: int) -> int:
        """Return how many answers had this status."""
        return len(self.seconds.get(status, ()))

    def quantile(self, status: int, share: float) -> float:
        """Return seconds; not a number where there was none."""
        found = self.seconds.get(status)
        return float(np.quantile(found, share)) if found else float("nan")

    @property
    def others(self) -> int:
        """How many answers were neither a list nor a refusal."""
        return self.broken + sum(
            len(all_) for status, all_ in self.seconds.items() if status not in (201, 429)
        )


class Line:
    """One connection to a server that stays open as long as the server keeps it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> int:
        """Send a request, read its answer whole, return the status. Raises `ConnectionError`.

        A connection that the server closed meanwhile, because nothing was sent for a while, is opened anew.
        """
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            self.close()
            raise ConnectionError("the server broke the connection") from error
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def main() -> int:
    """Measure, print, write ``results/load.json``; 1 when a figure misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long the load is held")
    parser.add_argument("--references", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    report = Report("load", title="Searches over the API under load")
    with tempfile.TemporaryDirectory(prefix="antigone-load-") as folder:
        home = Path(folder) / "home"
        with Workspace.init(home) as workspace:
            photos = _fill(report, workspace, options.references)
            asked = _requests(workspace, photos, options.clients)
        with serving(home) as one, serving(home) as two:
            asyncio.run(_for_a_while((one, two), asked, WARM_UP_S))
            held = asyncio.run(_for_a_while((one, two), asked, options.seconds))
            rate = held.count(201) / options.seconds
            beyond_s = min(OVERLOAD_S, max(options.seconds / 4, 10.0))
            beyond = asyncio.run(_at_a_rate((one, two), asked, TIMES * rate, beyond_s))
    _tell(report, options, held, beyond, beyond_s)
    met = report.checks(_checks(held, beyond))
    report.save()
    return 0 if met else 1


def _fill(report: Report, workspace: Workspace, references: int) -> list[Path]:
    """Make the gallery; return the probes, whose people are in it."""
    info = workspace.add_collection(
        name="archive",
        owner="benchmark",
        source="synthetic, and Labeled Faces in the Wild",
        purpose="measuring",
        basis="research",
        jurisdiction="none",
        retain_until=date(9999, 1, 1),
    )
    analyser = workspace.analyser
    cases = choose_cases(lfw.load(), analyser, PROBES)
    begun = time.perf_counter()
    templates, _ = Gallery(population=from_spectra(), seed=SEED).first(references - len(cases))
    write_faces(workspace.records, info, analyser.model, templates)
    workspace.import_([case.reference for case in cases], into="archive")
    held = workspace.records.collection_counts(info.id).faces
    report.note(f"{held:,} references, made in {time.perf_counter() - begun:.0f} s, seed {SEED}.")
    return [case.probe for case in cases]


def _requests(workspace: Workspace, photos: Sequence[Path], clients: int) -> list[list[bytes]]:
    """Return for each client one request a probe."""
    office, people = workspace.office, workspace.records.people
    now = datetime.now(UTC)
    asked = []
    for number in range(clients):
        person = people.add_person(
            organisation_id=office.principal.organisation,
            name=f"examiner{number}",
            shown_as="Examiner",
            roles=pack_roles([Role.EXAMINER]),
            created_at=now,
            approved_at=now,
        )
        who = principal_of(person)
        token = office.sessions.new_token("load", who.permissions, lasts=timedelta(days=1), by=who).text
        case = office.book.open("Load", purpose="missing-person", basis="B", by=who).number
        asked.append([_request(case, token, photo.read_bytes()) for photo in photos])
    return asked


def _request(case: str, token: str, photo: bytes) -> bytes:
    body = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="p.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body += photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    head = (
        f"POST /api/v1/cases/{case}/searches HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _for_a_while(servers: Sequence[str], asked: Sequence[list[bytes]], seconds: float) -> Answers:
    """Let each client ask again as soon as it is answered."""
    answers, end = Answers(), time.monotonic() + seconds

    async def client(number: int) -> None:
        line = Line(servers[number % len(servers)])
        for request in itertools.cycle(asked[number][number:] + asked[number][:number]):
            sent = time.monotonic()
            if sent >= end:
                break
            await _one(line, request, answers)
        line.close()

    await asyncio.gather(*(client(number) for number in range(len(asked))))
    return answers


async def _at_a_rate(
    servers: Sequence[str], asked: Sequence[list[bytes]], rate: float, seconds: float
) -> Answers:
    """Send requests at a rate, whether or not those before are answered."""
    answers = Answers()
    idle: list[list[Line]] = [[] for _ in servers]
    tasks: set[asyncio.Task[None]] = set()

    async def one(number: int) -> None:
        server = number % len(servers)
        line = idle[server].pop() if idle[server] else Line(servers[server])
        mine = asked[number % len(asked)]
        await _one(line, mine[number // len(asked) % len(mine)], answers)
        idle[server].append(line)

    begun = time.monotonic()
    for number in itertools.count():
        due = begun + number / rate
        if due >= begun + seconds:
            break
        await asyncio.sleep(max(due - time.monotonic(), 0))
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    for line in itertools.chain.from_iterable(idle):
        line.close()
    return answers


async def _one(line: Line, request: bytes, answers: Answers) -> None:
    sent = time.monotonic()
    try:
        status = await line.send(request)
    except ConnectionError:
        answers.broken += 1
        return
    answers.add(status, time.monotonic() - sent)


def _tell(
    report: Report, options: argparse.Namespace, held: Answers, beyond: Answers, beyond_s: float
) -> None:
    rows = []
    for name, answers, seconds in (
        (f"{options.clients} clients", held, options.seconds),
        (f"{TIMES} times the rate", beyond, beyond_s),
    ):
        sent = sum(map(len, answers.seconds.values())) + answers.broken
        rows.append(
            (
                name,
                f"{seconds:.0f}",
                f"{sent / seconds:.1f}",
                f"{answers.count(201) / seconds:.1f}",
                *(f"{1000 * answers.quantile(201, share):.0f}" for share in (0.5, 0.99)),
                f"{answers.count(429):,}",
                *(f"{1000 * answers.quantile(429, share):.0f}" for share in (0.5, 0.99)),
                str(answers.others),
            )
        )
    columns = (
        "load",
        "seconds",
        "sent a second",
        "answered a second",
        "p50 ms",
        "p99 ms",
        "refused",
        "refused p50 ms",
        "refused p99 ms",
        "others",
    )
    report.table("load", f"Two servers, {options.references:,} references", columns, rows)
    for name, answers in (("held", held), ("beyond", beyond)):
        statuses = {status: len(all_) for status, all_ in sorted(answers.seconds.items())}
        report.keep(name, {"statuses": statuses, "broken": answers.broken})
        report.note(f"{name}: answers by status {statuses}, {answers.broken} broken connections.")


def _checks(held: Answers, beyond: Answers) -> list[Check]:
    slower = beyond.quantile(201, 0.99) / held.quantile(201, 0.99)
    return [
        Check(
            what="p99 of refusals at ten times the load",
            value=beyond.quantile(429, 0.99),
            target=REFUSED_S,
            at_least=False,
            unit=" s",
        ),
        Check(what="p99 of those let in, over that held", value=slower, target=SLOWER, at_least=False),
        Check(
            what="answers that were neither list nor refusal",
            value=held.others + beyond.others,
            target=0,
            at_least=False,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
