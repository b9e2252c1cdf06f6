"""Each part of the quality falls with the damage it is there to measure, and the score with any."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from antigone.faces import FaceAnalyser
from antigone.faces.quality import WEIGHTS, measure_quality
from antigone.types import Quality, Uint8Array

Damage = Callable[[Uint8Array], Uint8Array]


def noisy(photo: Uint8Array) -> Uint8Array:
    noise = np.random.default_rng(1).normal(0, 45, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8)


def covered(photo: Uint8Array, *, top: int, bottom: int) -> Uint8Array:
    masked = photo.copy()
    masked[top:bottom, 170:275] = (70, 90, 120)
    return masked


def small(photo: Uint8Array) -> Uint8Array:
    return np.asarray(cv2.resize(photo, (80, 80), interpolation=cv2.INTER_AREA), np.uint8)


DAMAGE: dict[str, tuple[str, Damage]] = {
    "small": ("size", small),
    "blurred": ("sharpness", lambda photo: cv2.GaussianBlur(photo, (0, 0), 3)),
    "noisy": ("sharpness", noisy),
    "dark": ("light", lambda photo: photo // 12),
    "burnt out": ("light", lambda photo: cv2.add(cv2.convertScaleAbs(photo, alpha=2.0), 50)),
    "mouth covered": ("occlusion", lambda photo: covered(photo, top=140, bottom=185)),
}


@pytest.fixture(scope="module")
def clean(analyser: FaceAnalyser, portrait_pixels: Uint8Array) -> Quality:
    return analyser.analyse(portrait_pixels).faces[0].quality


def test_a_good_portrait_is_good_in_every_part(clean: Quality) -> None:
    for part in ("score", *WEIGHTS):
        assert getattr(clean, part) > 70, part


@pytest.mark.parametrize("name", DAMAGE)
def test_the_part_that_a_damage_concerns_falls_and_the_score_too(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, clean: Quality, name: str
) -> None:
    part, damage = DAMAGE[name]
    quality = analyser.analyse(np.asarray(damage(portrait_pixels), np.uint8)).faces[0].quality
    assert getattr(quality, part) < getattr(clean, part) - 25
    assert quality.score < clean.score - 3


@given(
    crop=arrays(np.uint8, (112, 112, 3)),
    landmarks=arrays(np.float32, (5, 2), elements=st.floats(-1000, 5000, width=32)),
    length=st.floats(0, 1000),
    clear_length=st.none() | st.floats(1, 100),
)
def test_everything_stays_between_0_and_100(
    crop: Uint8Array, landmarks: np.ndarray, length: float, clear_length: float | None
) -> None:
    quality = measure_quality(crop, landmarks, length=length, clear_length=clear_length)
    for part in ("score", *WEIGHTS):
        assert 0 <= getattr(quality, part) <= 100 + 1e-6


def test_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
