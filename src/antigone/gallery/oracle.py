"""The brute-force index: the plainest code that can be right, against which the others are tested."""

from __future__ import annotations

import numpy as np

from antigone.gallery.protocol import (
    Float16Array,
    Neighbours,
    as_stored,
    checked_ids,
    checked_templates,
    checked_top,
    first_of_each,
)
from antigone.gallery.scoring import best, exact_scores
from antigone.types import Float32Array, Int64Array


class NumpyIndex:
    """A ``GalleryIndex`` in memory that compares every template, one probe at a time."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._held: tuple[Int64Array, Float16Array] = self._nothing()

    def _nothing(self) -> tuple[Int64Array, Float16Array]:
        return np.empty(0, np.int64), np.empty((0, self.dimension), np.float16)

    def add(self, ids: Int64Array, templates: Float32Array | Float16Array) -> int:
        """Add references; see ``GalleryIndex.add``."""
        ids = checked_ids(ids)
        rows = as_stored(templates, self.dimension)
        if len(ids) != len(rows):
            raise ValueError(f"{len(ids)} ids for {len(rows)} templates")
        held_ids, held_rows = self._held
        first = first_of_each(ids)
        new = first[~np.isin(ids[first], held_ids)]
        self._held = (
            np.concatenate([held_ids, ids[new]]),
            np.concatenate([held_rows, rows[new]]),
        )
        return len(new)

    def remove(self, ids: Int64Array) -> int:
        """Remove references; see ``GalleryIndex.remove``."""
        held_ids, held_rows = self._held
        keep = ~np.isin(held_ids, checked_ids(ids))
        self._held = (held_ids[keep], held_rows[keep])
        return int(np.count_nonzero(~keep))

    def search(self, probes: Float32Array, top: int, *, exact: bool = False) -> Neighbours:
        """Search; always exact. See ``GalleryIndex.search``."""
        probes = checked_templates(probes, self.dimension, "probes")
        checked_top(top)
        ids, rows = self._held
        found = [best(ids, exact_scores(probe, rows), top) for probe in probes]
        return Neighbours(
            ids=np.array([f[0] for f in found], np.int64).reshape(len(probes), top),
            scores=np.array([f[1] for f in found], np.float32).reshape(len(probes), top),
            exact=True,
        )

    def count(self) -> int:
        """Return how many references are held."""
        return len(self._held[0])

    def ids(self) -> Int64Array:
        """Return the ids of all references, ascending."""
        return np.sort(self._held[0])

    def highest_id(self) -> int:
        """Return the highest reference id, or 0 when there is none."""
        return int(self._held[0].max(initial=0))

    def flush(self) -> None:
        """Do nothing: this index lives in memory only."""

    def drop(self) -> None:
        """Forget every reference."""
        self._held = self._nothing()
