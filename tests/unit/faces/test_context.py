from __future__ import annotations

import io
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from antigone.faces import FaceAnalyser
from antigone.faces.align import TEMPLATE_POINTS
from antigone.faces.context import HASH_BYTES, SIDE, UNLIKE, Context, context_hash, likeness
from antigone.types import Float32Array, Uint8Array

MIRRORED_ORDER = [1, 0, 2, 4, 3]  # of landmarks, when left and right are swapped


def picture(seed: int, side: int = 224) -> Uint8Array:
    """Return blurred noise with structure at the scale that a hash looks at."""
    noise = np.random.default_rng(seed).normal(size=(28, 28, 3)).astype(np.float32)
    smooth = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    pixels: Uint8Array = np.clip(128 + 60 * smooth, 0, 255).astype(np.uint8)
    return pixels


def points(scale: float = 1.0, x: float = 56.0, y: float = 56.0) -> Float32Array:
    """Return landmarks of a level face, ``scale`` times as large as the embedder's picture of it."""
    moved: Float32Array = ((TEMPLATE_POINTS + np.array([x, y])) * scale).astype(np.float32)
    return moved


def context(pixels: Uint8Array, landmarks: Float32Array) -> Context:
    ready = Context.of(context_hash(pixels, landmarks))
    assert ready is not None
    return ready


def test_a_hash_is_of_fixed_length_and_always_the_same() -> None:
    hashes = {context_hash(picture(1), points()) for _ in range(3)}
    assert [len(hash_) for hash_ in hashes] == [HASH_BYTES]


def test_a_picture_is_like_itself_and_unlike_others() -> None:
    one = context(picture(1), points())
    assert likeness(one, one) == pytest.approx(1, abs=1e-5)
    assert max(likeness(one, context(picture(seed), points())) for seed in range(2, 40)) < 0.7


@pytest.mark.parametrize("factor", [0.4, 0.5, 1.7, 4.0])
def test_a_scaled_copy_is_alike(factor: float) -> None:
    small = cv2.resize(picture(1), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert likeness(context(picture(1), points()), context(small, points(factor))) > 0.9


@pytest.mark.parametrize("off", [(1.05, 0, 0), (0.93, 2, -2), (1.0, 5, 3)])
def test_landmarks_may_be_off_by_some_per_cent_of_a_face(off: tuple[float, float, float]) -> None:
    scale, x, y = off
    middle = TEMPLATE_POINTS.mean(axis=0)
    moved = ((TEMPLATE_POINTS - middle) * scale + middle + [56 + x, 56 + y]).astype(np.float32)
    assert likeness(context(picture(1), points()), context(picture(1), moved)) > 0.85


@pytest.mark.parametrize("cut", [(40, 0, 224, 224), (0, 60, 224, 224), (40, 40, 190, 190)])
def test_a_cropped_copy_is_alike(cut: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = cut
    part = np.ascontiguousarray(picture(1)[top:bottom, left:right])
    cropped = context(part, points(x=56 - left, y=56 - top))
    assert (cropped.known == 0).any()
    assert likeness(context(picture(1), points()), cropped) > 0.9


def test_a_mirrored_copy_is_alike() -> None:
    flipped = points()[MIRRORED_ORDER].copy()
    flipped[:, 0] = 223 - flipped[:, 0]
    mirrored = context(np.ascontiguousarray(picture(1)[:, ::-1]), flipped)
    assert likeness(context(picture(1), points()), mirrored) > 0.95
    upside_down = context(np.ascontiguousarray(picture(1)[::-1]), points())
    assert likeness(context(picture(1), points()), upside_down) < 0.7


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_copy_on_its_side_is_alike(turns: int) -> None:
    turned = points()
    for _ in range(turns):  # a quarter turn to the left takes (x, y) to (y, 223 - x)
        turned = np.column_stack([turned[:, 1], 223 - turned[:, 0]]).astype(np.float32)
    lying = context(np.ascontiguousarray(np.rot90(picture(1), turns)), turned)
    assert likeness(context(picture(1), points()), lying) > 0.95


def test_likeness_does_not_depend_on_the_order() -> None:
    blurred = cv2.GaussianBlur(picture(1), (0, 0), 3)
    one, other = context(picture(1), points()), context(blurred, points(1.0, 58, 55))
    assert likeness(one, other) == likeness(other, one)


def test_light_and_colours_hardly_matter() -> None:
    one = context(picture(1), points())
    assert likeness(one, context((picture(1) * 0.6 + 60).astype(np.uint8), points())) > 0.9
    grey = cv2.cvtColor(cv2.cvtColor(picture(1), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert likeness(one, context(grey, points())) > 0.9


def test_a_picture_without_structure_is_like_nothing() -> None:
    plain = context(np.full((224, 224, 3), 90, np.uint8), points())
    assert likeness(plain, plain) == UNLIKE


@pytest.mark.parametrize(
    "hash_", [None, b"", b"\x01", b"\x02" + bytes(HASH_BYTES - 1), bytes(HASH_BYTES + 1)]
)
def test_what_is_no_hash_of_this_version_is_not_read(hash_: bytes | None) -> None:
    assert Context.of(hash_) is None


@given(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=10, max_size=10),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_any_landmarks_in_any_photo_give_a_hash(numbers: list[float], width: int, height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    ready = context(pixels, np.array(numbers, np.float32).reshape(5, 2))
    assert ready.marks.shape == ready.known.shape == (SIDE, SIDE)
    assert not ready.marks[ready.known == 0].any()
    assert -1 <= likeness(ready, ready) <= 1 + 1e-5


def test_landmarks_without_sense_give_a_hash_of_nothing() -> None:
    for landmarks in (np.full((5, 2), np.nan, np.float32), np.full((5, 2), 20, np.float32)):
        assert (context(picture(1), landmarks).known == 0).all()


def test_a_real_face_is_like_its_copies_as_the_detector_finds_it_there(
    analyser: FaceAnalyser, portraits: MappingProxyType[str, Path]
) -> None:
    with Image.open(portraits["collins"]) as opened:
        photo = opened.convert("RGB")
    width, height = photo.size
    copies = {
        "small": (photo.resize((width // 3, height // 3)), "JPEG", 50),
        "mirrored": (ImageOps.mirror(photo), "WEBP", 50),
        "cropped": (photo.crop((width // 10, height // 10, width, height)), "JPEG", 30),
    }
    original = Context.of(analyser.analyse(np.asarray(photo)).faces[0].context_hash)
    other = Context.of(analyser.analyse(portraits["hopper"]).faces[0].context_hash)
    assert original is not None
    assert other is not None
    for name, (copy, coding, quality) in copies.items():
        stream = io.BytesIO()
        copy.save(stream, coding, quality=quality)
        found = Context.of(analyser.analyse(stream.getvalue()).faces[0].context_hash)
        assert found is not None
        assert likeness(original, found) > 0.85, name
        assert likeness(other, found) < 0.6, name
