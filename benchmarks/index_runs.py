"""The measurements of ``benchmarks.search``, each made for a process of its own.

A fresh process keeps one engine's threads and memory from touching the next one's figures.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from antigone.gallery import Catalogue, FaissIndex, IndexOptions
from antigone.gallery.workers import Workers
from antigone.records import open_records
from antigone.settings import Settings
from benchmarks.engines import ENGINES, Effort, Engine, NotBuiltInTimeError
from benchmarks.galleries import Gallery

P = ParamSpec("P")
R = TypeVar("R")

TOP = 50
MODEL = "synthetic-1"
_WARM_UP = 10
_FEWEST_PROBES = 50
_SECONDS_AN_EFFORT = 10.0
_STAGED_ROWS = 50_000

Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]


def alone(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Return ``work(...)`` from a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments, named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A gallery and its probes in files that every process reads."""

    folder: Path
    references: int
    threads: int

    def load(self, name: str) -> NDArray[np.float32]:
        """Return ``templates`` (mapped), ``people``, ``probes``, ``probe_people`` or ``truth``."""
        array: NDArray[np.float32] = np.load(
            self.folder / f"{name}.npy", mmap_mode="r" if name == "templates" else None
        )
        return array


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One engine at one effort."""

    effort: Effort
    p50_ms: float
    p99_ms: float
    recall: float  # of the true top 50, mean over the probes
    mated: float  # share of the findable mated probes whose nearest photo of the person came back
    together_ms: float  # a probe, when all are given in one call
    probes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRun:
    """What one engine gave."""

    name: str
    build_s: float | None  # None when it was not built in time
    unbuilt: str  # and then how far it came
    bytes_a_reference: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When to stop looking for more recall."""

    build_s: float
    recall: float  # reached: stop
    p50_ms: float  # slower than this: stop


def stage(gallery: Gallery, staged: Staged, probes: int) -> None:
    """Write the gallery, new photos of some of its people, and the true neighbours of those."""
    templates, people = gallery.first(staged.references)
    rng = np.random.default_rng(gallery.seed)
    probe_people = people[rng.integers(0, len(people), probes)]
    probe_rows = gallery.probes(probe_people, seed=1)
    for name, array in (
        ("templates", templates),
        ("people", people),
        ("probes", probe_rows),
        ("probe_people", probe_people),
        ("truth", nearest(templates, probe_rows, TOP)),
    ):
        np.save(staged.folder / f"{name}.npy", array)


def nearest(templates: NDArray[np.float16], probes: Float32, top: int) -> Int64:
    """Return the true (n, top) neighbours by plain matrix products."""
    scores = np.empty((len(probes), 0), np.float32)
    rows = np.empty((len(probes), 0), np.int64)
    for start in range(0, len(templates), _STAGED_ROWS):
        chunk = templates[start : start + _STAGED_ROWS].astype(np.float32)
        here = np.broadcast_to(np.arange(start, start + len(chunk)), (len(probes), len(chunk)))
        scores, rows = np.hstack([scores, probes @ chunk.T]), np.hstack([rows, here])
        keep = np.argpartition(-scores, min(top, scores.shape[1]) - 1, axis=1)[:, :top]
        scores, rows = np.take_along_axis(scores, keep, 1), np.take_along_axis(rows, keep, 1)
    return np.take_along_axis(rows, np.argsort(-scores, axis=1), 1)


def run_engine(name: str, staged: Staged, patience: Patience) -> EngineRun:
    """Build one engine and search it at rising effort."""
    engine = ENGINES[name](staged.threads)
    templates = staged.load("templates").view(np.float16)
    # Anonymous memory only: the templates that are handed over are a mapped file.
    before, began = resident_bytes("RssAnon"), time.perf_counter()
    try:
        engine.build(templates, patience.build_s)
    except NotBuiltInTimeError as error:
        return EngineRun(name=name, build_s=None, unbuilt=str(error), bytes_a_reference=np.nan, points=())
    build_s = time.perf_counter() - began
    size = (resident_bytes("RssAnon") - before) / len(templates)
    points: list[Point] = []
    for effort in engine.efforts:
        engine.set_effort(effort)
        points.append(measure_point(engine, effort, staged))
        if points[-1].recall >= patience.recall or points[-1].p50_ms > patience.p50_ms:
            break
    return EngineRun(name=name, build_s=build_s, unbuilt="", bytes_a_reference=size, points=tuple(points))


def measure_point(engine: Engine, effort: Effort, staged: Staged) -> Point:
    """Time single searches one after the other, then all probes in one call."""
    probes, truth = staged.load("probes"), staged.load("truth").astype(np.int64)
    for probe in probes[:_WARM_UP]:
        engine.search(probe[None], TOP)
    times: list[float] = []
    found: list[Int64] = []
    began = time.perf_counter()
    for probe in probes:
        start = time.perf_counter()
        found.append(engine.search(probe[None], TOP)[0])
        times.append(time.perf_counter() - start)
        if len(times) >= _FEWEST_PROBES and time.perf_counter() - began > _SECONDS_AN_EFFORT:
            break
    some = probes[: max(1, int(_SECONDS_AN_EFFORT / 2 / np.median(times)))][: len(times)]
    began = time.perf_counter()
    engine.search(some, TOP)
    together = (time.perf_counter() - began) / len(some)
    people, probe_people = staged.load("people"), staged.load("probe_people")
    mated = [
        best[0] in ids
        for ids, true, person in zip(found, truth, probe_people, strict=False)
        if len(best := true[people[true] == person])
    ]
    return Point(
        effort=effort,
        p50_ms=float(np.percentile(times, 50)) * 1e3,
        p99_ms=float(np.percentile(times, 99)) * 1e3,
        recall=float(np.mean([np.isin(true, ids).mean() for ids, true in zip(found, truth, strict=False)])),
        mated=float(np.mean(mated)),
        together_ms=together * 1e3,
        probes=len(times),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How one process came to its index."""

    loading_s: float  # processor time for Python and its modules
    index_s: float  # opening or rebuilding, with every check, until the index may be searched
    first_search_ms: float
    index_mib: float  # memory that became resident, of which ...
    anonymous_mib: float  # ... this is not backed by the saved files


def write_workspace(staged: Staged, home: Path) -> None:
    """Make a workspace whose records hold the staged templates; their photos do not matter here."""
    with open_records(home, create=True) as records:
        collection = records.add_collection(
            name="gallery",
            owner="-",
            source="-",
            purpose="-",
            basis="-",
            jurisdiction="-",
            retain_until=date(2999, 1, 1),
        )
    templates = staged.load("templates").view(np.float16)
    connection = sqlite3.connect(home / "records.db")
    connection.execute("PRAGMA foreign_keys = OFF")
    with connection:
        connection.executemany(
            "INSERT INTO templates (id, face_id, collection_id, model, vector) VALUES (?, ?, ?, ?, ?)",
            ((i + 1, i + 1, collection.id, MODEL, row.tobytes()) for i, row in enumerate(templates)),
        )
    connection.close()


def start_index(staged: Staged, home: Path, *, cold: bool) -> Start:
    """Open the index of that workspace in this fresh process and search it once.

    With ``cold`` the saved files are first put out of the system's memory.
    """
    loading_s = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
    if cold:
        for path in sorted((home / "index").rglob("*")):
            if path.is_file():
                descriptor = os.open(path, os.O_RDONLY)
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)
    probe = staged.load("probes")[:1]
    with open_records(home) as records:
        before, anonymous = resident_bytes(), resident_bytes("RssAnon")
        began = time.perf_counter()
        catalogue = Catalogue(home, records, Settings(home=home, threads=staged.threads))
        index = catalogue.index(records.collection("gallery"), MODEL, probe.shape[1])
        opened = time.perf_counter()
        index.search(probe, TOP)
        searched = time.perf_counter()
        if index.count() != staged.references:
            raise RuntimeError(f"the index holds {index.count()} of {staged.references} references")
        catalogue.flush()
        return Start(
            loading_s=loading_s,
            index_s=opened - began,
            first_search_ms=(searched - opened) * 1e3,
            index_mib=(resident_bytes() - before) / 2**20,
            anonymous_mib=(resident_bytes("RssAnon") - anonymous) / 2**20,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Our index at one size."""

    references: int
    p50_ms: float
    p99_ms: float
    recall: float  # against our own exact search
    exact_p50_ms: float
    mib: float


def grow(gallery: Gallery, sizes: Sequence[int], threads: int, probes: int) -> list[Grown]:
    """Fill one index to each of these sizes in turn and search it there."""
    index = FaissIndex(IndexOptions(dimension=gallery.population.dimension), workers=Workers(threads))
    people = gallery.first(min(sizes))[1]
    rng = np.random.default_rng(gallery.seed)
    searched = gallery.probes(people[rng.integers(0, len(people), probes)], seed=2)
    before = resident_bytes()
    grown: list[Grown] = []
    blocks = gallery.blocks()
    left = next(blocks)[0].astype(np.float16)
    for size in sizes:
        while (missing := size - index.count()) > 0:
            if not len(left):
                left = next(blocks)[0].astype(np.float16)
            part, left = left[:missing], left[missing:]
            index.add(index.count() + np.arange(len(part)), part)
        grown.append(_grown(index, searched, resident_bytes() - before))
    return grown


def _grown(index: FaissIndex, probes: Float32, size: int) -> Grown:
    times: dict[bool, list[float]] = {False: [], True: []}
    found: dict[bool, list[Int64]] = {False: [], True: []}
    for exact in (False, True):
        chosen = probes[:_FEWEST_PROBES] if exact else probes
        index.search(chosen[:1], TOP, exact=exact)
        for probe in chosen:
            start = time.perf_counter()
            found[exact].append(index.search(probe[None], TOP, exact=exact).ids[0])
            times[exact].append(time.perf_counter() - start)
    return Grown(
        references=index.count(),
        p50_ms=float(np.percentile(times[False], 50)) * 1e3,
        p99_ms=float(np.percentile(times[False], 99)) * 1e3,
        recall=float(
            np.mean([np.isin(true, ids).mean() for ids, true in zip(found[False], found[True], strict=False)])
        ),
        exact_p50_ms=float(np.percentile(times[True], 50)) * 1e3,
        mib=size / 2**20,
    )


def memory_bandwidth(threads: int) -> float:
    """Return how many GB/s this machine reads from memory with so many threads, the best of several."""
    parts = [np.ones(2**26, np.int64) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            began = time.perf_counter()
            list(pool.map(np.max, parts))
            best = max(best, sum(part.nbytes for part in parts) / (time.perf_counter() - began))
    return best / 1e9


def resident_bytes(field: str = "VmRSS") -> int:
    """Return this process's resident memory, or another field of its status."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")
