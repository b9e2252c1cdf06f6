"""Alignment puts landmarks where embedders expect them, at every size and turn."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from antigone.faces.align import ALIGNED_SIDE, TEMPLATE_POINTS, aligned, similarity


@given(
    turn=st.floats(-180, 180),
    scale=st.floats(0.05, 20),
    shift=st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)),
)
def test_any_turned_and_scaled_face_lands_on_the_template(
    turn: float, scale: float, shift: tuple[float, float]
) -> None:
    angle = np.radians(turn)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (TEMPLATE_POINTS @ matrix.T + shift).astype(np.float32)
    found = similarity(points)
    np.testing.assert_allclose(points @ found[:, :2].T + found[:, 2], TEMPLATE_POINTS, atol=0.1)


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = TEMPLATE_POINTS * [-1, 1]
    assert np.linalg.det(similarity(mirrored.astype(np.float32))[:, :2]) > 0


def test_a_large_face_is_averaged_down_without_shift_or_alias() -> None:
    grid = np.indices((1600, 1600)).sum(axis=0) % 2 * 255  # a checkerboard of single pixels
    smooth = np.broadcast_to(np.linspace(0, 255, 1600, dtype=np.float32), (1600, 1600))
    photo = np.stack([grid, smooth, smooth.T], axis=-1).astype(np.uint8)
    points = TEMPLATE_POINTS * np.float32(12.37) + np.float32(100)
    picture = aligned(photo, points)
    plain = cv2.warpAffine(photo, similarity(points), (ALIGNED_SIDE, ALIGNED_SIDE))
    assert np.ptp(picture[..., 0]) <= 20  # averaged to an even grey, where sampling leaves a pattern
    assert np.ptp(plain[..., 0]) > 100
    np.testing.assert_allclose(picture[..., 1:].astype(int), plain[..., 1:].astype(int), atol=3)


def test_landmarks_outside_the_photo_give_a_picture_all_the_same() -> None:
    photo = np.full((50, 50, 3), 200, np.uint8)
    for points in (TEMPLATE_POINTS + 500, TEMPLATE_POINTS * 0, TEMPLATE_POINTS * 30 - 900):
        assert aligned(photo, points.astype(np.float32)).shape == (ALIGNED_SIDE, ALIGNED_SIDE, 3)


def test_a_small_face_is_enlarged_without_losing_what_is_left_of_its_sharpness() -> None:
    rng = np.random.default_rng(0)
    sharp = cv2.GaussianBlur(rng.integers(0, 256, (112, 112, 3)).astype(np.uint8), (0, 0), 4.0)
    sharp = cv2.normalize(sharp, None, 0, 255, cv2.NORM_MINMAX)
    small = np.asarray(cv2.resize(sharp, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)
    points = ((TEMPLATE_POINTS + 0.5) / 4 - 0.5).astype(np.float32)
    straight = cv2.warpAffine(small, similarity(points), (112, 112), flags=cv2.INTER_LINEAR)
    inner = (slice(8, -8), slice(8, -8))

    def away(picture: np.ndarray) -> float:
        return float(np.abs(picture[inner].astype(int) - sharp[inner].astype(int)).mean())

    assert away(aligned(small, points)) < 0.8 * away(np.asarray(straight))
