"""Each condition does what its text says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.degrade import CLEAN, COVER, Blurred, Covered, Dark, HeavyJpeg, Small, Source, Turned


def source(pixels: np.ndarray | None = None, name: str = "a", face_side: float = 64.0) -> Source:
    if pixels is None:
        pixels = np.random.default_rng(1).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    return Source(name=name, pixels=pixels, box=(10.0, 5.0, 0.8 * face_side, face_side))


def test_clean_changes_nothing() -> None:
    given = source()
    assert CLEAN.apply(given) is given.pixels


def test_quarter_turns_are_exact_and_clockwise() -> None:
    pixels = np.zeros((2, 3, 3), dtype=np.uint8)
    pixels[0, 0] = 255  # top left goes to top right
    turned = np.asarray(Turned(degrees=90).apply(source(pixels)))
    assert turned.shape == (3, 2, 3)
    assert turned[0, 1].tolist() == [255] * 3
    there = source(np.asarray(Turned(degrees=270).apply(source())))
    assert np.array_equal(np.asarray(Turned(degrees=90).apply(there)), source().pixels)


def test_other_turns_are_clockwise_and_lose_nothing() -> None:
    pixels = np.zeros((101, 101, 3), dtype=np.uint8)
    pixels[45:56, 85:96] = 255  # a patch to the right of the centre
    turned = np.asarray(Turned(degrees=30).apply(source(pixels)))
    assert turned.shape[0] == turned.shape[1] == 138  # 101 * (cos 30 + sin 30), rounded up
    rows, columns = np.nonzero(turned[..., 0] > 128)
    assert rows.mean() - 68.5 == pytest.approx(40 * np.sin(np.radians(30)), abs=0.7)
    assert columns.mean() - 68.5 == pytest.approx(40 * np.cos(np.radians(30)), abs=0.7)
    assert turned.sum() == pytest.approx(pixels.sum(), rel=0.02)
    assert turned[0, 0].tolist() == [0, 0, 0]


def test_small_brings_the_face_to_32_pixels_and_enlarges_nothing() -> None:
    assert np.asarray(Small().apply(source())).shape == (30, 45, 3)
    assert np.asarray(Small().apply(source(face_side=20.0))).shape == (60, 90, 3)


def test_dark_is_four_stops_down_and_seeded_by_name() -> None:
    grey = np.full((200, 200, 3), 200, dtype=np.uint8)
    dark = np.asarray(Dark().apply(source(grey)))
    assert dark.mean() == pytest.approx(200 / 16 ** (1 / 2.2), rel=0.02)
    assert dark.std() > 0.5
    assert np.array_equal(dark, np.asarray(Dark().apply(source(grey))))
    assert not np.array_equal(dark, np.asarray(Dark().apply(source(grey, name="b"))))


def test_heavy_jpeg_is_coded_bytes_of_the_same_colours() -> None:
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[..., 0] = 200  # red
    coded = HeavyJpeg().apply(source(pixels))
    assert isinstance(coded, bytes)
    decoded = cv2.imdecode(np.frombuffer(coded, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    assert decoded is not None
    assert decoded.shape == (64, 64, 3)
    assert abs(int(decoded[32, 32, 0]) - 200) < 10
    assert decoded[32, 32, 1:].max() < 12


def test_steps_of_a_condition_have_names_of_their_own_and_grow_harder() -> None:
    grey = source(np.full((64, 64, 3), 200, dtype=np.uint8))
    assert [Dark(stops=stops).name for stops in (3, 4, 5)] == ["dark-3", "dark", "dark-5"]
    means = [np.asarray(Dark(stops=stops).apply(grey)).mean() for stops in (3, 4, 5)]
    assert means == sorted(means, reverse=True)
    assert np.asarray(Small(side=16).apply(source())).shape == (15, 22, 3)
    sizes = [len(HeavyJpeg(quality=quality).apply(source())) for quality in (20, 10, 5)]
    assert sizes == sorted(sizes, reverse=True)


def test_blur_grows_with_the_face() -> None:
    pixels = np.zeros((101, 101, 3), dtype=np.uint8)
    pixels[:, 50] = 255
    narrow = np.asarray(Blurred(percent=4).apply(source(pixels, face_side=50.0)))
    wide = np.asarray(Blurred(percent=4).apply(source(pixels, face_side=100.0)))
    assert narrow[50, 50, 0] == pytest.approx(2 * int(wide[50, 50, 0]), rel=0.05)


def test_a_bar_hides_its_part_of_the_box_and_nothing_else() -> None:
    given = Source(name="a", pixels=np.full((100, 100, 3), 255, np.uint8), box=(20.0, 10.0, 60.0, 80.0))
    hidden = {
        part: np.argwhere(np.asarray(Covered(part=part).apply(given))[..., 0] == COVER)
        for part in ("eyes", "mouth", "half")
    }
    assert hidden["eyes"].min(axis=0).tolist() == [32, 17]
    assert hidden["eyes"].max(axis=0).tolist() == [51, 82]
    assert hidden["mouth"].min(axis=0).tolist() == [60, 17]
    assert hidden["half"].max(axis=0).tolist() == [93, 49]
    assert (given.pixels == 255).all()
