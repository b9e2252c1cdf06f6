"""A perceptual hash: near-copies of one photo get nearly the same 64 bits, whatever their bytes or size."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.types import Uint8Array

_SIDE = 8  # frequencies kept along each axis, so 64 bits
# A longer side is halved first: the hash looks at eight waves a side at most, and products of this size stay
# below the point where the linear algebra library wakes its own threads, which would fight with the models'.
_LONGEST = 320


def perceptual_hash(rgb: Uint8Array) -> int:
    """Return the 64-bit hash of an (H, W, 3) uint8 RGB photo.

    Each bit tells whether one of the 64 lowest frequencies of the brightness, its mean left out, lies above
    their median: the DCT hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions", 2010, except that the frequencies are taken from the whole photo by two small matrix products
    rather than from a 32 x 32 copy, which costs half. Compare two hashes by the number of bits
    that differ: 0 to about 8 for a re-encoded or scaled copy, about 32 for unrelated photos.
    """
    grey = _halved(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    waves = _waves(height) @ grey.astype(np.float32) @ _waves(width).T
    bits = waves > np.median(waves)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _halved(grey: Uint8Array) -> Uint8Array:
    """Halve each side, by the mean of two by two pixels, until the photo is small enough."""
    height, width = grey.shape
    while max(height, width) > _LONGEST:
        rows, columns = max(height // 2, 1), max(width // 2, 1)
        even = grey[: 2 * rows, : 2 * columns]  # a last odd row or column would cost ten times the speed
        grey = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA)
        height, width = rows, columns
    return grey


@lru_cache(maxsize=1024)
def _waves(length: int) -> NDArray[np.float32]:
    """Return the cosines 1 to 8 of the DCT-II over ``length`` points, as an (8, length) matrix."""
    frequency = np.arange(1, _SIDE + 1)[:, np.newaxis]
    points = 2 * np.arange(length) + 1
    return np.cos(np.pi * frequency * points / (2 * length)).astype(np.float32)
