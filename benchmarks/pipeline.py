"""How many photos a second go in: Antigone's real import, its peers, and the models' own limit, in one run.

Run with ``python -m benchmarks.pipeline``. What is timed:

- *Antigone*: ``Workspace.import_`` of the photo files into a fresh workspace: read, hash, decode, detect,
  decide the orientation, align, embed, judge quality, write records, fill the index. Models loaded before.
- *Peers*: photo file to template only, models loaded and warm before, one process a core (see ``peers``).
  They write nothing, so they do less.
- *Limit*: both models in isolation at their best batch and streams on the same cores (see ``limit``), one
  detection at the size of these photos and one embedding a photo.

All see LFW photos (250 x 250) of one seeded random order; slower systems see the first ones only. The files
are read once beforehand, so the disk has no part in it. Rounds alternate between all systems; the median of
each stands, and every run is shown.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from antigone import FaceAnalyser, Workspace
from antigone.faces import analyse, detect, embed, orient
from antigone.gallery import FaissIndex
from antigone.ingest import read
from antigone.records import Records
from benchmarks import lfw, peers
from benchmarks.limit import ModelLimit, ModelLimits
from benchmarks.report import Check, Report, Runs
from benchmarks.stages import Place, StageClock

SEED = 20_260_101
LIMIT_SECONDS = 3.0
LIMIT_PHOTOS = 256

# What each stage of an import consists of. A detection or an embedding that deciding the orientation asks for
# counts as detection or embedding.
STAGES = (
    Place(owner=read, name="_read", stage="read and hash the file"),
    Place(owner=analyse, name="decode", stage="decode"),
    Place(owner=detect.YuNet, name="detect", stage="detect", amount=lambda self, images, *_: len(images)),
    Place(owner=analyse, name="aligned", stage="align"),
    Place(owner=orient, name="aligned", stage="align"),
    Place(owner=embed.Embedder, name="__call__", stage="embed", amount=lambda self, faces: len(faces)),
    Place(owner=orient.Orienter, name="settle", stage="decide the orientation"),
    Place(owner=analyse, name="measure_quality", stage="judge quality"),
    Place(owner=Records, name="known_photos", stage="ask the records"),
    Place(owner=Records, name="write_batch", stage="write records"),
    Place(owner=FaissIndex, name="add", stage="fill the index"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One import into a fresh workspace."""

    photos: int
    faces: int
    failed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Photos a second."""
        return self.photos / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What all rounds gave, in the order taken."""

    imports: tuple[ImportRun, ...]
    limits: tuple[ModelLimit, ...]
    peers: dict[peers.Peer, Runs]

    @property
    def ours(self) -> Runs:
        """Photos a second of the import."""
        return Runs(values=tuple(run.rate for run in self.imports))

    def limit(self, faces_per_photo: float = 1.0) -> Runs:
        """Photos a second that the models allow."""
        return Runs(values=tuple(limit.photos(faces_per_photo) for limit in self.limits))


def main() -> int:
    """Measure, print, and write ``results/pipeline.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000, help="photos that Antigone imports each round")
    parser.add_argument("--opencv-photos", type=int, default=300, help="photos for OpenCV's pipeline")
    parser.add_argument("--dlib-photos", type=int, default=120, help="photos for face_recognition")
    parser.add_argument("--rounds", type=int, default=3, help="how often all of them take their turn")
    options = parser.parse_args()

    report = Report("pipeline", title="Photos a second, from file to searchable template")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    everything = lfw.load()
    photos = everything.paths(everything.sample(options.photos, SEED))
    for path in photos:
        path.read_bytes()
    counts = {peers.OPENCV_ZOO: options.opencv_photos, peers.FACE_RECOGNITION: options.dlib_photos}
    runtime = FaceAnalyser().runtime
    report.note(
        f"Models on {runtime.engine}, {runtime.device}, {runtime.precision}, {runtime.threads} threads."
    )
    models = ModelLimits(photos[:LIMIT_PHOTOS], precision=runtime.precision)
    measured = measure(report, photos, counts, models, rounds=options.rounds)
    show(report, measured, counts, models)
    breakdown(report, photos)
    met = report.checks(checks(measured))
    report.save()
    return 0 if met else 1


def measure(
    report: Report, photos: Sequence[Path], counts: dict[peers.Peer, int], models: ModelLimits, *, rounds: int
) -> Measured:
    """Let every system take its turn, round after round."""
    imports, limits = [], []
    rates: dict[peers.Peer, list[float]] = {peer: [] for peer in counts}
    for number in range(rounds):
        report.console.print(f"round {number + 1} of {rounds}", style="dim")
        limits.append(models.measure(LIMIT_SECONDS))
        imports.append(import_once(photos))
        for peer, count in counts.items():
            rates[peer].append(peer_rate(peer, photos[:count]))
    return Measured(
        imports=tuple(imports),
        limits=tuple(limits),
        peers={peer: Runs(values=tuple(values)) for peer, values in rates.items()},
    )


def import_once(photos: Sequence[Path], clock: StageClock | None = None) -> ImportRun:
    """Import the photos into a fresh workspace that is thrown away afterwards; models are loaded before."""
    with tempfile.TemporaryDirectory() as folder, Workspace.init(Path(folder) / "home") as workspace:
        workspace.add_collection(
            name="lfw",
            owner="benchmark",
            source="Labeled Faces in the Wild",
            purpose="measuring",
            basis="research",
            jurisdiction="EU",
            retain_until=date(9999, 1, 1),
        )
        workspace.analyser.analyse(photos[0])
        started = time.perf_counter()
        with (clock or StageClock()).around(STAGES if clock else ()):
            report = workspace.import_(photos, into="lfw")
        seconds = time.perf_counter() - started
        return ImportRun(
            photos=report.new + report.failed, faces=report.faces, failed=report.failed, seconds=seconds
        )


def peer_rate(peer: peers.Peer, photos: Sequence[Path]) -> float:
    """Measure photos a second of a peer in one warm process a core."""
    cores = len(os.sched_getaffinity(0))
    with peers.PeerProcesses(peer, processes=cores, warm_up=photos[0]) as processes:
        started = time.perf_counter()
        done = sum(1 for _ in processes.templates(photos))
        return done / (time.perf_counter() - started)


def show(report: Report, measured: Measured, counts: dict[peers.Peer, int], models: ModelLimits) -> None:
    """Print the rates of every system and of the models."""
    ours, limit = measured.ours, measured.limit()
    first = measured.imports[0]
    rows: list[tuple[object, ...]] = [("Antigone, whole import", first.photos, ours.text(), "")]
    for peer, runs in measured.peers.items():
        times = f"{ours.median / runs.median:.1f} x"
        rows.append((f"{peer.name}, template only", counts[peer], runs.text(), times))
    rows.append(("the two models' own limit", "", limit.text(), f"{ours.median / limit.median:.2f} x"))
    report.table(
        "rates",
        f"Photos a second: median of {len(measured.imports)} rounds (every round), seed {SEED}",
        ("system", "photos a round", "photos/s", "Antigone is faster by"),
        rows,
    )
    report.table(
        "models",
        "The models alone",
        ("model", "batch, streams", "images/s"),
        [
            (
                f"detector at {models.detector_side} x {models.detector_side}",
                f"{models.detector.setting.batch}, {models.detector.setting.streams}",
                Runs(values=tuple(limit.detections for limit in measured.limits)).text(0),
            ),
            (
                "embedder",
                f"{models.embedder.setting.batch}, {models.embedder.setting.streams}",
                Runs(values=tuple(limit.embeddings for limit in measured.limits)).text(0),
            ),
        ],
    )
    faces = first.faces / first.photos
    allowed = measured.limit(faces).median
    report.note(
        f"Antigone imported {first.photos:,} photos with {first.faces:,} faces ({faces:.2f} a photo), "
        f"{first.failed} failed. It embeds every face, which the models allow at {allowed:.0f} photos/s; "
        f"it reached {measured.ours.median / allowed:.0%} of that. The share among the checks is held "
        "against one face a photo all the same."
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.note(f"Peak memory of this process, which ran the imports: {peak:,.0f} MiB.")


def breakdown(report: Report, photos: Sequence[Path]) -> None:
    """Show where the time of one more import goes; the clocks themselves cost a little."""
    clock = StageClock()
    run = import_once(photos, clock)
    workers = len(os.sched_getaffinity(0)) + 1  # what analyse_many starts
    available = run.seconds * workers
    stages = sorted(clock.seconds.items(), key=lambda item: -item[1])
    stages.append(("between stages, and waiting", available - sum(clock.seconds.values())))
    report.table(
        "breakdown",
        f"Where an import's time goes: elapsed time of {workers} workers, one more than cores, so waiting "
        f"for a core counts in its stage; {run.rate:.0f} photos/s with clocks",
        ("stage", "ms a photo", "share", "pictures a photo"),
        [
            (
                stage,
                f"{1000 * seconds / run.photos:.3f}",
                f"{100 * seconds / available:.1f} %",
                f"{clock.amounts[stage] / run.photos:.2f}" if stage in clock.amounts else "",
            )
            for stage, seconds in stages
        ],
    )


def checks(measured: Measured) -> list[Check]:
    """Hold the medians against what was asked."""
    ours = measured.ours.median
    targets = ((peers.OPENCV_ZOO, 8), (peers.FACE_RECOGNITION, 25))
    found = [
        Check(
            what=f"times as fast as {peer.name}",
            value=ours / measured.peers[peer].median,
            target=target,
            at_least=True,
            unit=" x",
        )
        for peer, target in targets
    ]
    share = ours / measured.limit().median
    found.append(Check(what="share of the models' own limit", value=share, target=0.75, at_least=True))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
