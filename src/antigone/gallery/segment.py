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
from antigone.types import Float32Array, Int64Array, Uint8Array

_PADDING = 32  # rows asked for beyond the wanted ones, so that ties at the edge rarely need a second scan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """References with their float16 templates and, once a quantiser is trained, their packed codes."""

    ids: Int64Array = field(repr=False)  # (n,)
    store: faiss.IndexScalarQuantizer = field(repr=False)  # holds or maps the float16 rows
    codes: faiss.IndexPQFastScan | None = field(repr=False)
    highest_id: int
    name: str  # names the files on disk; new content always has a new name

    @classmethod
    def of(cls, ids: Int64Array, rows: Float16Array, quantiser: Quantiser | None) -> Segment:
        """Build a segment from (n,) ids and (n, D) float16 rows, n at least 1."""
        codes = quantiser.encode(rows.astype(np.float32)) if quantiser else None
        return cls.around(ids, store_of(rows), codes)

    @classmethod
    def around(
        cls,
        ids: Int64Array,
        store: faiss.IndexScalarQuantizer,
        codes: faiss.IndexPQFastScan | None,
        *,
        name: str = "",
    ) -> Segment:
        """Build a segment from parts that belong together; without a name it is new content."""
        if not len(ids) == store.ntotal > 0 or (codes is not None and codes.ntotal != len(ids)):
            raise ValueError("the parts of a segment do not belong together")
        ids = np.ascontiguousarray(ids)
        ids.flags.writeable = False
        return cls(ids=ids, store=store, codes=codes, highest_id=int(ids.max()), name=name or uuid4().hex)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> Float16Array:
        """Return the stored templates, (n, D) float16: a read-only view that copies nothing."""
        return self._raw().view(np.float16)

    def take(self, positions: Int64Array) -> Float16Array:
        """Return the templates at (m,) positions, (m, D) float16.

        Bytes are taken, not numbers: in a mapped file the rows may lie at odd addresses, and NumPy would
        first copy them all to even ones.
        """
        return self._raw().take(positions, axis=0).view(np.float16)

    def _raw(self) -> Uint8Array:
        view: Uint8Array = faiss.rev_swig_ptr(self.store.codes.data(), self.store.codes.size())
        view.flags.writeable = False  # the memory may be a mapped file, where a write would be fatal
        return view.reshape(len(self.ids), -1)

    def extended(self, ids: Int64Array, rows: Float16Array) -> Segment:
        """Return a segment with further references behind these."""
        codes = None if self.codes is None else extended_codes(self.codes, rows.astype(np.float32))
        store = store_of(np.concatenate([self.rows, rows]))
        return Segment.around(np.concatenate([self.ids, ids]), store, codes)

    def encoded(self, quantiser: Quantiser) -> Segment:
        """Return the same references with codes of this quantiser."""
        return Segment.around(self.ids, self.store, quantiser.encode(self.rows.astype(np.float32)))

    def without(self, gone: NDArray[np.bool_]) -> Segment:
        """Return a segment without the rows that ``gone`` (n,) marks; some must stay."""
        codes = None if self.codes is None else reduced_codes(self.codes, np.flatnonzero(gone))
        return Segment.around(self.ids[~gone], store_of(self.take(np.flatnonzero(~gone))), codes)

    def holds(self, ids: Int64Array) -> NDArray[np.bool_]:
        """Say of each of (m,) ids whether it is in this segment."""
        if not len(ids) or ids.min() > self.highest_id:
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
