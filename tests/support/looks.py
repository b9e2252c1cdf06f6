"""Invented surroundings of faces: context hashes of pictures that are different, or copies of each other."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.faces.align import TEMPLATE_POINTS
from antigone.faces.context import context_hash

SIDE = 224


@cache
def look(seed: int, *, copy: int = 0) -> bytes:
    """Return the hash of a picture; copies of it have nearly, but not quite, the same."""
    pixels = picture(seed)
    if copy:
        pixels = cv2.convertScaleAbs(cv2.GaussianBlur(pixels, (0, 0), 0.7 * copy), alpha=0.9, beta=4 * copy)
    landmarks = TEMPLATE_POINTS + np.array([56.0 + copy / 2, 56.0])
    return context_hash(np.asarray(pixels, np.uint8), landmarks.astype(np.float32))


def picture(seed: int) -> NDArray[np.uint8]:
    """Return (224, 224, 3) blurred noise with structure at the scale that a hash looks at."""
    noise = np.random.default_rng(seed).normal(size=(28, 28, 3)).astype(np.float32)
    smooth = cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    pixels: NDArray[np.uint8] = np.clip(128 + 60 * smooth, 0, 255).astype(np.uint8)
    return pixels
