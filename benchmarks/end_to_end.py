"""Photo in, candidates out, in a workspace of a million references: the time a person waits.

Run with ``python -m benchmarks.end_to_end``. The workspace is a real one. Synthetic references, spread like
real ones (see ``galleries``) and each a face of a photo of its own, are written through the records; then one
LFW photo each of as many people as there are probes is imported in the usual way. A probe is another photo of
one of those people, with exactly one face in it, given as a file. What is timed is all of
``Workspace.search``: reading, decoding, detection, orientation, template, scan of every reference and exact
re-scoring, records of the candidates, the durable audit entry, and what is kept with the case that it is made
for: the probe and the candidates.

- *Warm*: one process, models and index loaded; each probe once, after a few searches that do not count.
- *First answer*: a process of its own opens the workspace and searches once; models and index come from files
  that the system has in memory. ``antigone search`` is the same by the command line, with the interpreter.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from antigone import FaceAnalyser, Workspace, provenance
from antigone.audit import AuditLog
from antigone.evaluate.metrics import wilson
from antigone.gallery import Catalogue, FaissIndex
from antigone.records import Records, Visit
from antigone.settings import Settings
from antigone.types import Analysis, Box, Face, PhotoFacts, Quality
from benchmarks import lfw
from benchmarks.galleries import Gallery, from_spectra
from benchmarks.lfw import Lfw
from benchmarks.report import Check, Report, Runs
from benchmarks.stages import Place, StageClock

SEED = 20_260_101
COLLECTION = "million"
BATCH = 20_000  # synthetic references written in one transaction
WARM_UP = 10
COLD_STARTS = 5
MANY = 1_000_000  # searches a day: a person's budget would end the measurement

STAGES = (
    Place(owner=FaceAnalyser, name="analyse", stage="photo to template"),
    Place(owner=FaissIndex, name="search", stage="compare with every reference"),
    Place(owner=Catalogue, name="index", stage="check that the index is current"),
    Place(
        owner=importlib.import_module("antigone.identify.search"),  # its package has a function of that name
        name="collapse",
        stage="take copies of a photo together",
    ),
    Place(owner=Records, name="references", stage="records of the candidates"),
    Place(owner=AuditLog, name="append", stage="audit entry, on disk"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One probe and the reference that it should find."""

    probe: Path
    reference: Path


def main() -> int:
    """Measure, print, and write ``results/end_to_end.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--references", type=int, default=1_000_000, help="references in the collection")
    parser.add_argument("--probes", type=int, default=300, help="searches that count")
    options = parser.parse_args()

    report = Report("end_to_end", title="From a photo to its candidates")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    with tempfile.TemporaryDirectory(prefix="antigone-") as folder:
        home = Path(folder) / "home"
        cases = build(report, home, options.references, options.probes + WARM_UP)
        times = warm(report, home, cases)
        first = first_answer(report, home, cases)
    met = report.checks(
        [
            Check(
                what=f"p50 of a search in {options.references:,} references",
                value=float(np.median(times)),
                target=60,
                at_least=False,
                unit=" ms",
            ),
            Check(what="first answer of a new process", value=first, target=3, at_least=False, unit=" s"),
        ]
    )
    report.save()
    return 0 if met else 1


def build(report: Report, home: Path, references: int, probes: int) -> tuple[Case, ...]:
    """Make the workspace; return the probes and what they should find."""
    photos = lfw.load()
    with Workspace.init(home) as workspace:
        collection = workspace.add_collection(
            name=COLLECTION,
            owner="benchmark",
            source="synthetic, and Labeled Faces in the Wild",
            purpose="measuring",
            basis="research",
            jurisdiction="EU",
            retain_until=date(9999, 1, 1),
        )
        analyser = workspace.analyser
        cases = choose_cases(photos, analyser, probes)
        started = time.perf_counter()
        import_ = workspace.records.begin_import(
            collection_id=collection.id, model=analyser.model, request="synthetic"
        )
        templates, _ = Gallery(population=from_spectra(), seed=SEED).first(references - len(cases))
        for start in range(0, len(templates), BATCH):
            visits = [
                synthetic(start + row, vector) for row, vector in enumerate(templates[start : start + BATCH])
            ]
            workspace.records.write_batch(import_, visits)
        workspace.records.finish_import(import_.id)
        written = time.perf_counter()
        workspace.catalogue.index(collection, analyser.model, analyser.dimension)
        indexed = time.perf_counter()
        office = workspace.office
        office.use_case(
            office.book.open("Benchmark", purpose="measuring", basis="research", by=office.principal)
        )
        real = workspace.import_([case.reference for case in cases], into=COLLECTION)
    report.note(
        f"{len(templates):,} synthetic references made and written to the records in "
        f"{written - started:.0f} s, indexed in {indexed - written:.1f} s; {real.faces:,} faces of "
        f"{real.new:,} LFW photos imported after them."
    )
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    index = sum(path.stat().st_size for path in (home / "index").rglob("*") if path.is_file())
    report.note(f"On disk: {size / 2**20:,.0f} MiB, of which the index has {index / 2**20:,.0f} MiB.")
    return cases


def choose_cases(photos: Lfw, analyser: FaceAnalyser, count: int) -> tuple[Case, ...]:
    """Choose people at random whose first photo shows them, with a second photo that holds one face only."""
    people: dict[int, list[Path]] = {}
    for photo in photos.photos:
        people.setdefault(photo.person, []).append(photo.path)
    several = [paths for paths in people.values() if len(paths) > 1]
    order = np.random.default_rng(SEED).permutation(len(several))
    shuffled = [Case(probe=several[place][1], reference=several[place][0]) for place in order]
    analyses = analyser.analyse_many(case.probe for case in shuffled)
    chosen: list[Case] = []
    for case, analysis in zip(shuffled, analyses, strict=False):
        if len(analysis.faces) == 1:
            chosen.append(case)
            if len(chosen) == count:
                return tuple(chosen)
    raise ValueError(f"LFW has only {len(chosen)} people for a probe with one face, not {count}")


def synthetic(number: int, vector: NDArray[np.float16]) -> Visit:
    """Make a photo that nobody took, with one face whose template is given."""
    template = vector.astype(np.float32)
    digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
    face = Face(
        box=Box(70.0, 60.0, 90.0, 120.0),
        landmarks=_LANDMARKS,
        detection_score=0.9,
        roll=0.0,
        quality=_QUALITY,
        template=template / np.linalg.norm(template),
    )
    facts = PhotoFacts(width=250, height=250, format="JPEG", perceptual_hash=number, captured_at=None)
    return Visit(
        location=f"synthetic/{number // 1000:06d}/{number:09d}.jpg",
        place=provenance.Place.of_file(f"synthetic/{number // 1000:06d}/{number:09d}.jpg"),
        sha256=digest,
        byte_size=12_000,
        analysis=Analysis(faces=(face,), failure=None, facts=facts),
    )


_LANDMARKS = np.array([[95, 110], [135, 110], [115, 135], [98, 155], [132, 155]], dtype=np.float32)
_QUALITY = Quality(
    score=80.0, size=80.0, sharpness=80.0, light=80.0, pose=80.0, occlusion=80.0, evidence=80.0
)


def warm(report: Report, home: Path, cases: Sequence[Case]) -> NDArray[np.float64]:
    """Search with every probe in this process; return milliseconds (n,)."""
    with Workspace.open(settings=Settings(home=home, searches_a_day=MANY)) as workspace:
        for case in cases[:WARM_UP]:
            workspace.search([case.probe])
        counted = cases[WARM_UP:]
        times, found = [], 0
        for case in counted:
            started = time.perf_counter()
            listed = workspace.search([case.probe])
            times.append(1000 * (time.perf_counter() - started))
            found += Path(listed.candidates[0].source) == case.reference
        references, exact = listed.references, listed.exact
        clock = StageClock()
        with clock.around(STAGES):
            started = time.perf_counter()
            for case in counted:
                workspace.search([case.probe])
            elapsed = time.perf_counter() - started
    milliseconds = np.array(times)
    report.table(
        "warm",
        f"One process, models and index loaded: {len(times)} searches in {references:,} references",
        ("p50 (ms)", "p90", "p99", "slowest", "exhaustive at full precision", "right person first"),
        [
            (
                *(f"{value:.1f}" for value in np.percentile(milliseconds, [50, 90, 99, 100])),
                "yes" if exact else "no: compressed scan, shortlist re-scored",
                wilson(found, len(times)).percent(1),
            )
        ],
    )
    stages = sorted(clock.seconds.items(), key=lambda item: -item[1])
    stages.append(("all else", elapsed - sum(clock.seconds.values())))
    report.table(
        "stages",
        "Where the time of a search goes (mean, the same probes again)",
        ("stage", "ms", "share"),
        [
            (stage, f"{1000 * seconds / len(counted):.2f}", f"{100 * seconds / elapsed:.1f} %")
            for stage, seconds in stages
        ],
    )
    return milliseconds


_FIRST = """
import sys, time
started = time.perf_counter()
import antigone
workspace = antigone.open(sys.argv[1])
workspace.analyser
loaded = time.perf_counter()
collection = workspace.records.collections()[0]
workspace.catalogue.index(collection, workspace.analyser.model, workspace.analyser.dimension)
opened = time.perf_counter()
workspace.search([sys.argv[2]])
print(loaded - started, opened - loaded, time.perf_counter() - opened)
"""


def first_answer(report: Report, home: Path, cases: Sequence[Case]) -> float:
    """Start new processes that search once; return the median seconds of loading and search."""
    parts, commands = [], []
    environment = {**os.environ, "ANTIGONE_SEARCHES_A_DAY": str(MANY)}
    for case in cases[:COLD_STARTS]:
        arguments = [sys.executable, "-c", _FIRST, str(home), str(case.probe)]
        said = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True).stdout
        parts.append([float(value) for value in said.split()])
        started = time.perf_counter()
        command = [sys.executable, "-m", "antigone", "--home", str(home), "search", str(case.probe), "--json"]
        subprocess.run(command, env=environment, capture_output=True, check=True)
        commands.append(time.perf_counter() - started)
    models, index, search = (Runs(values=values) for values in zip(*parts, strict=True))
    whole = Runs(values=tuple(sum(part) for part in parts))
    report.table(
        "first_answer",
        f"A new process, median of {COLD_STARTS} (every run)",
        ("part", "seconds"),
        [
            ("import packages, open records, load models", models.text(2)),
            ("open the index from its checked copy", index.text(2)),
            ("first search", search.text(2)),
            ("all three", whole.text(2)),
            ("antigone search, from the shell and back", Runs(values=tuple(commands)).text(2)),
        ],
    )
    return whole.median


if __name__ == "__main__":
    raise SystemExit(main())
