"""How templates are compared: ours by cosine, those of other systems as their makers say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Similarity = Callable[[Float32Array, Float32Array], Float32Array]


def cosine(probes: Float32Array, references: Float32Array) -> Float32Array:
    """Comparison scores (n, m) of unit-norm templates."""
    return probes @ references.T


def negative_distance(probes: Float32Array, references: Float32Array) -> Float32Array:
    """Comparison scores (n, m) for models compared by Euclidean distance: its negative."""
    squares = (
        (probes * probes).sum(1)[:, None] + (references * references).sum(1) - 2 * (probes @ references.T)
    )
    return np.asarray(-np.sqrt(np.maximum(squares, 0)), dtype=np.float32)


def row_scores(first: Float32Array, second: Float32Array, similarity: Similarity = cosine) -> Float32Array:
    """Comparison scores (n,) of the rows of two (n, D) arrays, row by row; NaN where either is NaN."""
    if similarity is cosine:
        return np.asarray(np.einsum("nd,nd->n", first, second), dtype=np.float32)
    return np.array(
        [similarity(one[None], other[None])[0, 0] for one, other in zip(first, second, strict=True)],
        dtype=np.float32,
    )
