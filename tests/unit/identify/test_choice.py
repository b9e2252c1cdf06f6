from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import UsageError
from antigone.identify import FaceChoice
from antigone.identify.choice import assign_choices, face_in_box
from antigone.types import Box, Face, Quality

BOX = Box(1, 2, 3, 4)


def faces(*boxes: Box) -> list[Face]:
    quality = Quality(score=50, size=50, sharpness=50, light=50, pose=50, occlusion=50, evidence=50)
    unit = np.eye(1, 8, dtype=np.float32)[0]
    marks = np.zeros((5, 2), np.float32)
    return [
        Face(box=box, landmarks=marks, detection_score=1, roll=0, quality=quality, template=unit)
        for box in boxes
    ]


@pytest.mark.parametrize(
    ("choices", "counts", "assigned"),
    [
        ([], [3], {}),
        ([FaceChoice(pick=2)], [3], {1: 2}),
        ([FaceChoice(pick=1)], [1], {1: 1}),  # needless, but not wrong with a single photo
        ([FaceChoice(pick=2)], [1, 3], {2: 2}),
        ([FaceChoice(pick=2)], [1, 0, 3], {3: 2}),  # a number cannot mend a photo without a face
        ([FaceChoice(pick=BOX)], [1, 0], {2: BOX}),  # a box can
        ([FaceChoice(pick=1, photo=1), FaceChoice(pick=2)], [2, 2], {1: 1, 2: 2}),
        ([FaceChoice(pick=2, photo=2), FaceChoice(pick=BOX, photo=1)], [2, 2], {1: BOX, 2: 2}),
        ([FaceChoice(pick=2)], [3, 3], {}),  # two photos are open: neither is guessed
        ([FaceChoice(pick=BOX)], [3, 0], {}),
    ],
)
def test_a_choice_goes_to_the_photo_that_needs_it(
    choices: list[FaceChoice], counts: list[int], assigned: dict[int, int | Box]
) -> None:
    assert assign_choices(choices, counts) == assigned


@pytest.mark.parametrize(
    ("choices", "counts", "said"),
    [
        ([FaceChoice(pick=1), FaceChoice(pick=2)], [3], "without saying in which photo"),
        ([FaceChoice(pick=1, photo=3)], [1, 2], "there are 2 photos"),
        ([FaceChoice(pick=1, photo=1), FaceChoice(pick=2, photo=1)], [3], "a probe is one person"),
        ([FaceChoice(pick=1)], [1, 1], "no photo needs a choice"),
    ],
)
def test_a_choice_without_a_clear_photo_is_refused(
    choices: list[FaceChoice], counts: list[int], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        assign_choices(choices, counts)


@pytest.mark.parametrize(("pick", "photo"), [(0, None), (-1, None), (1, 0)])
def test_faces_and_photos_are_counted_from_one(pick: int, photo: int | None) -> None:
    with pytest.raises(UsageError, match="numbered from 1"):
        FaceChoice(pick=pick, photo=photo)


def test_a_box_means_the_face_it_covers_best() -> None:
    found = faces(Box(0, 0, 100, 100), Box(90, 0, 50, 50), Box(300, 0, 40, 40))
    assert face_in_box(found, Box(85, 0, 60, 55)) == 1
    assert face_in_box(found, Box(280, -20, 90, 90)) == 2  # drawn around the whole head
    assert face_in_box(found, Box(25, 30, 60, 40)) == 0  # drawn around eyes and nose


def test_a_box_beside_every_face_means_none() -> None:
    found = faces(Box(0, 0, 100, 100), Box(300, 0, 40, 40))
    assert face_in_box(found, Box(150, 0, 80, 80)) is None
    assert face_in_box(found, Box(95, 95, 50, 50)) is None  # touches a corner
    assert face_in_box([], Box(0, 0, 10, 10)) is None


@given(
    st.lists(st.tuples(*[st.integers(0, 400)] * 2, *[st.integers(8, 300)] * 2), min_size=1, max_size=8),
    st.data(),
)
def test_the_box_of_a_face_itself_means_that_face(
    corners: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    boxes = [Box(*corner) for corner in dict.fromkeys(corners)]
    place = data.draw(st.integers(0, len(boxes) - 1))
    assert face_in_box(faces(*boxes), boxes[place]) == place
