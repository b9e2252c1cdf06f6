"""Find the faces of a photo of any size: at the scales, and in the tiles, that it needs.

A detector sees faces between about ten and a few hundred pixels. A photo is therefore looked at twice
when it is large: once shrunk, for faces that fill the frame, and once in full in overlapping tiles, for
the small ones. Every face is inside one tile as a whole or large enough for the shrunk look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.faces.detect import Detections, Detector
from antigone.types import Uint8Array

COARSE_SIDE = 640  # longest side of the shrunk look
TILE_SIDE = 1280
TILE_OVERLAP = 192  # a face up to this size lies in one tile as a whole
LARGEST_IN_TILE = 400  # pixels; larger faces are left to the shrunk look
SMALLEST_SIDE = 96  # smaller photos are enlarged to this before the look
FRAME_MARGIN = 0.5  # of the longer side, added around when a photo seems to hold no face


def scan(detector: Detector, photos: Sequence[Uint8Array], threshold: float) -> list[Detections]:
    """Find the faces with at least ``threshold`` in each (H, W, 3) RGB photo, largest first."""
    looks = coarse(detector, photos, threshold)
    results = []
    for photo, look in zip(photos, looks, strict=True):
        found = look
        if max(photo.shape[:2]) > COARSE_SIDE:
            found = Detections.joined([look, *_tiled(detector, photo, threshold)]).distinct()
        if len(found) == 0:
            found = _with_margin(detector, photo, threshold)
        results.append(_largest_first(found))
    return results


def coarse(detector: Detector, photos: Sequence[Uint8Array], threshold: float) -> list[Detections]:
    """One look at each photo, shrunk to 640 pixels where it is larger; photos of one size share a call."""
    shrunk = [_resized(photo) for photo in photos]
    results: list[Detections] = [Detections.none()] * len(photos)
    sizes: dict[tuple[int, ...], list[int]] = {}
    for i, (picture, _) in enumerate(shrunk):
        sizes.setdefault(picture.shape, []).append(i)
    for group in sizes.values():
        for i, found in zip(group, detector.detect([shrunk[i][0] for i in group], threshold), strict=True):
            results[i] = found.moved(scale=1 / shrunk[i][1], dx=0, dy=0) if shrunk[i][1] != 1 else found
    return results


def _resized(photo: Uint8Array) -> tuple[Uint8Array, float]:
    """The photo at the size for the coarse look, and the factor."""
    longest = max(photo.shape[:2])
    if longest > COARSE_SIDE:
        scale, method = COARSE_SIDE / longest, cv2.INTER_AREA
    elif longest < SMALLEST_SIDE:
        scale, method = SMALLEST_SIDE / longest, cv2.INTER_LINEAR
    else:
        return photo, 1.0
    height, width = (max(1, round(side * scale)) for side in photo.shape[:2])
    return np.asarray(cv2.resize(photo, (width, height), interpolation=method), np.uint8), scale


def _tiled(detector: Detector, photo: Uint8Array, threshold: float) -> Iterator[Detections]:
    """Faces of the photo in full size, tile by tile, without those too large for a tile."""
    height, width = photo.shape[:2]
    for top in _starts(height):
        for left in _starts(width):
            tile = photo[top : top + TILE_SIDE, left : left + TILE_SIDE]
            found = detector.detect([tile], threshold)[0]
            small = found.boxes[:, 2:].max(axis=1, initial=0) <= LARGEST_IN_TILE
            whole = _clear_of_cuts(found, tile.shape, left, top, photo.shape)
            yield found.take(small & whole).moved(scale=1, dx=left, dy=top)


def _starts(side: int) -> list[int]:
    """Where tiles begin along one side; the last one ends with the photo."""
    step = TILE_SIDE - TILE_OVERLAP
    return [*range(0, max(side - TILE_SIDE, 0), step), max(side - TILE_SIDE, 0)]


def _clear_of_cuts(
    found: Detections, tile: tuple[int, ...], left: int, top: int, photo: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which faces are not cut by a tile's edge that lies inside the photo: the next tile has them whole."""
    margin = 2
    x, y, w, h = found.boxes.T
    cut = (x < margin) & (left > 0)
    cut |= (y < margin) & (top > 0)
    cut |= (x + w > tile[1] - margin) & (left + tile[1] < photo[1])
    cut |= (y + h > tile[0] - margin) & (top + tile[0] < photo[0])
    return np.asarray(~cut)


def _with_margin(detector: Detector, photo: Uint8Array, threshold: float) -> Detections:
    """A second look with a border all around: a face that fills the frame is found only so."""
    margin = round(max(photo.shape[:2]) * FRAME_MARGIN)
    grey = (127, 127, 127)
    wide = np.asarray(
        cv2.copyMakeBorder(photo, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=grey), np.uint8
    )
    return coarse(detector, [wide], threshold)[0].moved(scale=1, dx=-margin, dy=-margin)


def _largest_first(found: Detections) -> Detections:
    areas = found.boxes[:, 2] * found.boxes[:, 3]
    return found.take(np.argsort(-areas, kind="stable"))
