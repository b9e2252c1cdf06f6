"""What holds for any detections, whatever network they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from antigone.faces.detect import INSIDE, OVERLAP, Detections, padded
from antigone.faces.orient import turned_back


@st.composite
def detections(draw: st.DrawFn) -> Detections:
    n = draw(st.integers(0, 12))
    corners = draw(arrays(np.float32, (n, 2), elements=st.floats(-50, 300, width=32)))
    sides = draw(arrays(np.float32, (n, 2), elements=st.floats(4, 200, width=32)))
    scores = draw(arrays(np.float32, n, elements=st.floats(0, 1, width=32)))
    boxes = np.concatenate([corners, sides], axis=1)
    points = corners[:, None] + sides[:, None] * np.float32(0.5) + np.zeros((n, 5, 2), np.float32)
    return Detections(boxes, points, scores)


def shared_area(a: np.ndarray, b: np.ndarray) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(float(width), 0.0) * max(float(height), 0.0)


@given(found=detections())
def test_distinct_faces_do_not_overlap_and_every_lost_one_had_a_better(found: Detections) -> None:
    kept = found.distinct()

    def same(a: np.ndarray, b: np.ndarray, slack: float) -> bool:
        shared, one, two = shared_area(a, b), float(a[2] * a[3]), float(b[2] * b[3])
        return shared > (OVERLAP + slack) * (one + two - shared) or shared > (INSIDE + slack) * min(one, two)

    for i, box in enumerate(kept.boxes):
        assert not any(same(box, other, 1e-3) for other in kept.boxes[i + 1 :])
    for box, score in zip(found.boxes, found.scores, strict=True):
        assert any(same(box, k, -1e-3) and s >= score for k, s in zip(kept.boxes, kept.scores, strict=True))
    assert list(kept.scores) == sorted(kept.scores, reverse=True)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_face_found_in_a_turned_photo_is_put_back_on_its_pixels(turns: int) -> None:
    photo = np.zeros((40, 70, 3), np.uint8)
    photo[10:16, 20:30] = 255
    rows, columns = np.nonzero(np.rot90(photo, turns)[..., 0])
    x, y = columns.min(), rows.min()
    w, h = np.ptp(columns) + 1, np.ptp(rows) + 1
    corner = np.array([x, y], np.float32)
    found = Detections(
        np.array([[x, y, w, h]], np.float32), np.tile(corner, (1, 5, 1)), np.ones(1, np.float32)
    )
    back = turned_back(found, turns, height=40, width=70)
    np.testing.assert_array_equal(back.boxes, [[20, 10, 10, 6]])
    assert (back.landmarks >= [20, 10]).all()
    assert (back.landmarks <= [30, 16]).all()


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same faces"):
        Detections(np.zeros((2, 4), np.float32), np.zeros((1, 5, 2), np.float32), np.zeros(1, np.float32))


def test_pictures_are_padded_at_the_right_and_below() -> None:
    batch = padded([np.full((33, 64, 3), 9, np.uint8)])
    assert batch.shape == (1, 64, 64, 3)
    assert (batch[0, :33] == 9).all()
    assert (batch[0, 33:] == 0).all()
