"""Eyes that a person marked: they fix where the face is, how large, and how it is turned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.faces.align import TEMPLATE_POINTS, points_of_eyes, similarity
from antigone.types import Eyes

place = st.floats(-2_000, 2_000)


@settings(deadline=None)
@given(place, place, st.floats(3, 500), st.floats(-180, 180))
def test_an_aligned_picture_has_the_marked_eyes_where_they_belong(
    x: float, y: float, apart: float, roll: float
) -> None:
    turn = math.radians(roll)
    eyes = Eyes((x, y), (x + apart * math.cos(turn), y + apart * math.sin(turn)))
    points = points_of_eyes(eyes)
    assert np.allclose(points[:2], [eyes.right, eyes.left], atol=1e-3)
    matrix = similarity(points)
    aligned = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(aligned, TEMPLATE_POINTS, atol=0.2)


@pytest.mark.parametrize(
    "wrong", [((1, 1), (2, 1)), ((0, 0), (math.nan, 5)), ((0, 0), (math.inf, 5)), ((3, 3), (3, 3))]
)
def test_two_eyes_are_two_places(wrong: tuple[tuple[float, float], tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="two pixels"):
        Eyes(*wrong)
