"""Blurred pictures keep their size, and neither a detector nor anybody else finds a face on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from antigone.faces import FaceAnalyser
from antigone.identify.sheet.blur import CELLS, blurred, blurred_image
from antigone.identify.sheet.pictures import picture_of_face, picture_of_photo


@pytest.mark.parametrize("name", ["hopper", "collins"])
def test_nobody_is_found_on_a_blurred_portrait(
    portraits: Mapping[str, Path], analyser: FaceAnalyser, name: str
) -> None:
    pixels = np.asarray(Image.open(portraits[name]).convert("RGB"))
    (first, *_) = next(iter(analyser.analyse_many([pixels]))).faces
    for picture in (picture_of_face(pixels, first.box), picture_of_photo(pixels, ())):
        veiled = blurred(picture)
        assert picture.face is not None
        assert veiled.face is not None
        assert veiled.face.size == picture.face.size
        faces = next(iter(analyser.analyse_many([np.asarray(veiled.face)]))).faces
        assert all(float(face.template @ first.template) < 0.2 for face in faces)
        assert next(iter(analyser.analyse_many([np.asarray(picture.face)]))).faces


@pytest.mark.parametrize("size", [(1, 1), (500, 3), (3, 500), (480, 480)])
def test_a_picture_of_any_size_is_blurred(size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 100).convert("RGB")
    assert blurred_image(image).size == size
    if min(size) > CELLS:
        flat = np.asarray(blurred_image(image), dtype=np.float64)
        assert flat.std() < np.asarray(image, dtype=np.float64).std() / 4
