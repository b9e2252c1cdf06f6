"""Each condition does what its text says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.degrade import CLEAN, Dark, HeavyJpeg, Small, Source, Turned


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
