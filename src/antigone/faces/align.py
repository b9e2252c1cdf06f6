"""Five landmarks to a small picture of the face, eyes level, as embedders were trained on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.types import Eyes, Float32Array, Uint8Array

ALIGNED_SIDE = 112

LEAST_SCALE = 1e-4  # a face would be a million pixels wide
ENLARGED = 1.5  # times; a face that is enlarged more has some 75 pixels or fewer

# Where ArcFace-style embedders expect the landmarks in a 112x112 picture: the common template of
# "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (Deng et al. 2019), which SFace shares.
TEMPLATE_POINTS: Float32Array = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """What an embedder wants to be shown: how large a picture, and where in it the landmarks lie."""

    side: int  # pixels of the square picture
    points: Float32Array  # (5, 2) right eye, left eye, nose, mouth corners


ARCFACE = Alignment(side=ALIGNED_SIDE, points=TEMPLATE_POINTS)

# dlib cuts a face out by five or 68 points of its own. These are the places, in those pictures (150x150,
# padding 0.25), of the landmarks that YuNet gives: the mean over photos of LFW, made symmetric
# (docs/decisions/0020-second-opinion.md).
DLIB = Alignment(
    side=150,
    points=np.array(
        [[47.0, 45.7], [103.0, 45.7], [75.0, 77.6], [51.1, 102.6], [98.9, 102.6]],
        np.float32,
    ),
)
ALIGNMENTS: Mapping[str, Alignment] = MappingProxyType({"arcface-112": ARCFACE, "dlib-150": DLIB})


def face_unit(landmarks: Float32Array) -> float:
    """The distance between the eyes, or from eyes to mouth where a side pose makes that larger, in pixels."""
    across = np.linalg.norm(landmarks[1] - landmarks[0])
    height = np.linalg.norm(landmarks[3:].mean(axis=0) - landmarks[:2].mean(axis=0))
    return max(float(across), float(height))


def points_of_eyes(eyes: Eyes) -> Float32Array:
    """Return the (5, 2) landmarks of a frontal face whose eyes lie there, the others where they usually are.

    Two points fix turn, scale and shift exactly, so an aligned picture has the eyes where they belong.
    """
    usual = TEMPLATE_POINTS.astype(np.float64) @ np.array([1, 1j])
    right, left = complex(*eyes.right), complex(*eyes.left)
    placed = right + (usual - usual[0]) * (left - right) / (usual[1] - usual[0])
    return np.stack([placed.real, placed.imag], axis=1).astype(np.float32)


def similarity(landmarks: Float32Array, points: Float32Array = TEMPLATE_POINTS) -> NDArray[np.float64]:
    """The (2, 3) turn, scale and shift that brings (5, 2) landmarks nearest to ``points``.

    Least squares in closed form (Umeyama 1991, without reflection: a face has no mirror image).
    """
    source, target = landmarks.astype(np.float64), points.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    s, t = source - source_mean, target - target_mean
    spread = max(float((s * s).sum()), 1e-9)
    along = float((s * t).sum()) / spread
    across = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    if np.hypot(along, across) < LEAST_SCALE:  # landmarks in one spot or without order: no face to turn
        along, across = 1.0, 0.0
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def aligned(photo: Uint8Array, landmarks: Float32Array, alignment: Alignment = ARCFACE) -> Uint8Array:
    """Cut the face with the given (5, 2) landmarks out of an (H, W, 3) photo, as (side, side, 3)."""
    matrix, side = similarity(landmarks, alignment.points), alignment.side
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:
        photo, matrix = _shrunk_first(photo, matrix, scale, side)
    # A small face is enlarged with curves: straight lines between its few pixels lose what sharpness is left.
    way = cv2.INTER_CUBIC if scale > ENLARGED else cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(photo, matrix, (side, side), flags=way), np.uint8)


def _shrunk_first(
    photo: Uint8Array, matrix: NDArray[np.float64], scale: float, side: int
) -> tuple[Uint8Array, NDArray[np.float64]]:
    """Average a large face down before it is warped: sampling every few pixels would alias."""
    low, high = -2, side + 2  # a little more, so that no edge pixel is blended with black
    corners = np.array([[low, low], [high, low], [high, high], [low, high]])
    in_photo = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    height, width = photo.shape[:2]
    left, top = np.clip(np.floor(in_photo.min(axis=0)).astype(int), 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(in_photo.max(axis=0)).astype(int), [left + 1, top + 1], [width, height])
    part = photo[top:bottom, left:right]
    small_width, small_height = (max(1, round(side * scale)) for side in (right - left, bottom - top))
    small = np.asarray(cv2.resize(part, (small_width, small_height), interpolation=cv2.INTER_AREA), np.uint8)
    factors = np.array([(right - left) / small_width, (bottom - top) / small_height])
    # Pixel centres: x_photo = (x_small + 0.5) * factor - 0.5 + left.
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (0.5 * factors - 0.5 + [left, top])
    moved[:, :2] = matrix[:, :2] * factors
    return small, moved
