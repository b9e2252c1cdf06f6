"""The same photos from a folder, a manifest and a web archive: what each source costs an import.

    python -m benchmarks.sources                         LFW, three rounds
    python -m benchmarks.sources --photos 1000 --rounds 1

The photos lie as files in a folder; a CSV manifest names those files, with a page for each; a WARC file,
packed record by record as crawlers write it, holds the same bytes as responses of a web server, with a page
for every ten of them that embeds them. Each import is a real one, with the models, into a workspace of its
own. The sources take turns, so that whatever else the machine does meets all alike. A second import of the
same source tells what photos cost that are known.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fastwarc.warc import WarcRecord, WarcRecordType

from antigone import FaceAnalyser, Workspace
from benchmarks.lfw import data_folder
from benchmarks.report import Check, Report, Runs

SOURCES = ("folder", "manifest", "warc")
MOST_SPREAD = 1.10  # fastest to slowest source
ON_A_PAGE = 10
SITE = "https://photos.example"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What the imports of one source took."""

    new: list[float] = field(default_factory=list)  # photos per second, each round
    known: list[float] = field(default_factory=list)
    counts: set[tuple[int, int, int]] = field(default_factory=set)  # faces, photos, failed


def write_manifest(target: Path, photos: Sequence[Path]) -> None:
    """Write a manifest that says of each photo what the archive says of it too."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("photo", "source_url", "page_url", "page_title", "text", "collected_at"))
        for number, photo in enumerate(photos):
            page = number // ON_A_PAGE
            url, page_url = f"{SITE}/{photo.name}", f"{SITE}/page/{page}.html"
            writer.writerow((photo, url, page_url, f"Page {page}", _caption(photo), "2024-01-01T00:00:00Z"))


def write_archive(target: Path, photos: Sequence[Path]) -> None:
    """Write a WARC file in which each record is packed for itself."""
    with target.open("wb") as file:
        for number, (url, kind, body) in enumerate(_responses(photos), 1):
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            record = WarcRecord()
            record.init_headers(WarcRecordType.response, f"uuid:{number:032x}".encode())
            record.headers.append("WARC-Target-URI", url)
            record.headers.append("WARC-Date", "2024-01-01T00:00:00Z")
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(head.encode() + body)
            plain = io.BytesIO()
            record.write(plain)
            file.write(gzip.compress(plain.getvalue(), compresslevel=6))


def _responses(photos: Sequence[Path]) -> Iterator[tuple[str, str, bytes]]:
    for begin in range(0, len(photos), ON_A_PAGE):
        there, page = photos[begin : begin + ON_A_PAGE], begin // ON_A_PAGE
        figures = "".join(
            f'<figure><img src="/{photo.name}"><figcaption>{_caption(photo)}</figcaption></figure>'
            for photo in there
        )
        html = f"<!doctype html><title>Page {page}</title><body>{figures}</body>"
        yield f"{SITE}/page/{page}.html", "text/html; charset=utf-8", html.encode()
        for photo in there:
            yield f"{SITE}/{photo.name}", "image/jpeg", photo.read_bytes()


def _caption(photo: Path) -> str:
    return f"A photo filed as {photo.parent.name}"


def import_twice(home: Path, source: Path, analyser: FaceAnalyser, taken: Taken) -> None:
    """Import a source into a new workspace, and again when all is known."""
    with Workspace.init(home) as workspace:
        workspace.analyser = analyser  # loaded once for all rounds
        terms = dict.fromkeys(("owner", "source", "purpose", "basis", "jurisdiction"), "benchmark")
        workspace.add_collection(name="people", **terms, retain_until=date(2999, 1, 1))
        for rates in (taken.new, taken.known):
            begun = time.perf_counter()
            report = workspace.import_(source, into="people")
            visited = report.new + report.known + report.failed
            rates.append(visited / (time.perf_counter() - begun))
        taken.counts.add((workspace.collection("people").counts.faces, visited, report.failed))
    shutil.rmtree(home)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 when the sources differ by more than they may."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=0, help="so many photos of LFW; 0 means all")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    report = Report("sources", title="The same photos from three sources")
    photos = sorted((data_folder() / "lfw").rglob("*.jpg"))[: options.photos or None]
    analyser = FaceAnalyser()
    taken = {name: Taken() for name in SOURCES}
    with tempfile.TemporaryDirectory(prefix="antigone-sources-") as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        copies = [Path(shutil.copy(photo, folder / "photos" / photo.name)) for photo in photos]
        write_manifest(folder / "table.csv", copies)
        write_archive(folder / "crawl.warc.gz", photos)
        places = dict(zip(SOURCES, ("photos", "table.csv", "crawl.warc.gz"), strict=True))
        for number in range(options.rounds):
            for source in SOURCES[number % 3 :] + SOURCES[: number % 3]:
                import_twice(folder / "home", folder / places[source], analyser, taken[source])
    counts = set().union(*(each.counts for each in taken.values()))
    assert len(counts) == 1, f"the sources gave different faces, photos and failures: {counts}"
    faces, visited, failed = counts.pop()
    report.note(f"{visited:,} photos of LFW with {faces:,} faces, {failed:,} without one, from each source.")
    new = {source: Runs(values=tuple(each.new)) for source, each in taken.items()}
    known = {source: Runs(values=tuple(each.known)) for source, each in taken.items()}
    report.table(
        "sources",
        "Photos per second, median and every round",
        ("source", "new photos", "known photos"),
        [(source, new[source].text(), known[source].text()) for source in SOURCES],
    )
    medians = [runs.median for runs in new.values()]
    spread = Check(
        what="fastest to slowest source, new photos",
        value=max(medians) / min(medians),
        target=MOST_SPREAD,
        at_least=False,
    )
    met = report.checks([spread])
    report.save()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
