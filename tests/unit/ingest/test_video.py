"""Videos in imports, with an analyser that finds colours: tracks, segments, interruptions, repetitions."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antigone.audit import AuditLog
from antigone.gallery import NumpyIndex
from antigone.ingest import ImportReport, ImportState, run_import
from antigone.provenance import Holding
from antigone.records import Records, Segment, Written, open_records
from antigone.records.results import ImportInfo
from antigone.records.videos import Videos
from antigone.settings import Settings
from antigone.sources.video_frames import read_frame
from antigone.types import Analysis, Uint8Array
from benchmarks.record_contents import contents, faults
from filmed import ColourAnalyser, empty, scene, walk, write_sound, write_video
from made_up import DIMENSION, add_collection, template

RED, GREEN, BLUE = 1, 2, 3  # seeds of their templates


class Stopped(Exception):
    """The end of a process, as far as an import can tell."""


class Bar:
    def __init__(self) -> None:
        self.states: list[ImportState] = []

    def update(self, state: ImportState) -> None:
        self.states.append(state)


class Workplace:
    """A workspace with one collection, and what an import needs besides."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.collection = records.collection("archive")
        self.index = NumpyIndex(DIMENSION)
        self.analyser = ColourAnalyser()
        self.bar = Bar()

    def run(self, *paths: Path, **settings: float) -> ImportReport:
        return run_import(
            paths,
            collection=self.collection,
            records=self.records,
            index=self.index,
            analyser=self.analyser,
            audit=AuditLog(self.records),
            settings=Settings(home=self.records.home, **settings),  # type: ignore[arg-type]
            progress=self.bar,
        )

    def scores(self, seed: int) -> list[float]:
        """Compare a colour with every reference, best first."""
        count = self.index.count()
        found = self.index.search(template(seed)[None, :], count, exact=True)
        return [round(float(score), 2) for score in found.scores[0]]


@pytest.fixture
def place(records: Records) -> Workplace:
    add_collection(records)
    return Workplace(records)


def workplace(folder: Path, new_workspace: Path) -> Workplace:
    shutil.copytree(new_workspace, folder)
    records = open_records(folder)
    add_collection(records)
    return Workplace(records)


@pytest.fixture(scope="module")
def walkers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red walks by, green stands larger and larger after a cut, both come together; nobody between them."""
    bright = (200, 200, 200)
    growing = [scene(("green", 40, 30), side=20 + 2 * number, ground=bright) for number in range(20)]
    both = [scene(("red", 4 + 2 * number, 10), ("green", 100, 60), side=30) for number in range(20)]
    frames = [*walk("red", 20, step=4), *empty(60), *growing, *empty(60, ground=bright), *both, *empty(10)]
    return write_video(tmp_path_factory.mktemp("walkers") / "walkers.mkv", frames, rate=5)


def test_one_track_is_one_reference(place: Workplace, walkers: Path) -> None:
    report = place.run(walkers)
    assert (report.tracks, report.failed, report.known) == (4, 0, 0)
    assert report.document()["tracks"] == 4
    tracks = {row[3]: row[4:7] for row in contents(place.records.home)["tracks"]}
    assert tracks == {
        1: (0, 3_800_000, 20),
        2: (16_000_000, 19_800_000, 20),
        3: (32_000_000, 35_800_000, 20),
        4: (32_000_000, 35_800_000, 20),
    }
    summary = place.records.reference_summary(place.collection.id, place.analyser.model)
    assert summary.count == place.index.count() == 4
    assert place.scores(RED)[:3] == [1.0, 1.0, pytest.approx(0, abs=0.3)]
    assert place.scores(GREEN)[:2] == [1.0, 1.0]


def test_best_shots_are_photos_with_their_second(place: Workplace, walkers: Path) -> None:
    report = place.run(walkers)
    counts = place.records.collection_counts(place.collection.id)
    # Five shots of red, five of green, and five frames with both.
    assert (counts.photos, report.new, counts.faces, report.faces) == (15, 15, 20, 20)
    ids = place.records.reference_ids(place.collection.id, place.analyser.model).tolist()
    for reference in place.records.references(ids).values():
        where = reference.place
        assert where.holding is Holding.FRAME
        assert where.stored_at == str(walkers)
        assert reference.source == f"{walkers}#t={where.seconds:.3f}"
        frame = read_frame(where, reference.photo, Settings())
        assert frame.shape == (120, 160, 3)


def test_the_best_shot_is_that_of_the_best_quality(place: Workplace, walkers: Path) -> None:
    place.run(walkers)
    green = place.records.reference_ids(place.collection.id, place.analyser.model).tolist()[1]
    reference = place.records.references([green])[green]
    assert reference.place.position == 19_000_000  # the first at which it cannot be better
    assert reference.quality == 100


def test_the_frames_of_a_track_are_spread_in_time(place: Workplace, tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 70, step=1))
    place.run(path, video_best_shots=3)
    positions = sorted(row[6] for row in contents(place.records.home)["sources"])
    assert len(positions) == 3
    assert min(np.diff(positions)) >= 1_000_000


def test_every_track_has_its_photos_and_analyses(place: Workplace, walkers: Path) -> None:
    place.run(walkers)
    found = contents(place.records.home)
    assert len(found["analyses"]) == len(found["photos"]) == 15
    assert {row[6] for row in found["photos"]} == {"VIDEO"}
    assert sum(row[2] for row in found["analyses"]) == len(found["faces"]) == 20
    assert len(found["templates"]) == 4
    assert all(row[7] is not None for row in found["tracks"])
    assert faults(place.records.home) == []


def test_segments_end_where_nobody_is_followed(place: Workplace, walkers: Path) -> None:
    place.run(walkers)
    segments = sorted(contents(place.records.home)["segments"], key=lambda row: row[4])
    assert len(segments) > 2
    assert [row[7] for row in segments] == [0] * (len(segments) - 1) + [1]
    for track in contents(place.records.home)["tracks"]:
        assert any(row[4] <= track[4] and track[5] <= row[5] for row in segments)


def test_one_who_stays_too_long_is_divided_by_force(place: Workplace, tmp_path: Path) -> None:
    frames = [scene(("red", 4 + number // 3, 40)) for number in range(250)]
    assert place.run(write_video(tmp_path / "v.mkv", frames), video_segment_seconds=10).tracks == 3


def test_the_same_picture_again_is_the_same_reference(place: Workplace, tmp_path: Path) -> None:
    """A still that a film comes back to."""
    still = [scene(("red", 40, 40))]
    frames = [*still * 20, *empty(130, ground=(220, 220, 220)), *still * 20]
    report = place.run(write_video(tmp_path / "v.mkv", frames, codec="ffv1"))
    assert (report.new, report.known, report.tracks) == (1, 1, 1)
    assert place.index.count() == 1


def test_a_second_import_knows_the_video_wherever_it_lies(
    place: Workplace, walkers: Path, tmp_path: Path
) -> None:
    first = place.run(walkers)
    looked_at = place.analyser.looked_at
    copy = tmp_path / "copy.mkv"
    shutil.copy(walkers, copy)
    again, elsewhere = place.run(walkers), place.run(copy)
    assert place.analyser.looked_at == looked_at
    for report in (again, elsewhere):
        assert (report.new, report.known, report.failed) == (0, first.new, 0)
        assert (report.faces, report.tracks) == (0, 0)
    assert place.index.count() == 4
    sources = [row for row in contents(place.records.home)["sources"] if row[0] == elsewhere.id]
    assert {row[5] for row in sources} == {str(copy)}
    assert len(sources) == first.new


def test_twins_in_one_import_are_one(place: Workplace, walkers: Path, tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        shutil.copy(walkers, tmp_path / name)
    report = place.run(tmp_path)
    assert (report.new, report.known, report.tracks) == (15, 15, 4)


def test_frames_known_from_another_video_bring_no_second_reference(
    place: Workplace, walkers: Path, tmp_path: Path
) -> None:
    """The same recording in another container: other bytes, equal pixels."""
    place.run(walkers)
    import av

    other = tmp_path / "other.mp4"
    with av.open(str(walkers)) as source, av.open(str(other), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    report = place.run(other)
    assert (report.new, report.known, report.tracks) == (0, 15, 0)
    assert place.index.count() == 4
    assert faults(place.records.home) == []


@pytest.mark.parametrize("model", ["colours-2"])
def test_another_model_looks_at_the_video_again(place: Workplace, walkers: Path, model: str) -> None:
    place.run(walkers)
    place.analyser.model = model
    place.index = NumpyIndex(DIMENSION)
    report = place.run(walkers)
    assert (report.new, report.tracks) == (15, 4)
    assert place.records.collection_counts(place.collection.id).photos == 15


def test_nobody_in_a_video_is_one_failure(place: Workplace, tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", empty(300))
    for _ in range(2):
        report = place.run(path)
        assert dict(report.failures) == {"face-not-detected": 1}
        assert (report.new, report.known, report.failed) == (0, 0, 1)


def test_a_poor_face_is_no_track(place: Workplace, tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 20, side=20))
    assert dict(place.run(path, video_least_quality=60).failures) == {"face-not-detected": 1}
    assert place.index.count() == 0


def test_what_cannot_be_opened_is_counted_with_its_code(place: Workplace, tmp_path: Path) -> None:
    write_sound(tmp_path / "sound.mkv")
    (tmp_path / "text.mp4").write_text("no video " * 100)
    (tmp_path / "empty.avi").touch()
    report = place.run(tmp_path)
    assert dict(report.failures) == {"no-video": 1, "cannot-parse": 1, "empty-file": 1}


def test_a_damaged_video_gives_what_it_holds_and_says_so(place: Workplace, tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    frames = [frame + chance.integers(0, 20, frame.shape, np.uint8) for frame in walk("red", 60, step=1)]
    path = write_video(tmp_path / "v.mkv", frames)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for known in (False, True):
        report = place.run(path)
        assert dict(report.failures) == {"cannot-parse": 1}
        assert (report.new > 0, report.known > 0) == (not known, known)
    (failure,) = place.records.failures(place.collection.id)
    assert "can be read" in failure.message


class DyingVideos(Videos):
    """Lets a process end before or after so many writes."""

    def __init__(self, videos: Videos, lives: int, *, after: bool) -> None:
        super().__init__(videos._engine, videos._writer)
        self.lives = lives
        self.after = after

    def write_segment(self, import_: ImportInfo, segment: Segment) -> Written:
        self.lives -= 1
        if self.lives < 0 and not self.after:
            raise Stopped
        written = super().write_segment(import_, segment)
        if self.lives < 0:
            raise Stopped  # before the index hears of it
        return written


@dataclass(frozen=True, kw_only=True)
class Left:
    """What an import leaves that nobody disturbs."""

    report: dict[str, object]
    records: dict[str, list[tuple[Any, ...]]]
    index: list[int]
    looked_at: int


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, new_workspace: Path, walkers: Path) -> Left:
    place = workplace(tmp_path_factory.mktemp("whole") / "home", new_workspace)
    report = place.run(walkers)
    place.records.close()
    return Left(
        report={**report.document(), "seconds": 0, "resumed": True},
        records=contents(place.records.home),
        index=sorted(place.index.ids().tolist()),
        looked_at=place.analyser.looked_at,
    )


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("lives", [0, 1, 2, 3])
def test_a_run_that_died_is_gone_on_with(
    tmp_path: Path, new_workspace: Path, walkers: Path, undisturbed: Left, lives: int, *, after: bool
) -> None:
    place = workplace(tmp_path / "died", new_workspace)
    place.records.__dict__["videos"] = DyingVideos(place.records.videos, lives, after=after)
    with pytest.raises(Stopped):
        place.run(walkers)
    place.records.close()
    fresh = Workplace(open_records(tmp_path / "died"))
    report = fresh.run(walkers)
    fresh.records.close()
    assert {**report.document(), "seconds": 0} == undisturbed.report
    assert contents(tmp_path / "died") == undisturbed.records
    assert sorted(fresh.index.ids().tolist()) == undisturbed.index
    if lives > 1:
        assert fresh.analyser.looked_at < undisturbed.looked_at


@pytest.mark.parametrize("at", [0.2, 0.95])
def test_damage_is_told_of_whenever_the_run_died(place: Workplace, tmp_path: Path, at: float) -> None:
    chance = np.random.default_rng(3)
    frames = [frame + chance.integers(0, 20, frame.shape, np.uint8) for frame in empty(120)]
    frames[:10], frames[-10:] = walk("red", 10), walk("blue", 10)
    path = write_video(tmp_path / "v.mkv", frames, rate=5)
    content = bytearray(path.read_bytes())
    hole = int(len(content) * at)
    content[hole : hole + 2_000] = bytes(2_000)
    path.write_bytes(content)
    place.records.__dict__["videos"] = DyingVideos(place.records.videos, 1, after=False)
    with pytest.raises(Stopped):
        place.run(path)
    del place.records.__dict__["videos"]
    report = place.run(path)
    assert report.resumed
    assert dict(report.failures) == {"cannot-parse": 1}
    assert report.tracks == 2


def test_ctrl_c_goes_on_from_the_last_segment(place: Workplace, walkers: Path, undisturbed: Left) -> None:
    class Interrupted(ColourAnalyser):
        def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
            for number, analysis in enumerate(super().analyse_many(photos)):
                if number == 120:
                    os.kill(os.getpid(), signal.SIGINT)
                yield analysis

    place.analyser = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        place.run(walkers)
    kept = place.records.reference_summary(place.collection.id, place.analyser.model).count
    assert 0 < kept < 4
    place.analyser = ColourAnalyser()
    report = place.run(walkers)
    assert {**report.document(), "seconds": 0} == undisturbed.report
    assert contents(place.records.home) == undisturbed.records


def test_a_resumed_import_does_not_open_videos_that_are_done(place: Workplace, tmp_path: Path) -> None:
    done, left = write_video(tmp_path / "a.mkv", walk("red", 20)), tmp_path / "b.mkv"
    write_video(left, walk("blue", 20))
    for path in (done, left):  # long before the import
        os.utime(path, ns=(10**18, 10**18))
    place.records.__dict__["videos"] = DyingVideos(place.records.videos, 1, after=False)
    with pytest.raises(Stopped):
        place.run(tmp_path)
    del place.records.__dict__["videos"]
    looked_at = place.analyser.looked_at
    report = place.run(tmp_path)
    assert report.tracks == 2
    assert place.analyser.looked_at - looked_at == 15  # ten in the first second, five in the next
    assert place.scores(BLUE)[0] == 1.0


def test_a_video_that_changed_after_the_interruption_is_seen_as_it_is_now(
    place: Workplace, walkers: Path, tmp_path: Path
) -> None:
    path = tmp_path / "v.mkv"
    shutil.copy(walkers, path)
    place.records.__dict__["videos"] = DyingVideos(place.records.videos, 2, after=False)
    with pytest.raises(Stopped):
        place.run(path)
    del place.records.__dict__["videos"]
    write_video(path, walk("blue", 20))
    report = place.run(path)
    assert place.scores(BLUE)[0] == 1.0
    assert report.tracks > 1  # what was there before stays on record
    assert faults(place.records.home) == []


def test_photos_and_videos_are_one_import(place: Workplace, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write_video(folder / "v.mkv", walk("red", 20))
    (folder / "readme.txt").write_text("passed over")
    report = place.run(folder)
    assert (report.new, report.ignored, report.tracks) == (4, 1, 1)
    assert [material.kind for material in report.materials] == ["video"]


def test_progress_tells_how_far_a_video_is(place: Workplace, walkers: Path) -> None:
    place.run(walkers)
    states = place.bar.states
    shares = [state.share for state in states if state.share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    last = states[-1]
    assert (last.new, last.faces, last.watched) == (15, 20, None)


def test_when_it_was_recorded_is_told_of_every_frame(place: Workplace, tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 20), recorded="2024-05-06T07:08:09Z")
    place.run(path)
    (id_,) = place.records.reference_ids(place.collection.id, place.analyser.model).tolist()
    reference = place.records.references([id_])[id_]
    assert reference.captured_by == "source"
    assert reference.captured_at is not None
    assert reference.captured_at.isoformat().startswith("2024-05-06T07:08:")
