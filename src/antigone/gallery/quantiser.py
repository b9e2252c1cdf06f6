"""The compressed form in which every template is scanned: two dimensions in four bits."""

from __future__ import annotations

import faiss

from antigone.gallery.workers import faiss_threads
from antigone.types import Float32Array, Int64Array, Uint8Array

BITS = 4
DIMENSIONS_PER_CODE = 2
TRAINING_ROWS = 4_096  # sixteen times as many raised recall by less than the choice of rows did
FEWEST_TRAINING_ROWS = 1_000  # below this sixteen centroids a subspace are poorly fixed


def suits(dimension: int) -> bool:
    """Say whether templates of this dimension can be compressed; others are always compared exactly."""
    return dimension % DIMENSIONS_PER_CODE == 0


class Quantiser:
    """A trained product quantiser, and the maker of the packed codes that are scanned.

    All codes of an index come from one quantiser, so approximate scores of different segments compare.
    """

    def __init__(self, empty: faiss.IndexPQFastScan) -> None:
        self._empty = empty

    @classmethod
    def train(cls, rows: Float32Array) -> Quantiser:
        """Fit a quantiser to (n, D) float32 templates."""
        dimension = rows.shape[1]
        index = faiss.IndexPQFastScan(
            dimension, dimension // DIMENSIONS_PER_CODE, BITS, faiss.METRIC_INNER_PRODUCT
        )
        with faiss_threads(1):  # a third of a second; on two busy processors OpenMP makes it twenty
            index.train(rows)
        return cls(index)

    @property
    def dimension(self) -> int:
        """Return the dimension of the templates it was trained on."""
        return int(self._empty.d)

    def encode(self, rows: Float32Array) -> faiss.IndexPQFastScan:
        """Return (n, D) float32 templates as packed codes."""
        return extended_codes(self._empty, rows)

    def to_array(self) -> Uint8Array:
        """Return the quantiser in FAISS's own form."""
        data: Uint8Array = faiss.serialize_index(self._empty)
        return data

    @classmethod
    def from_array(cls, data: Uint8Array) -> Quantiser:
        """Return the quantiser that ``to_array`` wrote; the bytes must have been verified before."""
        return cls(as_codes(faiss.deserialize_index(data)))


def as_codes(index: faiss.Index) -> faiss.IndexPQFastScan:
    """Return the same object where it holds packed codes; raise ``ValueError`` otherwise."""
    if not isinstance(index, faiss.IndexPQFastScan):
        raise ValueError(f"expected packed codes, got {type(index).__name__}")
    return index


def extended_codes(codes: faiss.IndexPQFastScan, rows: Float32Array) -> faiss.IndexPQFastScan:
    """Return a copy of packed codes with those of (n, D) further templates behind them."""
    copy = as_codes(faiss.clone_index(codes))
    with faiss_threads(1):
        copy.add(rows)
    return copy


def reduced_codes(codes: faiss.IndexPQFastScan, gone: Int64Array) -> faiss.IndexPQFastScan:
    """Return a copy of packed codes without the rows at (m,) positions; the others keep their order."""
    copy = as_codes(faiss.clone_index(codes))
    copy.remove_ids(faiss.IDSelectorBatch(gone))
    return copy
