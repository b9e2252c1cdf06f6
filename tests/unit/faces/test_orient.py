"""Turned and tilted photos give nearly the template of the upright one."""

import cv2
import numpy as np
import pytest

from antigone.faces import FaceAnalyser
from antigone.types import Face, Uint8Array


def tilted(photo: Uint8Array, degrees: float) -> Uint8Array:
    """The photo turned clockwise, on a canvas that holds all of it."""
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (int(height * sin + width * cos), int(height * cos + width * sin))
    matrix[:, 2] += [size[0] / 2 - width / 2, size[1] / 2 - height / 2]
    return np.asarray(cv2.warpAffine(photo, matrix, size), np.uint8)


def only_face(analyser: FaceAnalyser, photo: Uint8Array) -> Face:
    faces = analyser.analyse(photo).faces
    assert len(faces) == 1
    return faces[0]


@pytest.fixture(scope="module")
def upright(analyser: FaceAnalyser, portrait_pixels: Uint8Array) -> Face:
    return only_face(analyser, portrait_pixels)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_gives_the_upright_template(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, upright: Face, turns: int
) -> None:
    face = only_face(analyser, np.ascontiguousarray(np.rot90(portrait_pixels, -turns)))
    assert float(face.template @ upright.template) > 0.9
    apart = (face.roll - upright.roll - 90 * turns + 180) % 360 - 180
    assert abs(apart) < 10


@pytest.mark.parametrize("degrees", [-60, -35, 20, 35, 45, 60, 125, 215])
def test_a_tilted_photo_gives_nearly_the_upright_template(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, upright: Face, degrees: int
) -> None:
    face = only_face(analyser, tilted(portrait_pixels, degrees))
    assert float(face.template @ upright.template) > 0.75
    apart = (face.roll - upright.roll - degrees + 180) % 360 - 180
    assert abs(apart) < 15


def test_a_lying_person_beside_a_standing_one_is_found_in_a_large_photo(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, upright: Face
) -> None:
    photo = np.full((1000, 1600, 3), 100, np.uint8)
    photo[:512, :512] = portrait_pixels
    photo[400:912, 900:1412] = np.rot90(portrait_pixels)
    faces = analyser.analyse(photo).faces
    assert len(faces) == 2
    assert min(float(face.template @ upright.template) for face in faces) > 0.9


def test_a_turned_group_photo_keeps_all_its_faces(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, upright: Face
) -> None:
    head = portrait_pixels[30:210, 130:310]
    photo = np.full((720, 900, 3), 100, np.uint8)
    for x in range(0, 900, 180):
        for y in range(0, 720, 180):
            photo[y : y + 180, x : x + 180] = head
    faces = analyser.analyse(np.ascontiguousarray(np.rot90(photo, 2))).faces
    assert len(faces) == 20
    assert min(float(face.template @ upright.template) for face in faces) > 0.8


def test_what_is_no_face_stays_none_in_any_turn(analyser: FaceAnalyser) -> None:
    rng = np.random.default_rng(8)
    noise = rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)
    rows = np.indices((400, 400))[0]
    stripes = np.repeat((rows // 9 % 2 * 255)[..., None], 3, axis=2).astype(np.uint8)
    for photo in (noise, stripes):
        assert analyser.analyse(photo).faces == ()
