"""Imports with a made-up analyser: what is counted, kept, left out and gone on with."""

import os
import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from antigone.audit import AuditLog
from antigone.errors import (
    BusyError,
    CollectionExpiredError,
    NotFoundError,
    StorageFullError,
    UsageError,
)
from antigone.gallery import NumpyIndex
from antigone.ingest import ImportReport, ImportState, run_import
from antigone.records import Records, open_records
from antigone.settings import Settings
from antigone.types import Analysis, CollectionInfo, Float32Array, Int64Array, Uint8Array
from benchmarks.record_contents import contents
from made_up import DIMENSION, MadeUpAnalyser, add_collection


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


class Workplace:
    """A workspace with one collection, and what an import needs besides."""

    def __init__(self, records: Records, *, batch: int = 4) -> None:
        self.records = records
        self.collection = records.collection("archive")
        self.index = NumpyIndex(DIMENSION)
        self.settings = Settings(home=records.home, import_batch=batch)
        self.audit = AuditLog(records)
        self.bar = Bar()

    def run(
        self, *paths: Path, analyser: MadeUpAnalyser | None = None, collection: CollectionInfo | None = None
    ) -> ImportReport:
        return run_import(
            paths,
            collection=collection or self.collection,
            records=self.records,
            index=self.index,
            analyser=analyser or MadeUpAnalyser(),
            audit=self.audit,
            settings=self.settings,
            progress=self.bar,
        )

    def indexed(self) -> dict[int, bytes]:
        return {int(id_): row for id_, row in zip(self.index.ids(), _rows(self.index), strict=True)}

    def stored(self) -> dict[int, bytes]:
        pages = self.records.iter_templates(self.collection.id, "made-up-1")
        return {int(id_): row.tobytes() for ids, rows in pages for id_, row in zip(ids, rows, strict=True)}


def _rows(index: NumpyIndex) -> list[bytes]:
    """Recover each template from the scores of the unit vectors."""
    found = index.search(np.eye(DIMENSION, dtype=np.float32), max(index.count(), 1))
    by_id = {int(id_): np.zeros(DIMENSION, np.float32) for id_ in index.ids()}
    for axis in range(DIMENSION):
        for id_, score in zip(found.ids[axis], found.scores[axis], strict=True):
            if id_ >= 0:
                by_id[int(id_)][axis] = score
    return [by_id[int(id_)].astype("<f2").tobytes() for id_ in index.ids()]


@pytest.fixture
def place(records: Records, collection: CollectionInfo) -> Workplace:
    return Workplace(records)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """30 files: 21 with faces, of which two hold the same bytes as others; 4 without, 3 broken, 2 empty."""
    folder = tmp_path / "photos"
    contents_of = {f"{n:02}.jpg": b"photo %d" % n for n in range(15)}
    contents_of |= {f"b/{n}.png": b"two faces %d" % n for n in range(4)}
    contents_of |= {"b/same as 3.jpg": b"photo 3", "same as 14.jpg": b"photo 14"}
    contents_of |= {f"noface {n}.jpg": b"noface %d" % (n % 3) for n in range(4)}
    contents_of |= {f"z/broken {n}": b"broken %d" % (n % 2) for n in range(3)}
    contents_of |= {"empty.jpg": b"", "z/empty.jpg": b"", "notes.txt": b"not a photo"}
    for name, content in contents_of.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


COUNTS = {
    "photos": {"new": 19, "known": 3, "failed": 8},
    "faces": 23,
    "failures": {"cannot-parse": 3, "empty-file": 2, "face-not-detected": 3},
    "ignored": 1,
}


def counts(report: ImportReport) -> dict[str, object]:
    document = report.document()
    assert report.new + report.known + report.failed == 30
    assert sum(report.failures.values()) == report.failed
    return {key: document[key] for key in COUNTS}


def test_everything_is_counted_once(place: Workplace, photos: Path) -> None:
    report = place.run(photos)
    assert counts(report) == COUNTS
    assert (report.id, report.resumed) == (1, False)
    assert report.seconds > 0
    held = place.records.collection_counts(place.collection.id)
    assert (held.photos, held.faces, dict(held.failures)) == (22, 23, COUNTS["failures"])


def test_the_index_holds_exactly_the_stored_templates(place: Workplace, photos: Path) -> None:
    place.run(photos)
    stored = place.stored()
    assert len(stored) == 23
    assert place.indexed() == stored


def test_a_second_import_knows_all_photos_and_tries_broken_ones_again(place: Workplace, photos: Path) -> None:
    place.run(photos)
    before = contents(place.records.home)
    analyser = MadeUpAnalyser()
    report = place.run(photos, analyser=analyser)
    assert {bytes(photo[:6]) for photo in analyser.seen} == {b"broken"}
    assert (report.id, report.new, report.known, report.failed, report.faces) == (2, 0, 25, 5, 0)
    assert report.failures == {"cannot-parse": 3, "empty-file": 2}
    after = contents(place.records.home)
    assert all(after[table] == before[table] for table in ("photos", "faces", "analyses", "templates"))


def test_the_same_photo_in_another_place_is_one_more_source(place: Workplace, photos: Path) -> None:
    place.run(photos / "00.jpg")
    copy = photos.parent / "copy.jpg"
    copy.write_bytes((photos / "00.jpg").read_bytes())
    report = place.run(copy)
    assert (report.new, report.known) == (0, 1)
    reference = place.records.references([1])[1]
    assert reference.source == str(photos / "00.jpg")
    assert place.records.collection_counts(place.collection.id).photos == 1


@pytest.mark.parametrize("ahead", [0, 3, 64])
@pytest.mark.parametrize("batch", [1, 4, 1_000])
def test_neither_batches_nor_the_pipeline_change_the_outcome(
    tmp_path: Path, photos: Path, batch: int, ahead: int
) -> None:
    outcomes = []
    for name, analyser in (("plain", MadeUpAnalyser()), ("other", MadeUpAnalyser(ahead=ahead))):
        with open_records(tmp_path / name, create=True) as records:
            add_collection(records)
            place = Workplace(records, batch=4 if name == "plain" else batch)
            assert counts(place.run(photos, analyser=analyser)) == COUNTS
            outcomes.append(contents(records.home))
    assert outcomes[0] == outcomes[1]


def test_the_pipeline_stays_full_across_batches(place: Workplace, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:03}").write_bytes(b"%d" % number)
    depths = []

    class Watching(MadeUpAnalyser):
        def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
            for given, analysis in enumerate(super().analyse_many(photos), start=1):
                depths.append(len(self.seen) - given)
                yield analysis

    place.run(folder, analyser=Watching(ahead=8))
    assert depths[:-8] == [8] * 92  # while photos are left, as many are in flight as the analyser takes


def test_known_photos_are_written_while_a_new_one_is_in_flight(place: Workplace, tmp_path: Path) -> None:
    """A long stretch of known photos must neither wait for the pipeline nor pile up in memory."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03}").write_bytes(b"%d" % number)
    place.run(folder)
    (folder / "000").write_bytes(b"new")
    written: list[int] = []

    class Slow(MadeUpAnalyser):
        def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
            flying = list(photos)  # takes in everything before it gives anything
            written.append(place.records.count_import(2).visited)
            yield from super().analyse_many(flying)

    report = place.run(folder, analyser=Slow())
    assert (report.new, report.known) == (1, 199)
    assert written[0] > 190


@pytest.mark.parametrize("lives", [0, 1, 3, 4, 5, 11, 17, 23])
def test_a_run_that_died_is_gone_on_with(tmp_path: Path, photos: Path, lives: int) -> None:
    with open_records(tmp_path / "whole", create=True) as records:
        add_collection(records)
        Workplace(records).run(photos)
        whole = contents(records.home)
    with open_records(tmp_path / "cut", create=True) as records:
        add_collection(records)
        with pytest.raises(Stopped):
            Workplace(records).run(photos, analyser=DyingAnalyser(lives))
    with open_records(tmp_path / "cut") as records:
        place = Workplace(records)
        report = place.run(photos)
        assert counts(report) == COUNTS
        assert (report.id, report.resumed) == (1, True)
        assert contents(records.home) == whole
        assert place.indexed() == place.stored()


def test_only_what_is_left_is_analysed_again(place: Workplace, photos: Path) -> None:
    with pytest.raises(Stopped):
        place.run(photos, analyser=DyingAnalyser(12))
    visited = place.records.count_import(1).visited
    assert visited > 8
    analyser = MadeUpAnalyser()
    place.run(photos, analyser=analyser)
    distinct = 19 + 3 + 2
    assert len(analyser.seen) <= distinct - 8


def test_other_paths_begin_another_import(place: Workplace, photos: Path) -> None:
    with pytest.raises(Stopped):
        place.run(photos, analyser=DyingAnalyser(8))
    assert not place.run(photos / "b").resumed
    assert place.run(photos).resumed
    assert not place.run(photos).resumed


def test_a_file_that_changed_after_the_interruption_is_seen_as_it_is_now(
    place: Workplace, photos: Path
) -> None:
    with pytest.raises(Stopped):
        place.run(photos, analyser=DyingAnalyser(16))
    (photos / "00.jpg").write_bytes(b"photo of somebody else")
    (photos / "empty.jpg").write_bytes(b"photo no longer empty")
    future = datetime.now(UTC).timestamp() + 60
    for name in ("00.jpg", "01.jpg", "empty.jpg"):
        os.utime(photos / name, (future, future))
    report = place.run(photos)
    assert report.resumed
    assert (report.new, report.known, report.failed) == (21, 3, 7)  # 00.jpg was two photos, and counts twice
    assert report.failures == {"cannot-parse": 3, "empty-file": 1, "face-not-detected": 3}
    held = place.records.visited(report.id, [str(photos / "00.jpg"), str(photos / "01.jpg")])
    assert len(set(held.values()) - {None}) == 2
    assert place.run(photos).known == 26  # now all of it is known, also what came in its place


def test_ctrl_c_keeps_what_was_analysed_and_goes_on_next_time(
    place: Workplace, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    class Interrupted(MadeUpAnalyser):
        def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
            for given, analysis in enumerate(super().analyse_many(photos)):
                if given == 10:
                    signal.raise_signal(signal.SIGINT)
                yield analysis

    flushed = []
    monkeypatch.setattr(place.index, "flush", lambda: flushed.append(place.index.count()))
    analyser = Interrupted(ahead=3)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        place.run(photos, analyser=analyser)
    assert signal.getsignal(signal.SIGINT) is handler
    assert flushed == [place.index.count()]
    assert place.indexed() == place.stored()
    written = place.records.count_import(1)
    assert len(analyser.seen) <= written.visited < 30  # all that was analysed, and nothing more was begun
    assert [entry.kind for entry in place.audit.entries()] == ["import-started", "import-interrupted"]
    assert counts(place.run(photos)) == COUNTS


def test_a_second_ctrl_c_acts_at_once(place: Workplace, photos: Path) -> None:
    import signal

    class Impatient(MadeUpAnalyser):
        def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
            for analysis in super().analyse_many(photos):
                signal.raise_signal(signal.SIGINT)
                yield analysis

    with pytest.raises(KeyboardInterrupt):
        place.run(photos, analyser=Impatient())
    assert place.records.count_import(1).visited <= 4
    assert counts(place.run(photos)) == COUNTS


def test_an_import_in_another_thread_leaves_signals_alone(place: Workplace, photos: Path) -> None:
    reports: list[ImportReport] = []
    thread = threading.Thread(target=lambda: reports.append(place.run(photos)))
    thread.start()
    thread.join()
    assert counts(reports[0]) == COUNTS


def test_a_full_disk_stops_the_import_and_keeps_what_was_written(place: Workplace, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03}").write_bytes(b"%d" % number)
    place = Workplace(place.records, batch=32)

    def limit(more_pages: int) -> None:
        with place.records._writer.connect() as connection:  # the pool hands out the same connection
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more_pages}")

    limit(40)
    with pytest.raises(StorageFullError):
        place.run(folder)
    limit(1_000_000)
    written = place.records.count_import(1)
    assert 0 < written.visited < 400
    assert written.visited % 32 == 0
    assert len(place.stored()) == written.faces
    report = place.run(folder)
    assert (report.new, report.resumed) == (400, True)
    assert place.indexed() == place.stored()


def test_one_import_at_a_time(place: Workplace, photos: Path) -> None:
    other = add_collection(place.records, "other")
    with place.records.writer_lock(place.collection):
        with pytest.raises(BusyError):
            place.run(photos)
        assert counts(place.run(photos, collection=other)) == COUNTS
    assert place.records.collection_counts(place.collection.id).imports == 0


def test_the_index_catches_up_with_an_import_that_came_between(place: Workplace, photos: Path) -> None:
    late = Workplace(place.records)  # its index is opened here, before the other import
    place.run(photos / "00.jpg", photos / "b")
    late.run(photos / "01.jpg")
    assert late.indexed() == late.stored()


def test_a_collection_whose_time_has_passed_takes_nothing(place: Workplace, photos: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with pytest.raises(CollectionExpiredError, match=str(yesterday)) as caught:
        place.run(photos, collection=replace(place.collection, retain_until=yesterday))
    assert caught.value.hint
    assert place.records.collection_counts(place.collection.id).imports == 0
    assert list(place.audit.entries()) == []


@pytest.mark.parametrize("field", ["owner", "source", "purpose", "basis"])
def test_a_collection_that_does_not_say_by_what_right_takes_nothing(
    place: Workplace, photos: Path, field: str
) -> None:
    with pytest.raises(UsageError, match=field):
        place.run(photos, collection=replace(place.collection, **{field: " "}))  # type: ignore[arg-type]


def test_a_path_that_is_not_there_stops_before_anything_is_written(place: Workplace, photos: Path) -> None:
    with pytest.raises(NotFoundError):
        place.run(photos, photos / "missing")
    assert place.records.collection_counts(place.collection.id).imports == 0


def test_an_empty_folder_is_an_import_of_nothing(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = place.run(tmp_path / "empty")
    assert (report.new, report.known, report.failed, report.faces) == (0, 0, 0, 0)


def test_another_model_analyses_known_photos_again(place: Workplace, photos: Path) -> None:
    place.run(photos)
    place.index = NumpyIndex(DIMENSION)
    assert counts(place.run(photos, analyser=MadeUpAnalyser(model="made-up-2"))) == COUNTS
    held = place.records.collection_counts(place.collection.id)
    assert (held.photos, held.faces) == (22, 46)


def test_odd_names_are_kept_without_loss(place: Workplace, tmp_path: Path) -> None:
    names = [b"caf\xe9.jpg", "Zoë 日本 👁.jpg".encode(), b"new\nline.jpg", b"\xef\xbf\xbd.jpg"]
    folder = tmp_path / "odd"
    folder.mkdir()
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"%d" % number)
    assert place.run(folder).new == 4
    ids = place.records.reference_ids(place.collection.id, "made-up-1").tolist()
    sources = {os.fsencode(found.source) for found in place.records.references(ids).values()}
    assert sources == {os.fsencode(folder) + b"/" + name for name in names}
    assert place.run(folder).known == 4


def test_progress_ends_with_all_that_the_report_says(place: Workplace, photos: Path) -> None:
    report = place.run(photos)
    last = place.bar.states[-1]
    assert (last.done, last.new, last.known, last.failed) == (30, 19, 3, 8)
    assert (last.faces, last.failures, last.ignored) == (report.faces, report.failures, 1)
    assert last.total in (30, None)  # counting goes on beside, and may come too late
    done = [state.done for state in place.bar.states]
    assert done == sorted(done)
    assert str(photos) in last.current


def test_the_audit_log_tells_of_imports_without_paths(place: Workplace, photos: Path) -> None:
    with pytest.raises(Stopped):
        place.run(photos, analyser=DyingAnalyser(8))
    place.run(photos)
    entries = list(place.audit.entries())
    assert [entry.kind for entry in entries] == ["import-started", "import-resumed", "import-finished"]
    assert entries[0].body["request"] == entries[1].body["request"]
    assert entries[2].body["photos"] == COUNTS["photos"]
    assert "photos/" not in repr([entry.body for entry in entries])


def test_random_deaths_in_a_row_change_nothing(tmp_path: Path, photos: Path) -> None:
    with open_records(tmp_path / "whole", create=True) as records:
        add_collection(records)
        Workplace(records).run(photos)
        whole = contents(records.home)
    chance = random.Random(7)
    with open_records(tmp_path / "cut", create=True) as records:
        add_collection(records)
        for _ in range(20):
            try:
                report = Workplace(records, batch=3).run(photos, analyser=DyingAnalyser(chance.randrange(8)))
                break
            except Stopped:
                continue
        else:
            report = Workplace(records, batch=3).run(photos)
        assert counts(report) == COUNTS
        assert contents(records.home) == whole


def test_an_index_that_fails_leaves_records_that_the_next_run_indexes(
    place: Workplace, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(ids: Int64Array, templates: Float32Array) -> int:
        raise MemoryError

    monkeypatch.setattr(place.index, "add", fail)
    with pytest.raises(MemoryError):
        place.run(photos)
    assert len(place.stored()) > 0
    again = Workplace(place.records)
    assert counts(again.run(photos)) == COUNTS
    assert again.indexed() == again.stored()


@pytest.mark.usefixtures("without_privileges")
def test_what_cannot_be_read_is_counted_and_stops_nothing(public_folder: Path) -> None:
    folder = public_folder / "photos"
    folder.mkdir()
    for name in ("a.jpg", "locked.jpg", "z.jpg"):
        (folder / name).write_bytes(name.encode())
    (folder / "locked.jpg").chmod(0)
    (folder / "locked folder").mkdir(mode=0)
    os.mkfifo(folder / "pipe.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    with open_records(public_folder / "home", create=True) as records:
        add_collection(records)
        report = Workplace(records).run(folder)
        assert (report.new, report.failed) == (2, 5)
        assert report.failures == {"link-loop": 1, "unreadable": 4}
        shown = {Path(failure.source).name: failure.message for failure in records.failures(1)}
    assert "permission denied" in shown["locked.jpg"].lower()
    assert "permission denied" in shown["locked folder"].lower()
    assert "pipe" in shown["pipe.jpg"]
