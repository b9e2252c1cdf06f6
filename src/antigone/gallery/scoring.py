"""The one definition of a comparison score and of the order of candidates."""

from __future__ import annotations

import numpy as np

from antigone.gallery.protocol import NO_REFERENCE, Float16Array
from antigone.types import Float32Array, Int64Array


def exact_scores(probe: Float32Array, rows: Float16Array) -> Float32Array:
    """Compare one probe (D,) with stored templates (n, D); return (n,) float32 in [-1, 1].

    The sum runs in float64 over one row at a time, so a score depends on the two templates alone and
    not on which rows happened to be scored together.
    """
    products = rows.astype(np.float64)
    products *= probe.astype(np.float64)
    scores: Float32Array = products.sum(axis=1).astype(np.float32).clip(-1, 1)
    return scores


def rounding_bound(dimension: int) -> float:
    """Bound how far a score summed in float32, in any order, may lie from its exact value."""
    return float((dimension + 2) * np.finfo(np.float32).eps)


def cutoff(scores: Float32Array, top: int, dimension: int) -> float:
    """Return the score below which no row can be among the ``top`` best.

    ``scores`` (n,) are summed in float32, in any order; with fewer rows than ``top`` nothing is cut.
    """
    if len(scores) <= top:
        return -np.inf
    kth = np.partition(scores, len(scores) - top)[len(scores) - top]
    return min(float(kth), 1.0) - 2 * rounding_bound(dimension)


def best(ids: Int64Array, scores: Float32Array, top: int) -> tuple[Int64Array, Float32Array]:
    """Return the ``top`` best of (n,) ids and scores, in order, padded to length ``top``."""
    order = np.lexsort((ids, -scores))[:top]
    best_ids = np.full(top, NO_REFERENCE, np.int64)
    best_scores = np.full(top, -np.inf, np.float32)
    best_ids[: len(order)] = ids[order]
    best_scores[: len(order)] = scores[order]
    return best_ids, best_scores
