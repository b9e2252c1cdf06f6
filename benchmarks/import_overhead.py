"""What an import costs a photo besides its analysis: walking, reading, hashing, looking up, writing.

    python -m benchmarks.import_overhead

Imports LFW with an analyser that gives a ready-made face at once, then imports it again when every photo is
known. Counts the processor time of all threads, so that other work on the machine disturbs it little.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from antigone.audit import AuditLog
from antigone.gallery import FaissIndex, IndexOptions
from antigone.ingest import run_import
from antigone.records import Records, open_records
from antigone.settings import Settings
from antigone.types import Analysis, Box, CollectionInfo, Face, PhotoFacts, Quality, Uint8Array
from benchmarks.lfw import data_folder

DIMENSION = 128
TARGET_MS = 0.5  # of one core, a new photo


class ReadyMade:
    """Finds the same face in every photo, at no cost."""

    model = "ready-made"

    def __init__(self) -> None:
        template = np.full(DIMENSION, DIMENSION**-0.5, np.float32)
        quality = Quality(score=80, size=80, sharpness=80, light=80, pose=80, occlusion=80, evidence=80)
        face = Face(
            box=Box(70, 70, 110, 110),
            landmarks=np.full((5, 2), 100, np.float32),
            detection_score=0.9,
            roll=0,
            quality=quality,
            template=template,
        )
        facts = PhotoFacts(width=250, height=250, format="JPEG", perceptual_hash=0, captured_at=None)
        self._analysis = Analysis(faces=(face,), failure=None, facts=facts)

    def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
        """Yield the face once a photo."""
        for _ in photos:
            yield self._analysis


def new_collection(records: Records) -> CollectionInfo:
    """Add the collection of a benchmark, by that name."""
    terms = dict.fromkeys(("name", "owner", "source", "purpose", "basis", "jurisdiction"), "benchmark")
    return records.add_collection(**terms, retain_until=date(2999, 1, 1))


def measure(photos: Path, home: Path, *, runs: int) -> list[tuple[int, float, float]]:
    """Import the photos again and again; return visits, processor and wall seconds of each run."""
    settings = Settings(home=home)
    figures = []
    with open_records(home, create=True) as records:
        collection = new_collection(records)
        index = FaissIndex(IndexOptions(dimension=DIMENSION))
        for _ in range(runs):
            wall, processor = time.perf_counter(), time.process_time()
            report = run_import(
                [photos],
                collection=collection,
                records=records,
                index=index,
                analyser=ReadyMade(),
                audit=AuditLog(records),
                settings=settings,
            )
            processor, wall = time.process_time() - processor, time.perf_counter() - wall
            figures.append((report.new + report.known + report.failed, processor, wall))
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the cost of new and of known photos; return 1 when new ones cost more than they may."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="folder of photos instead of LFW")
    photos = parser.parse_args(arguments).photos or data_folder() / "lfw"
    with tempfile.TemporaryDirectory(prefix="antigone-overhead-") as home:
        figures = measure(photos, Path(home), runs=2)
    costs = []
    for kind, (number, processor, wall) in zip(("new", "known"), figures, strict=True):
        costs.append(1e3 * processor / number)
        print(f"{number:,} {kind} photos: {costs[-1]:.3f} ms of one core each, {number / wall:,.0f} photos/s")
    return 0 if costs[0] <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
