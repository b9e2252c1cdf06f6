"""Faces of any size are found in photos of any size."""

import itertools

import cv2
import numpy as np
import pytest

from antigone.faces import FaceAnalyser
from antigone.faces.scan import TILE_OVERLAP, TILE_SIDE, _starts
from antigone.types import Analysis, Uint8Array


def centre_of(analysis: Analysis, number: int = 0) -> tuple[float, float]:
    box = analysis.faces[number].box
    return box.x + box.w / 2, box.y + box.h / 2


@pytest.fixture(scope="module")
def head(portrait_pixels: Uint8Array) -> Uint8Array:
    """The head of the astronaut, 180 pixels wide, her face 90."""
    return portrait_pixels[30:210, 130:310]


@pytest.mark.parametrize("side", [1, 640, TILE_SIDE, TILE_SIDE + 1, 3000, 4000, 9999])
def test_tiles_cover_a_side_and_overlap(side: int) -> None:
    starts = _starts(side)
    covered = [range(start, min(start + TILE_SIDE, side)) for start in starts]
    assert covered[0].start == 0
    assert covered[-1].stop == side
    assert all(b.start <= a.stop - TILE_OVERLAP for a, b in itertools.pairwise(covered))


def test_every_small_face_of_a_twelve_megapixel_group_photo_is_found(
    analyser: FaceAnalyser, head: Uint8Array
) -> None:
    photo = np.full((3000, 4000, 3), 140, np.uint8)
    small = cv2.resize(head, (48, 48), interpolation=cv2.INTER_AREA)  # the face is 24 pixels wide
    places = [(x, y) for y in range(40, 2900, 400) for x in range(30, 3900, 350)]
    for x, y in places:
        photo[y : y + 48, x : x + 48] = small
    found = [(f.box.x + f.box.w / 2, f.box.y + f.box.h / 2) for f in analyser.analyse(photo).faces]
    missed = [
        (x, y)
        for x, y in places
        if not any(abs(fx - x - 24) < 12 and abs(fy - y - 24) < 12 for fx, fy in found)
    ]
    assert len(places) == 96
    assert missed == []
    assert len(found) == len(places)


def test_faces_are_found_once_wherever_tiles_meet(analyser: FaceAnalyser, head: Uint8Array) -> None:
    photo = np.full((1500, 2600, 3), 120, np.uint8)
    seam = TILE_SIDE - TILE_OVERLAP
    lefts = [seam - 150, seam + 60, 2 * seam - 90]
    for left in lefts:
        photo[100:280, left : left + 180] = head
        photo[1200:1380, left : left + 180] = head
    assert len(analyser.analyse(photo).faces) == 2 * len(lefts)


@pytest.mark.parametrize("side", [60, 112, 300, 900, 3000])
def test_a_face_that_fills_the_frame_is_found(analyser: FaceAnalyser, head: Uint8Array, side: int) -> None:
    face = head[30:150, 45:145]
    photo = cv2.resize(face, (side, side * 6 // 5), interpolation=cv2.INTER_CUBIC)
    found = analyser.analyse(np.ascontiguousarray(photo))
    assert len(found.faces) == 1
    x, y = centre_of(found)
    assert abs(x - side / 2) < 0.15 * side
    assert abs(y - side * 0.6) < 0.2 * side


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (31, 33)])
def test_photos_too_small_for_a_face_are_a_failure_and_no_error(
    analyser: FaceAnalyser, shape: tuple[int, int]
) -> None:
    analysis = analyser.analyse(np.full((*shape, 3), 90, np.uint8))
    assert analysis.failure is not None
    assert analysis.failure.code == "face-not-detected"
