"""Import manifests of many rows whose photos are known: rate, and memory that does not grow with the rows.

    python -m benchmarks.manifest                           100,000 and 1,000,000 rows, all three forms
    python -m benchmarks.manifest --rows 10000 50000 --kinds csv

The photos of LFW are imported first; every row then names one of them, with all the columns that are
understood and one that is not. Nothing is left to a cache of ours: each row's photo is read and hashed again.
The models play no part, so a stand-in gives the first import its faces. Each import of a manifest runs in a
process of its own on a copy of that workspace; its peak memory is what the system says of that process, and
its memory over time is looked at once a second and drawn.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from antigone.audit import AuditLog
from antigone.gallery import FaissIndex, IndexOptions
from antigone.ingest import ImportReport, run_import
from antigone.records import open_records
from antigone.settings import Settings
from benchmarks import plots
from benchmarks.import_overhead import DIMENSION, ReadyMade, new_collection
from benchmarks.lfw import data_folder
from benchmarks.report import RESULTS, Check, Report

KINDS = ("csv", "jsonl", "parquet")
SEED = 1
MOST_GROWTH = 1.10  # of peak memory, from the fewest rows to the most
GROUP = 100_000  # rows of one group of a Parquet file
LOOK_EVERY = 1.0  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one import of a manifest took."""

    kind: str
    rows: int
    manifest_bytes: int
    seconds: float
    processor_seconds: float  # of all threads
    peak_bytes: int
    resident_mb: tuple[float, ...]  # looked at once a second
    records_bytes: int  # what the import added to the records


def rows_of(photos: Sequence[Path], number: int) -> Iterator[dict[str, str]]:
    """Yield rows of a manifest, each of a photo drawn at random."""
    chance = random.Random(SEED)
    for row in range(number):
        photo = photos[chance.randrange(len(photos))]
        yield {
            "photo": str(photo),
            "source_url": f"https://photos.example/{row}.jpg",
            "page_url": f"https://pages.example/{row // 3}",
            "page_title": f"Page {row // 3}",
            "text": f"What is written around photo {row}, which is of {photo.stem}",
            "author": f"Author {row % 1_000}",
            "author_url": f"https://pages.example/author/{row % 1_000}",
            "captured_at": f"20{row % 20:02}-05-{row % 28 + 1:02}T10:00:00+02:00",
            "collected_at": "2024-01-01T00:00:00Z",
            "licence": "CC BY 4.0",
            "subject_id": photo.parent.name,
            "dataset": "lfw",
        }


def write_manifest(target: Path, photos: Sequence[Path], number: int) -> None:
    """Write a manifest in the form that its name tells, without ever holding all of it."""
    rows = rows_of(photos, number)
    match target.suffix:
        case ".csv":
            with target.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(next(rows_of(photos, 1))))
                writer.writeheader()
                writer.writerows(rows)
        case ".jsonl":
            with target.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
        case _:
            with pq.ParquetWriter(target, pa.Table.from_pylist([*rows_of(photos, 1)]).schema) as writer:
                while group := [row for _, row in zip(range(GROUP), rows, strict=False)]:
                    writer.write_table(pa.Table.from_pylist(group))


def import_known(home: Path, path: Path) -> ImportReport:
    """Import a path into the workspace of this benchmark."""
    settings = Settings(home=home)
    with open_records(home) as records:
        collection = records.collection("benchmark")
        return run_import(
            [path],
            collection=collection,
            records=records,
            index=FaissIndex(IndexOptions(dimension=DIMENSION)),
            analyser=ReadyMade(),
            audit=AuditLog(records),
            settings=settings,
        )


def measure(folder: Path, manifest: Path, rows: int) -> Figures:
    """Import a manifest in a process of its own, on a copy of the workspace in ``folder``."""
    home = folder / "copy"
    shutil.copytree(folder / "home", home)
    before = _size(home)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.manifest", "--import", str(home), str(manifest)],
        stdout=subprocess.PIPE,
        text=True,
    )
    resident = []
    output = ""
    while process.returncode is None:
        try:
            output = process.communicate(timeout=LOOK_EVERY)[0]
        except subprocess.TimeoutExpired:
            resident.append(_resident_mb(process.pid))
    seconds = time.perf_counter() - begun
    said = json.loads(output)
    assert said["counts"] == [0, rows, 0], f"new, known and failed are {said['counts']}, not {rows:,} known"
    figures = Figures(
        kind=manifest.suffix[1:],
        rows=rows,
        manifest_bytes=manifest.stat().st_size,
        seconds=min(said["seconds"], seconds),
        processor_seconds=said["processor_seconds"],
        peak_bytes=said["peak_bytes"],
        resident_mb=tuple(resident),
        records_bytes=_size(home) - before,
    )
    shutil.rmtree(home)
    return figures


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process as Linux tells it."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _size(home: Path) -> int:
    return sum(file.stat().st_size for file in home.glob("records.db*"))


def _import_here(home: Path, manifest: Path) -> None:
    """Import in this process and print what it took."""
    begun = time.process_time()
    report = import_known(home, manifest)
    said = {
        "counts": [report.new, report.known, report.failed],
        "seconds": report.seconds,
        "processor_seconds": time.process_time() - begun,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(said))


def _memory(report: Report, taken: Sequence[Figures]) -> None:
    """Print the memory of the largest import of each form at ten moments, and draw it."""
    largest = {each.kind: each for each in sorted(taken, key=lambda each: each.rows)}
    shares = range(10, 101, 10)
    report.table(
        "memory",
        "Resident memory in MB while the largest manifest of each form is imported",
        ("form", "rows", *(f"{share} %" for share in shares)),
        [
            (
                kind,
                f"{each.rows:,}",
                *(round(each.resident_mb[-(-len(each.resident_mb) * share // 100) - 1]) for share in shares),
            )
            for kind, each in largest.items()
        ],
    )
    plots.lines(
        RESULTS / "manifest-memory.png",
        title="Memory of an import of a manifest whose photos are known",
        labels=("seconds", "resident memory, MB"),
        series={
            f"{kind}, {each.rows:,} rows": (range(len(each.resident_mb)), each.resident_mb)
            for kind, each in largest.items()
        },
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return 1 when memory grows with the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--import", nargs=2, type=Path, dest="here", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        _import_here(*options.here)
        return 0
    report = Report("manifest", title="Manifests whose photos are known")
    photos = sorted((data_folder() / "lfw").rglob("*.jpg"))
    taken: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="antigone-manifest-") as name:
        folder = Path(name)
        open_records(folder / "home", create=True).close()
        with open_records(folder / "home") as records:
            new_collection(records)
        import_known(folder / "home", data_folder() / "lfw")
        for kind in options.kinds:
            for rows in options.rows:
                manifest = folder / f"{rows}.{kind}"
                write_manifest(manifest, photos, rows)
                taken.append(measure(folder, manifest, rows))
                manifest.unlink()
    report.note(f"{len(photos):,} photos of LFW, each row names one of them at random (seed {SEED}).")
    report.note("Of the peak, up to 64 MiB are pages that the database keeps; 120,000 rows fill them.")
    report.table(
        "imports",
        "Imports of manifests",
        (
            "form",
            "rows",
            "manifest, MB",
            "seconds",
            "rows/s",
            "processor ms/row",
            "peak MB",
            "records, B/row",
        ),
        [
            (
                each.kind,
                f"{each.rows:,}",
                each.manifest_bytes / 1e6,
                round(each.seconds, 1),
                round(each.rows / each.seconds),
                round(1e3 * each.processor_seconds / each.rows, 3),
                round(each.peak_bytes / 1e6),
                round(each.records_bytes / each.rows),
            )
            for each in taken
        ],
    )
    _memory(report, taken)
    checks = []
    for kind in options.kinds:
        peaks = [each.peak_bytes for each in taken if each.kind == kind]
        growth = Check(
            what=f"peak memory, most rows to fewest ({kind})",
            value=peaks[-1] / peaks[0],
            target=MOST_GROWTH,
            at_least=False,
        )
        checks.append(growth)
    met = report.checks(checks)
    report.save()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
