"""A hash of a face with its surroundings, in which all copies of one photo agree.

A perceptual hash of a whole photo changes with every crop, so this one is anchored in the face: a square
around the landmarks, along the photo's own axes, in coarse cells of which each is lighter or darker than
those around it, or neither. Landmarks differ between a photo and a smaller copy by more than the details
that tell two shots of a series apart, so two hashes are laid over each other before they are compared.
Chosen and measured in docs/decisions/0011-near-duplicates.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.faces.align import ALIGNED_SIDE, TEMPLATE_POINTS
from antigone.types import Float32Array, Uint8Array

BoolArray = NDArray[np.bool_]

VERSION = b"\x01"  # of how a hash is made; hashes of different versions are never compared
SIDE = 32  # cells along each side of the square
REACH = 1.6  # side of the square, in sides of the picture that the embedder is given
AROUND = 2.0  # standard deviation, in cells, of the Gaussian that says what is around a cell
PLAIN = 0.6  # a cell is lighter or darker from this share of the mean difference on
LEAST_CONTRAST = 0.25  # grey levels; less is rounding, in a wall or in the dark
HASH_BYTES = len(VERSION) + 2 * SIDE * SIDE // 8

ROUGHLY_ALIKE = 0.55  # correlation of blurred hashes below which they are not laid over each other
LEAST_SHARED = 0.12  # of the cells of the square that both hashes must be sure of
MOST_STRETCH = 1.6  # in any direction, to lay one hash over the other
UNLIKE = -1.0

_SAMPLES = 3  # along each side of a cell


def _spread(points: Float32Array) -> float:
    """Return the root mean square distance of (5, 2) points from (0, 0)."""
    return math.sqrt(float(np.vdot(points, points)) / len(points))


_SPREAD = _spread(TEMPLATE_POINTS - TEMPLATE_POINTS.mean(axis=0))
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 1e-3)
_SMOOTHING = 5  # cells: the derivatives of hashes that are three-valued need it
_NEXT_TO_EDGE = np.ones((5, 5), np.uint8)  # what is around these cells was cut off in part
_FINE = 0.7  # standard deviation, in cells, of the blur under which hashes are compared at last


def context_hash(rgb: Uint8Array, landmarks: Float32Array) -> bytes:
    """Return the `HASH_BYTES` bytes of a face with these (5, 2) landmarks in an (H, W, 3) uint8 photo.

    A face that lies on its side is hashed as if it stood upright.
    """
    cells, inside = _cells(rgb, landmarks)
    weight = inside.astype(np.float32)  # cells outside are zero and count for nothing
    contrast = cells - _blurred(cells, AROUND) / np.maximum(_blurred(weight, AROUND), np.float32(1e-3))
    contrast *= weight
    mean = cv2.norm(contrast, cv2.NORM_L1) / max(cv2.countNonZero(weight), 1)
    plain = max(PLAIN * mean, LEAST_CONTRAST)
    lighter, darker = contrast > plain, contrast < -plain
    # Two bits a cell; both are set where the square reaches over the edge of the photo.
    bits = np.stack([lighter | ~inside, darker | ~inside])
    return VERSION + np.packbits(bits).tobytes()


def _cells(rgb: Uint8Array, landmarks: Float32Array) -> tuple[Float32Array, BoolArray]:
    """Return the mean brightness of each cell, (SIDE, SIDE), and which cells lie inside the photo."""
    cells = np.zeros((SIDE, SIDE), np.float32)
    inside = np.zeros((SIDE, SIDE), np.bool_)
    middle = landmarks.mean(axis=0)
    cell = REACH * ALIGNED_SIDE / SIDE * _spread(landmarks - middle) / _SPREAD
    # NaN compares as False; a cell of more pixels than any photo has would make no sense either
    if not (1e-3 < cell < 1e6 and abs(float(middle[0])) < 1e9 and abs(float(middle[1])) < 1e9):
        return cells, inside
    columns, left, right = _within(float(middle[0]) + 0.5, cell, rgb.shape[1])  # edges, not middles, of
    rows, top, bottom = _within(float(middle[1]) + 0.5, cell, rgb.shape[0])  # pixels are counted from here
    if left < right and top < bottom:
        shape = (columns.stop - columns.start, rows.stop - rows.start)
        cells[rows, columns] = _averaged(rgb[top:bottom, left:right], shape)
        inside[rows, columns] = True
    across, down = map(float, landmarks[1] - landmarks[0])
    turns = round(math.degrees(math.atan2(down, across)) / 90)
    return np.rot90(cells, turns), np.rot90(inside, turns)


def _within(centre: float, cell: float, length: int) -> tuple[slice, int, int]:
    """Return which cells of an axis lie inside the photo, and from which pixel to which they reach.

    A cell that lies outside by no more than a quarter counts as inside.
    """
    begin = centre - cell * SIDE / 2
    first = max(math.ceil(-begin / cell - 0.25), 0)
    last = min(math.floor((length - begin) / cell + 0.25), SIDE)
    if first >= last:
        return slice(0, 0), 0, 0
    start = min(max(round(begin + cell * first), 0), length - 1)
    return slice(first, last), start, min(max(round(begin + cell * last), start + 1), length)


def _averaged(rgb: Uint8Array, shape: tuple[int, int]) -> Uint8Array:
    """Return the mean brightness of part of a photo in so many (columns, rows)."""
    # Averaging over areas of any size costs ten times as much as over squares of whole pixels, and of a
    # large face every few pixels are enough.
    step = max(min(rgb.shape[:2]) // (2 * _SAMPLES * SIDE), 1)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2GRAY)
    sampled = cv2.resize(grey, (_SAMPLES * shape[0], _SAMPLES * shape[1]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(sampled, shape, interpolation=cv2.INTER_AREA), np.uint8)


def _blurred(picture: Float32Array, deviation: float) -> Float32Array:
    return np.asarray(
        cv2.GaussianBlur(picture, (0, 0), deviation, borderType=cv2.BORDER_CONSTANT), np.float32
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """A context hash made ready for comparison."""

    bits: bytes = field(repr=False)  # the hash itself
    marks: Float32Array = field(repr=False)  # (SIDE, SIDE): 1 lighter, -1 darker, 0 neither or unknown
    known: Uint8Array = field(repr=False)  # (SIDE, SIDE): 255 inside the photo, 0 outside
    sure: Uint8Array = field(repr=False)  # the same without the cells next to the edge of the photo
    rough: Float32Array = field(repr=False)  # (SIDE, SIDE): blurred, of unit norm or all zero

    @classmethod
    def of(cls, hash_: bytes | None) -> Self | None:
        """Read a hash; None for one of another version, or where there is none."""
        if hash_ is None or len(hash_) != HASH_BYTES or not hash_.startswith(VERSION):
            return None
        bits = np.unpackbits(np.frombuffer(hash_, np.uint8, offset=len(VERSION))).reshape(2, SIDE, SIDE)
        marks = bits[0].astype(np.float32) - bits[1].astype(np.float32)
        rough = _blurred(marks, AROUND)
        norm = float(np.linalg.norm(rough))
        known = np.where(bits.all(axis=0), 0, 255).astype(np.uint8)
        return cls(
            bits=hash_,
            marks=marks,
            known=known,
            sure=np.asarray(
                cv2.erode(known, _NEXT_TO_EDGE, borderType=cv2.BORDER_CONSTANT, borderValue=255), np.uint8
            ),
            rough=rough / np.float32(norm) if norm > 0 else rough,
        )

    def mirrored(self) -> Self:
        """Return the context of the mirrored photo."""
        return type(self)(
            bits=self.bits,
            marks=np.ascontiguousarray(self.marks[:, ::-1]),
            known=np.ascontiguousarray(self.known[:, ::-1]),
            sure=np.ascontiguousarray(self.sure[:, ::-1]),
            rough=np.ascontiguousarray(self.rough[:, ::-1]),
        )


def likeness(a: Context, b: Context) -> float:
    """Say how well ``b``, or its mirror image, lies over ``a``: a correlation in [-1, 1], higher is more.

    Copies of a photo have about 0.9 to 1. `UNLIKE` where they are plainly different pictures or share too
    little.
    """
    # The cropped one is laid over the whole one, which goes better; and always in the same order, on which
    # the outcome depends a little.
    first, second = sorted((a, b), key=lambda context: (-cv2.countNonZero(context.known), context.bits))
    best = UNLIKE
    if _roughly(first, second.rough, second.known) >= ROUGHLY_ALIKE:
        best = _laid_over(first, second)
    if _roughly(first, second.rough[:, ::-1], second.known[:, ::-1]) >= ROUGHLY_ALIKE:
        best = max(best, _laid_over(first, second.mirrored()))
    return best


def _roughly(a: Context, rough: Float32Array, known: Uint8Array) -> float:
    """Correlate blurred hashes as they lie, over the cells that both know."""
    product = float(np.vdot(a.rough, rough))
    if product <= 0 or (a.known.all() and known.all()):
        return product
    norms = float(np.linalg.norm(a.rough[known > 0])) * float(np.linalg.norm(rough[a.known > 0]))
    return product / norms if norms > 0 else 0.0


def _laid_over(a: Context, b: Context) -> float:
    """Bring ``b`` over ``a`` and correlate the cells that both know.

    By the enhanced correlation coefficient (Evangelidis and Psarakis 2008) as OpenCV has it.
    """
    matrix = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(
            a.marks, b.marks, matrix, cv2.MOTION_AFFINE, _STEPS, b.known, _SMOOTHING
        )
    except cv2.error:  # the search for the best place ran away: they have none
        return UNLIKE
    stretch = np.linalg.svd(found[:, :2], compute_uv=False)
    if not 1 / MOST_STRETCH < stretch[1] <= stretch[0] < MOST_STRETCH:
        return UNLIKE
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    marks = np.asarray(cv2.warpAffine(b.marks, found, (SIDE, SIDE), flags=flags), np.float32)
    sure = np.asarray(cv2.warpAffine(b.sure, found, (SIDE, SIDE), flags=flags))
    shared = (sure > 250) & (a.sure > 250)
    if shared.mean() < LEAST_SHARED:
        return UNLIKE
    one, two = _blurred(a.marks, _FINE)[shared], _blurred(marks, _FINE)[shared]
    norms = float(np.linalg.norm(one)) * float(np.linalg.norm(two))
    return float(np.vdot(one, two)) / norms if norms > 0 else UNLIKE
