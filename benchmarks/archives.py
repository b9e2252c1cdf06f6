"""Reading web archives: processor time a photo, and memory that does not grow with the archive.

    python -m benchmarks.archives                        5,000 and 20,000 photos
    python -m benchmarks.archives --photos 1000 4000

The photos of LFW lie in a WARC file as a browser's crawl has them: each with the request before it, packed
record by record, twenty of them on a page. What is measured is the source alone, without models and records,
in a process of its own; its peak memory is what the system says of that process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Offer
from antigone.sources.walk import Found
from benchmarks.lfw import data_folder
from benchmarks.report import Check, Report

ON_A_PAGE = 20
MOST_GROWTH = 1.10  # of peak memory, from the fewest photos to the most
SITE = "https://site.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What reading one archive took."""

    photos: int
    on_pages: int
    archive_bytes: int
    survey_us: float  # processor time a photo, of the first reading
    all_us: float  # of both
    wall_us: float
    peak_bytes: int


def records_of(photos: Sequence[Path], number: int) -> Iterator[bytes]:
    """Yield the records of an archive with ``number`` photos; every one of them has bytes of its own."""
    for first in range(0, number, ON_A_PAGE):
        page = f"{SITE}/{first}/"
        there = range(first, min(first + ON_A_PAGE, number))
        posts = "".join(f'<li><img src="{one}.jpg" alt="{one}"><p>{"words " * 40}</li>' for one in there)
        html = f"<html lang=en><title>Page {first}</title><body><ul>{posts}</ul>"
        yield _record("response", page, _http("text/html", html.encode()))
        for one in there:
            body = photos[one % len(photos)].read_bytes() + one.to_bytes(4, "big")
            asked = f"GET /{one}.jpg HTTP/1.1\r\nAccept: image/webp,*/*\r\nReferer: {page}\r\n\r\n"
            yield _record("request", f"{page}{one}.jpg", asked.encode())
            yield _record("response", f"{page}{one}.jpg", _http("image/jpeg", body))


def _http(kind: str, body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body


def _record(kind: str, uri: str, block: bytes) -> bytes:
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", compresslevel=1)


def read(archive: Path) -> dict[str, float]:
    """Read an archive in this process and say what it took."""
    begun, processor = time.perf_counter(), time.process_time()
    photos = on_pages = 0
    survey = 0.0
    for met in expand(Found(location=str(archive)), Settings()):
        if isinstance(met, Offer):
            survey = survey or time.process_time() - processor
            photos += met.failure is None
            on_pages += bool(met.provenance.appearances)
    return {
        "photos": photos,
        "on_pages": on_pages,
        "survey": survey,
        "all": time.process_time() - processor,
        "wall": time.perf_counter() - begun,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def measure(archive: Path) -> Figures:
    """Read an archive in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.archives", "--read", str(archive)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = json.loads(done.stdout)
    each = 1e6 / said["photos"]
    return Figures(
        photos=said["photos"],
        on_pages=said["on_pages"],
        archive_bytes=archive.stat().st_size,
        survey_us=said["survey"] * each,
        all_us=said["all"] * each,
        wall_us=said["wall"] * each,
        peak_bytes=said["peak"],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the archives, read them, and report; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.read is not None:
        print(json.dumps(read(options.read)))
        return 0
    photos = sorted((data_folder() / "lfw").rglob("*.jpg"))
    report = Report("archives", title="Reading web archives")
    taken = []
    with tempfile.TemporaryDirectory(prefix="antigone-archives-") as folder:
        for number in sorted(options.photos):
            archive = Path(folder) / f"{number}.warc.gz"
            with archive.open("wb") as file:
                file.writelines(records_of(photos, number))
            taken.append(measure(archive))
            assert taken[-1].photos == taken[-1].on_pages == number
            archive.unlink()
    report.table(
        "archives",
        "Microseconds a photo, and peak memory",
        ("photos", "archive, MB", "first reading", "both", "wall clock", "peak MB"),
        [
            (
                f"{each.photos:,}",
                round(each.archive_bytes / 1e6),
                round(each.survey_us),
                round(each.all_us),
                round(each.wall_us),
                round(each.peak_bytes / 1e6),
            )
            for each in taken
        ],
    )
    growth = Check(
        what="peak memory, most photos to fewest",
        value=taken[-1].peak_bytes / taken[0].peak_bytes,
        target=MOST_GROWTH,
        at_least=False,
    )
    met = report.checks([growth])
    report.save()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
