"""Several templates of one person, made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antigone.types import Face, Float32Array

LEAST_WEIGHT = 1.0  # a face of quality 0 still counts a little: it may be the only one
LEAST_NORM = 1e-3  # below this the faces cancel each other out and the mean points nowhere


def fuse(faces: Sequence[Face]) -> Float32Array | None:
    """Return the quality-weighted mean of the faces' templates, (D,) float32 of unit norm.

    None where they have nothing in common, so that the mean points nowhere.
    """
    weights = np.array([max(face.quality.score, LEAST_WEIGHT) for face in faces], np.float32)
    mean = np.einsum("n,nd->d", weights / weights.sum(), np.stack([face.template for face in faces]))
    norm = float(np.linalg.norm(mean))
    if norm < LEAST_NORM:
        return None
    fused: Float32Array = (mean / norm).astype(np.float32)
    return fused
