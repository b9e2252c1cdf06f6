"""Videos are opened within bounds, and their frames come as a player shows them."""

from __future__ import annotations

import io
import random
import shutil
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import pictures
from antigone.errors import PhotoError
from antigone.failures import FailureCode
from antigone.provenance import Place
from antigone.settings import Settings
from antigone.sources.video import Video, open_video
from antigone.sources.video_frames import Sample, frames_after, read_frame, samples
from antigone.sources.video_pictures import Upright, pixel_hash
from antigone.sources.video_sampling import Sampler, Sampling
from filmed import COLOURS, GROUND, HEIGHT, WIDTH, Pixels, empty, scene, walk, write_sound, write_video

SETTINGS = Settings()


def chosen(path: Path, settings: Settings = SETTINGS) -> list[Sample]:
    with open_video(str(path), settings) as video:
        return list(samples(video, Sampler(Sampling.of(settings)), video.frames()))


def positions(path: Path, settings: Settings = SETTINGS) -> list[int]:
    with open_video(str(path), settings) as video:
        return [frame.position for frame in video.frames()]


def shown(path: Path) -> list[Pixels]:
    with open_video(str(path), SETTINGS) as video:
        upright = Upright(video.aspect)
        return [upright(frame.picture) for frame in video.frames()]


def refused(path: Path, settings: Settings = SETTINGS) -> FailureCode:
    with pytest.raises(PhotoError) as caught, open_video(str(path), settings) as video:
        list(video.frames())
    return caught.value.failure.code


def outcome(path: Path) -> FailureCode | None:
    """Read as far as it goes, whatever it is."""
    try:
        looked_at = [sample.position for sample in chosen(path)]
        assert looked_at == sorted(set(looked_at))
        return damage(path)
    except PhotoError as error:
        return error.failure.code


def damage(path: Path, settings: Settings = SETTINGS) -> FailureCode | None:
    with open_video(str(path), settings) as video:
        list(video.frames())
        return None if video.damage is None else video.damage.code


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "avi"])
def test_frames_come_in_order_at_their_time(tmp_path: Path, ending: str) -> None:
    path = write_video(tmp_path / f"v.{ending}", walk("red", 20), recorded="2024-05-06T07:08:09Z")
    assert positions(path) == [number * 100_000 for number in range(20)]
    with open_video(str(path), SETTINGS) as video:
        assert video.duration == 2_000_000
        assert video.damage is not None  # nothing was read yet
        assert len(list(video.frames())) == 20
        assert video.damage is None
        if ending != "avi":  # which has no place for it
            assert video.recorded_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("recorded", ["", "1904-01-01T00:00:00Z", "soon"])
def test_a_clock_that_was_never_set_says_nothing(tmp_path: Path, recorded: str) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 2), recorded=recorded)
    with open_video(str(path), SETTINGS) as video:
        assert video.recorded_at is None


def test_a_varying_rate_keeps_its_own_times(tmp_path: Path) -> None:
    times = [0, 40, 400, 410, 1000, 1010, 2500]
    path = write_video(tmp_path / "v.mkv", walk("red", len(times)), times=times)
    assert positions(path) == [time * 1000 for time in times]
    assert [sample.position for sample in chosen(path)] == [0, 400_000, 1_000_000, 2_500_000]


def test_pixels_are_those_of_the_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", [scene(("red", 40, 40), side=40)] * 3)
    for pixels in shown(path):
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert pixels.dtype == np.uint8
        assert np.abs(pixels[60, 60].astype(int) - COLOURS["red"]).max() < 30
        assert np.abs(pixels[5, 5].astype(int) - GROUND).max() < 10


@pytest.mark.parametrize("turn", [90, 180, -90])
def test_a_turned_recording_is_shown_upright(tmp_path: Path, turn: int) -> None:
    plain = shown(write_video(tmp_path / "plain.mp4", walk("green", 2)))
    turned = shown(write_video(tmp_path / "turned.mp4", walk("green", 2), rotation=turn))
    assert all(
        np.array_equal(np.rot90(a, turn // 90), b) for a, b in zip(plain, turned, strict=True)
    )  # the matrix counts counter-clockwise


@pytest.mark.parametrize(("aspect", "size"), [("2", (HEIGHT, 2 * WIDTH)), ("1/2", (2 * HEIGHT, WIDTH))])
def test_pixels_that_are_no_squares_are_stretched(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "v.mp4", walk("red", 2), aspect=Fraction(aspect))
    assert {pixels.shape[:2] for pixels in shown(path)} == {size}


def test_interlaced_frames_lose_their_combs(tmp_path: Path) -> None:
    """Two half pictures of a moving block are woven into one frame, row by row."""
    woven = []
    for number in range(0, 20, 2):
        frame = scene(("red", 4 + 6 * number, 40), side=40)
        frame[1::2] = scene(("red", 4 + 6 * (number + 1), 40), side=40)[1::2]
        woven.append(frame)

    def combed(pixels: Pixels) -> float:
        rows = pixels[44:76].astype(int)
        return float(np.abs(rows[1:-1] * 2 - rows[:-2] - rows[2:]).mean())

    plain = shown(write_video(tmp_path / "p.mkv", woven, codec="mpeg2video", rate=25))
    mended = shown(write_video(tmp_path / "i.mkv", woven, codec="mpeg2video", rate=25, interlaced=True))
    assert all(combed(b) < combed(a) / 4 for a, b in zip(plain, mended, strict=True))


def test_cuts_are_seen_and_sampled_more_often(tmp_path: Path) -> None:
    frames = [*empty(20), *empty(20, ground=(220, 220, 220))]
    looked_at = chosen(write_video(tmp_path / "v.mkv", frames))
    assert [sample.position for sample in looked_at if sample.begins_scene] == [0, 2_000_000]
    assert {sample.scene for sample in looked_at} == {0, 2_000_000}
    times = [sample.position // 100_000 for sample in looked_at]
    assert times == [*range(11), *range(12, 20, 2), *range(20, 31), *range(32, 40, 2)]


def test_a_file_of_sound_is_no_video(tmp_path: Path) -> None:
    assert refused(write_sound(tmp_path / "sound.mkv")) is FailureCode.NO_VIDEO


def test_sound_that_lasts_longer_is_no_damage(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 5), sound=True)
    assert damage(path) is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", FailureCode.EMPTY),
        (b"this is a text\n" * 100, FailureCode.CANNOT_PARSE),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nreal.mkv\n", None),
        (b"ffconcat version 1.0\nfile real.mkv\n", None),
    ],
)
def test_what_is_no_video_is_refused_and_leads_nowhere(
    tmp_path: Path, content: bytes, code: FailureCode | None
) -> None:
    write_video(tmp_path / "real.mkv", walk("red", 3))
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    assert refused(path) in ({code} if code else {FailureCode.CANNOT_PARSE, FailureCode.UNSUPPORTED_FORMAT})


class Failing(io.BytesIO):
    """A file whose connection is lost half way."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > len(self.getbuffer()) // 2:
            raise OSError("the connection was lost")
        return super().read(size)


def test_a_connection_that_is_lost_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = np.random.default_rng(3)
    noise = [chance.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(60)]
    content = write_video(tmp_path / "v.mkv", noise).read_bytes()
    monkeypatch.setattr("antigone.sources.video.open_material", lambda *_: Failing(content))
    with pytest.raises(PhotoError) as caught, open_video("s3://bucket/v.mkv", SETTINGS) as video:
        list(video.frames())
    assert caught.value.failure.code is FailureCode.UNREADABLE
    assert "connection was lost" in caught.value.failure.message
    assert capfd.readouterr().err == ""


def test_a_photo_by_the_name_of_a_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(pictures.encode(pictures.scene(), "JPEG"))
    assert refused(path) in (FailureCode.CANNOT_PARSE, FailureCode.UNSUPPORTED_FORMAT)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.mkv") is FailureCode.UNREADABLE
    assert refused(tmp_path) is FailureCode.UNREADABLE


def test_limits_hold(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 30))
    assert refused(path, Settings(video_max_bytes=1024)) is FailureCode.FILE_TOO_LARGE
    assert refused(path, Settings(video_max_pixels=WIDTH * HEIGHT - 1)) is FailureCode.TOO_MANY_PIXELS
    assert damage(path, Settings(video_max_pixels=WIDTH * HEIGHT)) is None
    short = Settings(video_max_seconds=1)
    assert damage(path, short) is FailureCode.VIDEO_TOO_LONG
    assert max(positions(path, short)) == 1_000_000


@pytest.mark.parametrize("ending", ["mkv", "mp4", "avi"])
def test_a_cut_off_video_is_read_as_far_as_it_goes(tmp_path: Path, ending: str) -> None:
    chance = np.random.default_rng(3)
    noise = [chance.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(100)]
    path = write_video(tmp_path / f"v.{ending}", noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    if ending == "mp4":  # its table of contents stands at the end
        assert refused(path) is FailureCode.CANNOT_PARSE
    else:
        read = positions(path)
        assert 20 < len(read) < 90
        assert damage(path) is FailureCode.CANNOT_PARSE


@pytest.mark.parametrize("ending", ["mkv", "mp4", "avi"])
def test_damage_anywhere_ends_in_frames_or_a_typed_failure(tmp_path: Path, ending: str) -> None:
    path = write_video(tmp_path / f"v.{ending}", walk("red", 40))
    whole = path.read_bytes()
    chance = random.Random(7)
    for _ in range(20):
        broken = bytearray(whole)
        at = chance.randrange(len(whole))
        broken[at : at + 200] = chance.randbytes(min(200, len(whole) - at))
        path.write_bytes(broken[: len(whole)])
        assert outcome(path) in (None, FailureCode.CANNOT_PARSE, FailureCode.UNSUPPORTED_FORMAT)


def test_time_goes_on_where_recordings_were_joined(tmp_path: Path) -> None:
    part = write_video(tmp_path / "part.ts", walk("red", 20), codec="mpeg2video", rate=25)
    joined = tmp_path / "joined.mts"
    joined.write_bytes(part.read_bytes() * 2)
    alone, both = positions(part), positions(joined)
    assert both[: len(alone)] == alone
    assert both == sorted(both)
    assert len(both) > 1.8 * len(alone)
    for sample in chosen(joined):
        found = read_frame(Place.of_frame(str(joined), sample.position), pixel_hash(sample.pixels), SETTINGS)
        assert np.array_equal(found, sample.pixels)


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [scene(("blue", 4 + number % 100, 30 + number % 7)) for number in range(400)]
    return write_video(tmp_path_factory.mktemp("video") / "v.mp4", frames)


def test_a_frame_is_found_again_exactly(long_video: Path) -> None:
    looked_at = chosen(long_video)
    for sample in looked_at[::17]:
        place = Place.of_frame(str(long_video), sample.position)
        assert np.array_equal(read_frame(place, pixel_hash(sample.pixels), SETTINGS), sample.pixels)


def test_a_frame_that_is_not_there_any_more_is_not_made_up(long_video: Path, tmp_path: Path) -> None:
    sample = chosen(long_video)[3]
    other = write_video(tmp_path / "other.mp4", walk("green", 40))
    with pytest.raises(PhotoError) as caught:
        read_frame(Place.of_frame(str(other), sample.position), pixel_hash(sample.pixels), SETTINGS)
    assert caught.value.failure.code is FailureCode.CANNOT_PARSE


@pytest.mark.parametrize("last", [0, 100_000, 17_300_000, 39_900_000])
def test_going_on_gives_the_frames_after_the_last(long_video: Path, last: int) -> None:
    with open_video(str(long_video), SETTINGS) as video:
        after = [frame.position for frame in frames_after(video, last) if frame.position > last]
    assert after == list(range(last + 100_000, 40_000_000, 100_000))


def test_going_on_chooses_what_would_have_been_chosen(long_video: Path) -> None:
    sampling = Sampling.of(SETTINGS)
    whole = chosen(long_video)
    for place in (0, 5, 40, len(whole) - 2):
        last = whole[place]
        with open_video(str(long_video), SETTINGS) as video:
            sampler = Sampler(sampling, scene=last.scene, last=last.position)
            rest = list(samples(video, sampler, frames_after(video, last.position)))
        assert [(s.position, s.begins_scene, s.scene) for s in rest] == [
            (s.position, s.begins_scene, s.scene) for s in whole[place + 1 :]
        ]
        assert pixel_hash(rest[0].pixels) == pixel_hash(whole[place + 1].pixels)


def test_a_video_can_be_read_again_from_its_beginning(long_video: Path) -> None:
    with open_video(str(long_video), SETTINGS) as video:
        first = [frame.position for frame in video.frames()]
        assert [frame.position for frame in video.frames()] == first


def test_frames_that_give_no_picture_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "v.mkv", walk("red", 20))
    whole = Upright.__call__

    def sometimes(self: Upright, frame: av.VideoFrame) -> Pixels:
        if frame.time is not None and 0.4 < frame.time < 0.8:
            raise av.ArgumentError(22, "a kind of pixel that nobody knows")
        return whole(self, frame)

    monkeypatch.setattr(Upright, "__call__", sometimes)
    with open_video(str(path), SETTINGS) as video:
        taken = [s.position for s in samples(video, Sampler(Sampling.of(SETTINGS)), video.frames())]
        assert taken == [
            0,
            *range(100_000, 500_000, 100_000),
            800_000,
            900_000,
            *range(1_000_000, 2_000_000, 200_000),
        ]
        assert video.damage is not None


def test_files_are_given_back(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    shutil.copy(write_video(tmp_path / "a.mkv", walk("red", 3)), path)
    with open_video(str(path), SETTINGS) as video:
        next(iter(video.frames()))
        file = video._file
    assert isinstance(video, Video)
    assert file.closed
