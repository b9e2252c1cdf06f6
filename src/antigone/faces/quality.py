"""How fit a face is for comparison, from what can be measured on its aligned picture.

Each part answers one question a person would ask (too small? blurred? too dark? turned away? covered?).
``evidence`` is the embedder's own answer: the length of the template before it is normalised, which says
more than all the others together. The score is their weighted sum, with weights fitted by least squares to
the scores of mated pairs of clean and degraded photos (docs/decisions/0006-quality.md).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.faces.align import face_unit
from antigone.types import Float32Array, Quality, Uint8Array

FACE = (slice(30, 108), slice(22, 90))  # rows and columns of brow to chin in the aligned picture
REGIONS = (  # within it
    (slice(12, 32), slice(4, 30)),  # right eye
    (slice(12, 32), slice(38, 64)),  # left eye
    (slice(54, 72), slice(14, 54)),  # mouth
)
WEIGHTS = {"evidence": 0.84, "size": 0.01, "sharpness": 0.04, "light": 0.03, "pose": 0.03, "occlusion": 0.05}
SMALL_UNIT, FULL_UNIT = 5.0, 35.0  # pixels between the eyes: hopeless, and what the embedder takes in
FLAT = 0.2  # of the face's strong gradients; what is below is without structure


def measure_quality(
    crop: Uint8Array, landmarks: Float32Array, *, length: float, clear_length: float | None
) -> Quality:
    """Measure one face: its (112, 112, 3) aligned picture, its (5, 2) landmarks in pixels of the photo.

    ``length`` is that of the raw template; without a ``clear_length`` to hold it against, ``evidence``
    is the mean of the other parts.
    """
    grey = cv2.cvtColor(crop[FACE], cv2.COLOR_RGB2GRAY)
    fine, coarse = (cv2.GaussianBlur(grey, size, sigma) for size, sigma in (((5, 5), 1.0), ((9, 9), 2.0)))
    broad = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    parts = {
        "size": _size(landmarks),
        "sharpness": _sharpness(grey, fine, coarse, broad),
        "light": _light(grey, coarse),
        "pose": _pose(landmarks),
        "occlusion": _uncovered(fine),
    }
    parts["evidence"] = (
        _unit(length / clear_length - 0.5) if clear_length else sum(parts.values()) / len(parts)
    )
    score = sum(WEIGHTS[name] * value for name, value in parts.items())
    return Quality(score=100 * score, **{name: 100 * value for name, value in parts.items()})


def _unit(value: float) -> float:
    """Clip to 0..1."""
    return min(max(float(value), 0.0), 1.0)


def _size(landmarks: Float32Array) -> float:
    """Pixels of the face on a logarithmic scale: each doubling is worth the same."""
    return _unit(math.log(max(face_unit(landmarks), 1e-3) / SMALL_UNIT) / math.log(FULL_UNIT / SMALL_UNIT))


def _sharpness(grey: Uint8Array, fine: Uint8Array, coarse: Uint8Array, broad: Uint8Array) -> float:
    """Detail between one and two pixels beside the face's contrast, less what noise pretends."""
    detail = _spread(cv2.subtract(fine, coarse, dtype=cv2.CV_16S)) / (_spread(broad) + 4)
    noise = _spread(cv2.subtract(grey, fine, dtype=cv2.CV_16S)) / (_spread(fine) + 2)
    return _unit((detail - 0.04) / 0.11) * (1 - _unit((noise - 0.2) / 0.3))


def _spread(values: NDArray[np.generic]) -> float:
    """Standard deviation."""
    return float(cv2.meanStdDev(values)[1][0, 0])


def _light(grey: Uint8Array, coarse: Uint8Array) -> float:
    """Neither dark nor burnt out, with a range of tones, few of them clipped."""
    shares = np.cumsum(np.bincount(grey.ravel(), minlength=256)) / grey.size
    clipped = float(shares[4] + 1 - shares[250])
    smooth = np.cumsum(np.bincount(coarse.ravel(), minlength=256)) / coarse.size
    low, high = np.searchsorted(smooth, (0.05, 0.95))
    mean = float(cv2.mean(grey)[0])
    return (
        _unit((mean - 5) / 60)
        * _unit((250 - mean) / 60)
        * _unit((high - low) / 50)
        * (1 - _unit(clipped * 1.2))
    )


def _pose(landmarks: Float32Array) -> float:
    """How frontal: the nose between the eyes, the eyes apart, the nose between eyes and mouth."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    across = landmarks[1] - landmarks[0]
    distance, height = float(np.linalg.norm(across)), float(np.linalg.norm(mouth - eyes))
    along = across / max(distance, 1e-6)
    nose = landmarks[2] - eyes
    sideways = abs(float(nose @ along)) / max(distance, height, 1e-6)
    downwards = float(nose @ np.array([-along[1], along[0]])) / max(height, 1e-6)
    return (
        (1 - _unit((sideways - 0.05) / 0.45))
        * _unit((distance / max(height, 1e-6) - 0.3) / 0.5)
        * (1 - _unit(abs(downwards - 0.55) / 0.5))
    )


def _uncovered(fine: Uint8Array) -> float:
    """Whether eyes and mouth show structure: masks, bars and dark glasses are flat."""
    across, down = cv2.spatialGradient(fine)
    steep = cv2.add(cv2.convertScaleAbs(across), cv2.convertScaleAbs(down))
    shares = np.cumsum(np.bincount(steep.ravel(), minlength=256)) / steep.size
    flat = steep < FLAT * np.searchsorted(shares, 0.8)
    return 1 - _unit((max(np.count_nonzero(flat[r]) / flat[r].size for r in REGIONS) - 0.2) / 0.4)
