"""Only dark faces are lit, over the whole range, in the order of their tones."""

from __future__ import annotations

import numpy as np
import pytest

from antigone.faces.light import DARK, lit


def face(brightest: int) -> np.ndarray:
    ramp = np.linspace(0, brightest, 112).astype(np.uint8)
    return np.repeat(np.tile(ramp, (112, 1))[..., None], 3, axis=2)


@pytest.mark.parametrize("brightest", [DARK + 5, 200, 255])
def test_a_face_of_ordinary_light_is_left_alone(brightest: int) -> None:
    given = face(brightest)
    assert lit(given) is given


def test_a_dark_face_gets_the_whole_range_and_keeps_the_order_of_its_tones() -> None:
    given = face(40)
    made = lit(given)
    assert made.shape == given.shape
    assert made.dtype == np.uint8
    assert (int(made.min()), int(made.max())) == (0, 255)
    assert (np.diff(made[56, :, 0].astype(int)) >= 0).all()
    assert given.max() == 40  # not written into


@pytest.mark.parametrize("tone", [0, 7])
def test_a_face_of_one_tone_does_no_harm(tone: int) -> None:
    made = lit(np.full((112, 112, 3), tone, np.uint8))
    assert made.max() == made.min() == 0


def test_noise_of_single_pixels_is_smoothed_before_it_is_spread() -> None:
    noisy = face(40).astype(int) + np.random.default_rng(0).integers(-4, 5, (112, 112, 3))
    given = np.clip(noisy, 0, 255).astype(np.uint8)
    made = lit(given)[20:90, 20:90].astype(float)
    raw = given[20:90, 20:90].astype(float) * made.mean() / given[20:90, 20:90].mean()
    assert np.abs(np.diff(made, axis=0)).mean() < 0.6 * np.abs(np.diff(raw, axis=0)).mean()
