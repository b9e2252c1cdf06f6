"""Near-copies share a perceptual hash, other photos do not."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageEnhance

import pictures
from antigone.faces.images import ImageLimits, decode, perceptual_hash
from antigone.settings import Settings

LIMITS = ImageLimits.of(Settings())
NEAR = 8  # bits; see the docstring of perceptual_hash


def apart(first: int, second: int) -> int:
    return (first ^ second).bit_count()


def hash_of(image: Image.Image) -> int:
    return perceptual_hash(np.asarray(image))


def test_it_is_the_dct_of_the_whole_photo() -> None:
    picture = pictures.scene(200, 140)
    grey = np.asarray(Image.fromarray(picture).convert("L")).astype(np.float64)
    low = cv2.dct(grey)[1:9, 1:9]
    expected = int("".join("1" if bit else "0" for bit in (low > np.median(low)).ravel()), 2)
    assert apart(perceptual_hash(picture), expected) <= 2  # rounding where a frequency is near the median


@pytest.mark.parametrize("name", ["hopper", "collins"])
def test_copies_keep_their_hash(portraits: Mapping[str, Path], name: str) -> None:
    original = Image.fromarray(decode(portraits[name], LIMITS).pixels)
    first = hash_of(original)
    for scale in (0.25, 0.5, 0.73, 1.9):
        size = (round(original.width * scale), round(original.height * scale))
        assert apart(first, hash_of(original.resize(size))) <= NEAR
    for kind, quality in (("JPEG", 90), ("JPEG", 20), ("WEBP", 50)):
        copy = decode(pictures.encode(original, kind, quality=quality), LIMITS)
        assert copy.facts.perceptual_hash == perceptual_hash(copy.pixels)
        assert apart(first, copy.facts.perceptual_hash) <= NEAR
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        assert apart(first, hash_of(enhance(original).enhance(0.7))) <= NEAR


def test_other_photos_get_another_hash(portraits: Mapping[str, Path]) -> None:
    photos = [Image.fromarray(decode(path, LIMITS).pixels) for path in portraits.values()]
    photos += [photo.transpose(Image.Transpose.ROTATE_180) for photo in photos]
    for first, second in combinations(map(hash_of, photos), 2):
        assert apart(first, second) > 2 * NEAR


def test_real_photos_are_far_apart(data_dir: Path) -> None:
    files = sorted((data_dir / "lfw").glob("A*/*_0001.jpg"))[:120]
    if not files:
        pytest.skip("no LFW photos in the test data")
    hashes = [decode(path, LIMITS).facts.perceptual_hash for path in files]
    distances = [apart(first, second) for first, second in combinations(hashes, 2)]
    assert min(distances) > NEAR
    assert 25 < np.mean(distances) < 35


@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.integers(0, 255),
    )
)
def test_every_photo_has_a_hash_of_64_bits(pixels: pictures.Pixels) -> None:
    value = perceptual_hash(pixels)
    assert 0 <= value < 1 << 64
    assert value == perceptual_hash(pixels.copy())


@pytest.mark.parametrize("size", [(321, 320), (2000, 1), (1, 2000), (641, 1283)])
def test_odd_sizes_have_a_hash(size: tuple[int, int]) -> None:
    assert 0 <= perceptual_hash(pictures.scene(*size)) < 1 << 64
