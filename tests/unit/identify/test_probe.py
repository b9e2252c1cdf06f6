from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import ProbeError, UsageError
from antigone.identify import FaceChoice, UndecidedFacesError, read_probe
from antigone.identify.probe import MAX_PROBE_PHOTOS, fuse, make_probe
from antigone.types import Box, Probe
from invented import LIMITS, Bench, direction, face


def probe_of(bench: Bench, *photos: Path, choices: tuple[FaceChoice, ...] = ()) -> Probe:
    return make_probe(read_probe(photos, LIMITS), choices, bench.analyser)


def test_a_photo_with_one_face_needs_no_choice(bench: Bench) -> None:
    photo = bench.photo("a.png", face(direction(1, 2), quality=80))
    probe = probe_of(bench, photo)
    assert np.allclose(probe.template, direction(1, 2), atol=1e-6)
    assert probe.agreement is None
    (shown,) = probe.photos
    assert (shown.source, shown.number, shown.faces) == (str(photo), 1, 1)
    assert shown.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert (shown.width, shown.height) == (60, 48)


def test_several_photos_are_fused_by_quality(bench: Bench) -> None:
    good = bench.photo("good.png", face(direction(1, 0), quality=90))
    poor = bench.photo("poor.png", face(direction(0, 1), quality=10))
    probe = probe_of(bench, good, poor)
    assert np.allclose(probe.template, direction(90, 10), atol=1e-6)
    assert probe.agreement == pytest.approx(0)


def test_a_face_of_no_quality_still_counts(bench: Bench) -> None:
    assert np.allclose(fuse([face(direction(3, 4), quality=0)]), direction(3, 4), atol=1e-6)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.1, 1), st.floats(0, 100)), min_size=1, max_size=6))
def test_a_fused_template_is_a_unit_vector_of_float32(rows: list[tuple[float, float, float]]) -> None:
    fused = fuse([face(direction(a, b), quality=quality) for a, b, quality in rows])
    assert fused.dtype == np.float32
    assert np.linalg.norm(fused) == pytest.approx(1, abs=1e-5)


def test_photos_that_cancel_each_other_out_are_refused() -> None:
    with pytest.raises(ProbeError, match="nothing in common"):
        fuse([face(direction(1, 0)), face(direction(-1, 0))])


def test_several_faces_without_a_choice_are_listed(bench: Bench) -> None:
    group = bench.photo(
        "group.png", face(direction(1), Box(1, 2, 30, 30)), face(direction(0, 1), Box(40, 2, 10, 12))
    )
    with pytest.raises(UndecidedFacesError, match=r"group\.png holds 2 faces") as caught:
        probe_of(bench, group)
    photos = caught.value.details["photos"]
    assert isinstance(photos, list)
    (listed,) = photos
    assert listed["photo"] == 1
    assert [(entry["face"], entry["box"]) for entry in listed["faces"]] == [
        (1, [1, 2, 30, 30]),
        (2, [40, 2, 10, 12]),
    ]
    assert "--face N" in caught.value.hint


def test_with_several_photos_the_undecided_ones_are_named(bench: Bench) -> None:
    single = bench.photo("single.png", face(direction(1)))
    pair = bench.photo("pair.png", face(direction(1)), face(direction(0, 1)))
    trio = bench.photo("trio.png", *[face(direction(1))] * 3)
    with pytest.raises(UndecidedFacesError) as caught:
        probe_of(bench, single, pair, trio, choices=(FaceChoice(pick=1),))
    assert "pair.png and" in caught.value.message
    assert "hold 2 and 3 faces" in caught.value.message
    assert "--face 2:N" in caught.value.hint
    assert [number for number, _, _ in caught.value.undecided] == [2, 3]


def test_a_face_is_chosen_by_number(bench: Bench) -> None:
    group = bench.photo("group.png", face(direction(1)), face(direction(0, 1)))
    probe = probe_of(bench, group, choices=(FaceChoice(pick=2),))
    assert np.allclose(probe.template, direction(0, 1))
    assert probe.photos[0].number == 2
    with pytest.raises(UsageError, match="holds 2 faces"):
        probe_of(bench, group, choices=(FaceChoice(pick=3),))


def test_a_face_is_chosen_by_box(bench: Bench) -> None:
    group = bench.photo(
        "group.png", face(direction(1), Box(0, 0, 20, 20)), face(direction(0, 1), Box(35, 20, 15, 15))
    )
    probe = probe_of(bench, group, choices=(FaceChoice(pick=Box(33, 18, 20, 20)),))
    assert probe.photos[0].number == 2


def test_a_box_finds_a_face_that_the_detector_missed(bench: Bench) -> None:
    photo = bench.photo("missed.png")
    box = Box(20, 10, 12, 12)
    bench.analyser.in_box[photo.read_bytes()] = face(direction(0, 0, 1), box)
    probe = probe_of(bench, photo, choices=(FaceChoice(pick=box),))
    assert probe.photos[0].number is None
    assert probe.photos[0].faces == 0
    assert np.allclose(probe.template, direction(0, 0, 1))


def test_a_box_with_nothing_in_it_says_so(bench: Bench) -> None:
    photo = bench.photo("missed.png")
    with pytest.raises(ProbeError) as caught:
        probe_of(bench, photo, choices=(FaceChoice(pick=Box(20, 10, 12, 12)),))
    assert caught.value.failure_code == "face-not-detected"


@pytest.mark.parametrize("box", [Box(60, 0, 5, 5), Box(0, 48, 5, 5), Box(-9, 0, 9, 9), Box(0, -9, 9, 9)])
def test_a_box_outside_the_photo_is_refused(bench: Bench, box: Box) -> None:
    photo = bench.photo("a.png", face(direction(1)))
    with pytest.raises(UsageError, match="60 x 48 pixels"):
        probe_of(bench, photo, choices=(FaceChoice(pick=box),))


def test_a_photo_without_a_face_names_itself_and_a_way_out(bench: Bench) -> None:
    fine = bench.photo("fine.png", face(direction(1)))
    empty = bench.photo("empty.png")
    with pytest.raises(ProbeError, match=r"empty\.png: No face was found") as caught:
        probe_of(bench, fine, empty)
    assert caught.value.failure_code == "face-not-detected"
    assert "--box" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty-file"), (b"just text", "unsupported-format"), (None, "unreadable")]
)
def test_a_photo_that_cannot_be_read_has_its_code(
    bench: Bench, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "bad.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProbeError, match=r"bad\.jpg") as caught:
        probe_of(bench, path)
    assert caught.value.failure_code == code
    assert caught.value.details["failure"] == code


def test_a_name_that_is_no_text_is_shown_escaped(bench: Bench, tmp_path: Path) -> None:
    path = Path(f"{tmp_path}/\udcff\x1b[2J.jpg")
    path.write_bytes(b"")
    with pytest.raises(ProbeError) as caught:
        probe_of(bench, path)
    assert r"\xff\x1b[2J.jpg" in caught.value.message


def test_bytes_and_pixels_are_hashed_as_they_are() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    first, second = read_probe([b"abc", pixels], LIMITS)
    assert first.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert second.sha256 == hashlib.sha256(bytes(range(48))).hexdigest()
    assert (first.source, second.source) == ("photo 1", "photo 2")


@pytest.mark.parametrize("count", [0, MAX_PROBE_PHOTOS + 1])
def test_the_number_of_probe_photos_is_bounded(count: int) -> None:
    with pytest.raises(UsageError):
        read_probe([b"x"] * count, LIMITS)
