"""What every index of the gallery promises, whichever engine stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from antigone.types import Float32Array, Int64Array

Float16Array = NDArray[np.float16]
NO_REFERENCE = -1
NORM_TOLERANCE = 1e-3  # rounding a unit vector to float16 moves its norm by less than 5e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """The references most alike to each probe, in descending score; equal scores by ascending id."""

    ids: Int64Array  # (probes, top), padded with -1 where there are fewer references
    scores: Float32Array = field(repr=False)  # (probes, top), cosine in [-1, 1], padded with -inf
    exact: bool  # True when every reference was compared at the stored precision

    def __post_init__(self) -> None:
        if self.ids.ndim != 2 or self.ids.shape != self.scores.shape:
            raise ValueError(f"ids {self.ids.shape} and scores {self.scores.shape} must be alike and 2-D")


class GalleryIndex(Protocol):
    """The references of one collection and one model, ready for comparison.

    Templates are kept as float16. A comparison score is the inner product of the probe with the stored
    template, summed in float64, clipped to [-1, 1] and rounded to float32, so that every engine that
    compares exactly gives the same list. Searches may run in any number of threads, beside one writer.
    """

    def add(self, ids: Int64Array, templates: Float32Array | Float16Array) -> int:
        """Add references and return how many were new.

        ``ids`` is (n,) int64, not negative; ``templates`` is (n, D) float32 (or float16, as records keep
        them), finite and of unit norm. An id that is already there is ignored and keeps its template:
        reference ids are never used twice, so the same id is the same reference. Raises ``ValueError``
        and adds nothing when any row is not acceptable.
        """
        ...

    def remove(self, ids: Int64Array) -> int:
        """Remove references at once and return how many were there; unknown ids are ignored."""
        ...

    def search(self, probes: Float32Array, top: int, *, exact: bool = False) -> Neighbours:
        """Find the ``top`` most alike references of each probe.

        ``probes`` is (n, D) float32, finite and of unit norm. ``exact`` demands that every reference is
        compared at the stored precision; without it the index may use a compressed form to choose a
        shortlist. ``Neighbours.exact`` says which it was. Raises ``ValueError`` for other probes.
        """
        ...

    def count(self) -> int:
        """Return how many references a search compares."""
        ...

    def ids(self) -> Int64Array:
        """Return the ids of all references, ascending."""
        ...

    def highest_id(self) -> int:
        """Return the highest reference id, or 0 when there is none."""
        ...

    def flush(self) -> None:
        """Make the present state durable, where the index has a place to keep it."""
        ...

    def drop(self) -> None:
        """Forget every reference, in memory and on disk."""
        ...


def checked_ids(ids: Int64Array) -> Int64Array:
    """Return ids as a contiguous (n,) int64 array, or raise ``ValueError``."""
    array = np.asarray(ids)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"reference ids must be a 1-D array of integers, got {array.shape} {array.dtype}")
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int64).max):
        raise ValueError("reference ids must not be negative and must fit 64 bits")
    return np.ascontiguousarray(array, dtype=np.int64)


def checked_templates(templates: Float32Array | Float16Array, dimension: int, what: str) -> Float32Array:
    """Return templates as a contiguous (n, D) float32 array, or raise ``ValueError`` saying what is off."""
    array = np.asarray(templates)
    if array.ndim != 2 or array.shape[1] != dimension:
        raise ValueError(f"{what} must be (n, {dimension}), got {array.shape}")
    if array.dtype not in (np.float32, np.float16):
        raise ValueError(f"{what} must be float32, got {array.dtype}")
    rows: Float32Array = np.ascontiguousarray(array, dtype=np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    good = np.abs(norms - 1) <= NORM_TOLERANCE  # NaN and infinity compare as False
    if not good.all():
        first = int(np.argmin(good))
        kind = "has a norm other than 1" if np.isfinite(rows[first]).all() else "is not finite"
        raise ValueError(f"{np.count_nonzero(~good)} of {len(rows)} {what}: row {first} {kind}")
    return rows


def as_stored(templates: Float32Array | Float16Array, dimension: int) -> Float16Array:
    """Return templates as a contiguous (n, D) float16 array, or raise ``ValueError``."""
    rows = checked_templates(templates, dimension, "templates")
    half: Float16Array = np.ascontiguousarray(
        templates if templates.dtype == np.float16 else rows, dtype=np.float16
    )
    return half


def checked_top(top: int) -> int:
    """Return ``top``, or raise ``ValueError`` when it is below 1."""
    if top < 1:
        raise ValueError(f"a search returns at least one candidate, got top={top}")
    return top


def first_of_each(ids: Int64Array) -> Int64Array:
    """Return the positions, ascending, of the first row of every different id."""
    if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
        return np.arange(len(ids))
    return np.sort(np.unique(ids, return_index=True)[1])
