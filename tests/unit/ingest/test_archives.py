"""Imports of web archives: whole, cut off anywhere, stopped anywhere, and gone on with."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import archived
from antigone.audit import AuditLog
from antigone.gallery import NumpyIndex
from antigone.ingest import ImportReport, ImportState, run_import
from antigone.records import Records
from antigone.settings import Settings
from antigone.types import Analysis, CollectionInfo, Uint8Array
from benchmarks.record_contents import contents
from made_up import DIMENSION, MadeUpAnalyser

PHOTOS = 24
RECORDS = [
    *archived.album(PHOTOS),
    archived.revisit(f"{archived.PAGE}3.jpg", WARC_Payload_Digest=archived.digest(archived.photo(3))),
    archived.response("https://site.example/logo.svg", b"<svg/>", "image/svg+xml"),
    archived.response("https://site.example/again.jpg", archived.photo(7)),
]
SHAPES = {
    "crawl.warc.gz": archived.compressed(RECORDS),
    "plain.warc": b"".join(RECORDS),
    "whole.warc.gz": gzip.compress(b"".join(RECORDS)),
    "crawl.wacz": archived.wacz({"archive/data.warc.gz": archived.compressed(RECORDS)}),
}


class Stopped(Exception):
    """The end of a process, as far as an import can tell."""


class DyingAnalyser(MadeUpAnalyser):
    """Gives so many analyses, then dies."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives = lives

    def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
        for given, analysis in enumerate(super().analyse_many(photos)):
            if given == self.lives:
                raise Stopped
            yield analysis


class Bar:
    def __init__(self) -> None:
        self.states: list[ImportState] = []

    def update(self, state: ImportState) -> None:
        self.states.append(state)


class Place:
    """A workspace with one collection."""

    def __init__(self, records: Records, collection: CollectionInfo) -> None:
        self.records = records
        self.collection = collection
        self.index = NumpyIndex(DIMENSION)
        self.bar = Bar()

    def run(self, path: Path, analyser: MadeUpAnalyser | None = None) -> ImportReport:
        return run_import(
            [path],
            collection=self.collection,
            records=self.records,
            index=self.index,
            analyser=analyser or MadeUpAnalyser(),
            audit=AuditLog(self.records),
            settings=Settings(home=self.records.home, import_batch=4),
            progress=self.bar,
        )


@pytest.fixture
def place(records: Records, collection: CollectionInfo) -> Place:
    return Place(records, collection)


@pytest.mark.parametrize("name", SHAPES)
def test_every_photo_of_an_archive_is_imported_with_its_provenance(
    place: Place, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(SHAPES[name])
    report = place.run(path)
    assert (report.new, report.known, report.failed, report.ignored) == (PHOTOS, 2, 0, 1)
    (material,) = report.materials
    assert material.location == str(path)
    assert not [check for check in material.checks if check.outcome.value == "failed"]
    found = place.records.references([int(id_) for id_ in place.index.ids()])
    assert len(found) == PHOTOS
    for reference in found.values():
        assert reference.source.startswith(archived.PAGE)
        assert (reference.page_url, reference.page_title) == (archived.PAGE, "An album")
        assert reference.captured_by == "archive"
        assert reference.captured_at is not None
    assert place.run(path).known == PHOTOS + 2


@pytest.mark.parametrize("name", SHAPES)
def test_a_stopped_import_goes_on_and_does_nothing_twice(
    place: Place, tmp_path: Path, name: str, new_workspace: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(SHAPES[name])
    seen: list[bytes] = []
    for lives in (3, 6, 1):
        dying = DyingAnalyser(lives)
        with pytest.raises(Stopped):
            place.run(path, dying)
        seen += dying.seen
    report = place.run(path)
    assert report.resumed
    assert (report.new, report.known, report.failed) == (PHOTOS, 2, 0)
    rows = contents(place.records.home)
    assert len(rows["sources"]) == len({row[1] for row in rows["sources"]}) == PHOTOS + 2
    assert len(rows["photos"]) == len(rows["faces"]) == PHOTOS
    assert len(rows["materials"]) == 1
    assert len(rows["appearances"]) == PHOTOS + 1  # the later visit stands there too, the copy does not


@pytest.mark.parametrize("name", SHAPES)
def test_a_cut_archive_is_imported_up_to_the_cut_and_completed_by_the_whole(
    place: Place, tmp_path: Path, name: str
) -> None:
    data = SHAPES[name]
    path = tmp_path / name
    for length in random.Random(8).sample(range(1, len(data)), 4):
        path.write_bytes(data[:length])
        before = len(contents(place.records.home)["photos"])
        report = place.run(path)
        assert set(report.failures) <= {"material-cut-off", "material-damaged"}
        assert report.new + report.known <= PHOTOS + 2
        assert len(contents(place.records.home)["photos"]) == before + report.new
    path.write_bytes(data)
    place.run(path)
    rows = contents(place.records.home)
    assert len(rows["photos"]) == len(rows["faces"]) == PHOTOS


def test_an_archive_that_changes_while_an_import_is_stopped_is_read_anew(
    place: Place, tmp_path: Path
) -> None:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(archived.compressed(RECORDS[:12]))
    with pytest.raises(Stopped):
        place.run(path, DyingAnalyser(9))
    path.write_bytes(SHAPES["crawl.warc.gz"])
    report = place.run(path)
    assert report.resumed
    rows = contents(place.records.home)
    assert len(rows["photos"]) == PHOTOS
    assert len({row[1] for row in rows["sources"]}) == len(rows["sources"]) == PHOTOS + 2
    assert len(rows["materials"]) == 2  # as it was, and as it is


def test_progress_goes_on_while_an_archive_is_surveyed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antigone.ingest.progress._SECONDS_BETWEEN_UPDATES", 0.0)
    noise = random.Random(9).randbytes(5 << 20)
    path = tmp_path / "large.warc"
    fonts = (archived.response(f"https://a/{n}", noise, "font/woff2") for n in range(3))
    path.write_bytes(b"".join([*fonts, archived.response("https://a/1.jpg", archived.photo(1))]))
    place.run(path)
    assert str(path) in {state.current for state in place.bar.states}
