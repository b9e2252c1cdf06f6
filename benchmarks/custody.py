"""What custody costs: metadata of a photo, showing one, and handing a collection on.

    python -m benchmarks.custody

LFW is imported with an analyser that gives a ready-made face at once, so that only custody is measured. The
copy without provenance, which the export is held against, reads, hashes twice and writes the same files.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD

from antigone.audit import AuditLog
from antigone.custody import Chosen, ExportFormat, ExportParts, export_photos, tell_history
from antigone.faces.images import ImageLimits, decode
from antigone.gallery import FaissIndex, IndexOptions
from antigone.ingest import run_import
from antigone.records import Records, open_records
from antigone.settings import Settings
from antigone.types import CollectionInfo
from benchmarks.import_overhead import DIMENSION, ReadyMade
from benchmarks.lfw import data_folder
from benchmarks.report import Check, Report

SHOWN = 200
ROUNDS = 200
MOST_SHOW_MS = 50.0
LEAST_SHARE = 0.25  # of the speed of a plain copy


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the costs; return 1 when one is above what it may be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="folder of photos instead of LFW")
    photos = parser.parse_args(arguments).photos or data_folder() / "lfw"
    report = Report("custody", title="Custody")
    report.table("metadata", "Decoding a 1024 x 1024 JPEG", ("metadata", "ms"), _metadata())
    with tempfile.TemporaryDirectory(prefix="antigone-custody-") as name:
        folder = Path(name)
        settings = Settings(home=folder / "home")
        with open_records(settings.home, create=True) as records:
            collection = _filled(photos, records, settings)
            shown = _shown(records, settings)
            rows, speeds = _exports(folder, collection, records, settings)
    report.table("show", f"Showing {SHOWN} photos", ("figure", "ms"), shown)
    report.table("export", "Handing on", ("way", "photos", "photos/s", "MiB/s", "photos/s of one core"), rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    report.note(f"Peak memory of the whole run: {peak:,.0f} MiB.")
    checks = [
        Check(what="show, p50", value=shown[0][1], target=MOST_SHOW_MS, at_least=False, unit=" ms"),
        Check(
            what="bag beside a copy", value=speeds["bag"] / speeds["copy"], target=LEAST_SHARE, at_least=True
        ),
    ]
    met = report.checks(checks)
    report.save()
    return 0 if met else 1


def _metadata() -> list[tuple[str, float]]:
    picture = Image.effect_mandelbrot((1024, 1024), (-3, -2.5, 2, 2.5), 100).convert("RGB")
    exif = Image.Exif()
    exif.update({0x010F: "NIKON CORPORATION", 0x0110: "NIKON D850", 0x0112: 1})
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (50.0, 27.0, 0.36), 3: "E", 4: (30.0, 31.0, 24.1)})
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>'
        + b"<rdf:li>a keyword</rdf:li>" * 200
        + b"</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    limits = ImageLimits.of(Settings())
    rows = []
    for name, options in (
        ("none", {}),
        ("EXIF with a position", {"exif": exif}),
        ("EXIF, and XMP of 6 kB", {"exif": exif, "xmp": xmp}),
    ):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **options)
        data = buffer.getvalue()
        rows.append((name, 1e3 * _best(functools.partial(decode, data, limits))))
    return rows


def _best(work: Callable[[], object]) -> float:
    """Return the processor seconds of the fastest call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _filled(photos: Path, records: Records, settings: Settings) -> CollectionInfo:
    terms = dict.fromkeys(("name", "owner", "source", "purpose", "basis", "jurisdiction"), "benchmark")
    collection = records.add_collection(**terms, retain_until=date(2999, 1, 1))
    run_import(
        [photos],
        collection=collection,
        records=records,
        index=_index(),
        analyser=ReadyMade(),
        audit=AuditLog(records),
        settings=settings,
    )
    return collection


def _index() -> FaissIndex:
    return FaissIndex(IndexOptions(dimension=DIMENSION))


def _shown(records: Records, settings: Settings) -> list[tuple[str, float]]:
    audit, collections = AuditLog(records), records.collections()
    ids = records.photos.ids(collections[0].id)
    chosen = [photo.sha256 for photo, _ in records.photos.each(ids[:: max(len(ids) // SHOWN, 1)][:SHOWN])]
    times = []
    for sha256 in chosen:
        start = time.perf_counter()
        tell_history(
            sha256,
            collections=collections,
            by=None,
            records=records,
            audit=audit,
            settings=settings,
            open_index=lambda *_: _index(),  # empty: the search for copies has a benchmark of its own
        )
        times.append(1e3 * (time.perf_counter() - start))
    return [("p50", statistics.median(times)), ("p99", statistics.quantiles(times, n=100)[98])]


def _exports(
    folder: Path, collection: CollectionInfo, records: Records, settings: Settings
) -> tuple[list[tuple[str, int, float, float, float]], dict[str, float]]:
    ids = records.photos.ids(collection.id)
    sources = [sources[0].location for _, sources in records.photos.each(ids)]
    size = records.photos.byte_size(ids) / 2**20
    parts = ExportParts(records=records, audit=AuditLog(records), settings=settings)

    def chosen(form: ExportFormat) -> Chosen:
        return Chosen(
            what="collection",
            name=collection.name,
            photos=ids,
            collections={collection.id: collection},
            format=form,
        )

    ways: dict[str, Callable[[], object]] = {
        "copy": lambda: _copy(sources, folder / "copy"),
        "bag": lambda: export_photos(chosen(ExportFormat.BAGIT), folder / "bag", parts),
        "crate": lambda: export_photos(chosen(ExportFormat.ROCRATE), folder / "crate", parts),
    }
    rows, speeds = [], {}
    for name, work in ways.items():
        start, processor = time.perf_counter(), time.process_time()
        work()
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        speeds[name] = len(ids) / processor  # what other work on the machine does not disturb
        rows.append((name, len(ids), len(ids) / seconds, size / seconds, speeds[name]))
    return rows, speeds


def _copy(sources: Sequence[str], target: Path) -> None:
    target.mkdir()
    for number, source in enumerate(sources):
        data = Path(source).read_bytes()
        hashlib.sha256(data)
        hashlib.sha512(data)
        (target / f"{number}.jpg").write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
