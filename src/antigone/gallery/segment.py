"""A run of references that never changes: searches read it freely while a writer prepares the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import faiss
import numpy as np
from numpy.typing import NDArray

from antigone.gallery.protocol import Float16Array
from antigone.gallery.quantiser import Quantiser, extended_codes, reduced_codes
from antigone.gallery.scoring import rounding_bound
from antigone.types import Float32Array, Int64Array

_PADDING = 32  # rows asked for beyond the wanted ones, so that ties at the edge rarely need a second scan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """References with their float16 templates and, once a quantiser is trained, their packed codes."""

    ids: Int64Array = field(repr=False)  # (n,)
    store: faiss.IndexScalarQuantizer = field(repr=False)  # holds or maps the float16 rows
    codes: faiss.IndexPQFastScan | None = field(repr=False)
    name: str  # names the files on disk; new content always has a new name

    @classmethod
    def of(cls, ids: Int64Array, rows: Float16Array, quantiser: Quantiser | None) -> Segment:
        """Build a segment from (n,) ids and (n, D) float16 rows."""
        store = store_of(rows)
        codes = quantiser.encode(rows.astype(np.float32)) if quantiser else None
        return cls(ids=_frozen(ids), store=store, codes=codes, name=uuid4().hex)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> Float16Array:
        """Return the stored templates, (n, D) float16: a read-only view that copies nothing."""
        if not len(self.ids):
            return np.empty((0, self.store.d), np.float16)
        pointer = faiss.rev_swig_ptr(self.store.codes.data(), self.store.codes.size())
        view: Float16Array = pointer.view(np.float16).reshape(-1, self.store.d)
        view.flags.writeable = False  # the memory may be a mapped file, where a write would be fatal
        return view

    def extended(self, ids: Int64Array, rows: Float16Array) -> Segment:
        """Return a segment with further references behind these."""
        codes = None if self.codes is None else extended_codes(self.codes, rows.astype(np.float32))
        return Segment(
            ids=_frozen(np.concatenate([self.ids, ids])),
            store=store_of(np.concatenate([self.rows, rows])),
            codes=codes,
            name=uuid4().hex,
        )

    def encoded(self, quantiser: Quantiser) -> Segment:
        """Return the same references with codes of this quantiser."""
        codes = quantiser.encode(self.rows.astype(np.float32))
        return Segment(ids=self.ids, store=self.store, codes=codes, name=uuid4().hex)

    def without(self, gone: NDArray[np.bool_]) -> Segment:
        """Return a segment without the rows that ``gone`` (n,) marks."""
        keep = ~gone
        codes = None if self.codes is None else reduced_codes(self.codes, np.flatnonzero(gone))
        return Segment(
            ids=_frozen(self.ids[keep]), store=store_of(self.rows[keep]), codes=codes, name=uuid4().hex
        )

    def holds(self, ids: Int64Array) -> NDArray[np.bool_]:
        """Say of each of (m,) ids whether it is in this segment."""
        if not len(self) or not len(ids) or ids.min() > self.ids.max() or ids.max() < self.ids.min():
            return np.zeros(len(ids), np.bool_)
        return np.isin(ids, self.ids)

    def scan(self, probes: Float32Array, top: int) -> tuple[Float32Array, Int64Array]:
        """Return approximate scores and positions, (probes, min(top, n)), best first, from the codes."""
        if self.codes is None:
            raise ValueError("a segment without codes cannot be scanned")
        scores, positions = self.codes.search(probes, min(top, len(self)))
        return scores, positions

    def nearest(self, probe: Float32Array, top: int) -> tuple[Int64Array, Float32Array]:
        """Return positions and float32 scores of every row that may be among the ``top`` best for (D,).

        The scores are good to ``rounding_bound``; more than ``top`` rows come back where ties within that
        bound leave it open which of them belong to the list.
        """
        return nearest_in(self.store, probe, top)


def nearest_in(
    store: faiss.IndexScalarQuantizer, probe: Float32Array, top: int
) -> tuple[Int64Array, Float32Array]:
    """Compare one probe (D,) with every row of a store; see ``Segment.nearest``."""
    wanted = min(top + _PADDING, store.ntotal)
    if wanted == 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    query = probe.reshape(1, -1)
    scores, positions = store.search(query, wanted)
    if wanted == store.ntotal:
        return positions[0], scores[0]
    edge = min(float(scores[0, top - 1]), 1.0) - 2 * rounding_bound(store.d)
    if scores[0, -1] >= edge:  # too many near-equal rows to know the list from this scan
        _, near_scores, near_positions = store.range_search(query, edge)
        return near_positions, near_scores
    return positions[0], scores[0]


def store_of(rows: Float16Array) -> faiss.IndexScalarQuantizer:
    """Copy (n, D) float16 rows into a store that compares exactly."""
    store = faiss.IndexScalarQuantizer(
        rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    if len(rows):
        store.add_sa_codes(_bytes_of(rows))
    return store


def _bytes_of(rows: Float16Array) -> NDArray[np.uint8]:
    return np.ascontiguousarray(rows).view(np.uint8)


def _frozen(ids: Int64Array) -> Int64Array:
    ids = np.ascontiguousarray(ids)
    ids.flags.writeable = False
    return ids
