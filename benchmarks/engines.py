"""The indexes that are compared: each is filled once and searched at rising effort.

Every engine gets the same unit-norm templates, compares by inner product, and may use ``threads`` threads.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from antigone.gallery import FaissIndex, IndexOptions
from antigone.gallery.workers import Workers

Float32 = NDArray[np.float32]
Float16 = NDArray[np.float16]
Int64 = NDArray[np.int64]
Effort = tuple[int, ...]

CHUNK = 50_000
# How many candidates a search through a graph keeps at a time (ef).
WIDTHS: tuple[Effort, ...] = tuple((ef,) for ef in (64, 256, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768))


class NotBuiltInTimeError(Exception):
    """The index took longer to build than it was given; the message says how far it came."""


class Engine(Protocol):
    """One index under test."""

    name: ClassVar[str]
    efforts: ClassVar[Sequence[Effort]]  # settings from quick to thorough; one empty one where there are none

    def __init__(self, threads: int) -> None: ...

    def build(self, templates: Float16, give_up_after: float) -> None:
        """Fill the index with (n, D) templates numbered from 0. Raises `NotBuiltInTimeError`."""
        ...

    def set_effort(self, effort: Effort) -> None:
        """Choose how thoroughly to search."""
        ...

    def search(self, probes: Float32, top: int) -> Int64:
        """Return (n, top) numbers, best first."""
        ...


class _Unsettled:
    """An engine without a setting to trade recall for time."""

    efforts: ClassVar[Sequence[Effort]] = [()]

    def set_effort(self, effort: Effort) -> None:
        """Do nothing."""


class Antigone(_Unsettled):
    """Our index with its default settings."""

    name: ClassVar[str] = "Antigone"
    exact = False

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.index: FaissIndex | None = None

    def build(self, templates: Float16, give_up_after: float) -> None:
        """See ``Engine.build``."""
        self.index = FaissIndex(IndexOptions(dimension=templates.shape[1]), workers=Workers(self._threads))
        self.index.add_all(
            (np.arange(start, min(start + CHUNK, len(templates))), templates[start : start + CHUNK])
            for start in range(0, len(templates), CHUNK)
        )

    def search(self, probes: Float32, top: int) -> Int64:
        """See ``Engine.search``."""
        assert self.index is not None
        return self.index.search(probes, top, exact=self.exact).ids


class AntigoneExact(Antigone):
    """Our index when every reference is to be compared at full precision."""

    name: ClassVar[str] = "Antigone, --exact"
    exact = True


class _Faiss:
    """An index of FAISS by its factory string."""

    factory: ClassVar[str]
    training_rows: ClassVar[int] = 65_536

    def __init__(self, threads: int) -> None:
        faiss.omp_set_num_threads(threads)
        self._index: Any = None

    def build(self, templates: Float16, give_up_after: float) -> None:
        """See ``Engine.build``."""
        self._index = faiss.index_factory(templates.shape[1], self.factory, faiss.METRIC_INNER_PRODUCT)
        self._prepare()
        if not self._index.is_trained:
            step = max(1, len(templates) // self.training_rows)
            self._index.train(templates[::step].astype(np.float32))
        _in_chunks(templates, give_up_after, lambda _, rows: self._index.add(rows))

    def _prepare(self) -> None:
        """Set what must be set before anything is added."""

    def search(self, probes: Float32, top: int) -> Int64:
        """See ``Engine.search``."""
        found: Int64 = self._index.search(probes, top)[1]
        return found


class FaissFlat(_Unsettled, _Faiss):
    """Every template at float32."""

    name: ClassVar[str] = "FAISS Flat"
    factory = "Flat"


class FaissSq8(_Unsettled, _Faiss):
    """Every template at eight bits a number."""

    name: ClassVar[str] = "FAISS SQ8"
    factory = "SQ8"


class FaissHnsw(_Faiss):
    """A graph of 32 links over templates at eight bits a number."""

    name: ClassVar[str] = "FAISS HNSW32 SQ8"
    factory = "HNSW32_SQ8"
    efforts: ClassVar[Sequence[Effort]] = WIDTHS

    def _prepare(self) -> None:
        self._index.hnsw.efConstruction = 128

    def set_effort(self, effort: Effort) -> None:
        """Set ef."""
        self._index.hnsw.efSearch = effort[0]


class Hnswlib:
    """A graph of 32 links over float32 templates."""

    name: ClassVar[str] = "hnswlib"
    efforts: ClassVar[Sequence[Effort]] = WIDTHS

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._index: Any = None

    def build(self, templates: Float16, give_up_after: float) -> None:
        """See ``Engine.build``."""
        import hnswlib

        self._index = hnswlib.Index("ip", templates.shape[1])
        self._index.init_index(len(templates), M=32, ef_construction=128)
        self._index.set_num_threads(self._threads)
        _in_chunks(
            templates,
            give_up_after,
            lambda start, rows: self._index.add_items(rows, start + np.arange(len(rows))),
        )

    def set_effort(self, effort: Effort) -> None:
        """Set ef."""
        self._index.set_ef(effort[0])

    def search(self, probes: Float32, top: int) -> Int64:
        """See ``Engine.search``."""
        found: Int64 = self._index.knn_query(probes, top)[0].astype(np.int64)
        return found


class _Usearch:
    """A graph of 32 links over templates at reduced precision."""

    precision: ClassVar[str]
    efforts: ClassVar[Sequence[Effort]] = WIDTHS

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._index: Any = None

    def build(self, templates: Float16, give_up_after: float) -> None:
        """See ``Engine.build``."""
        from usearch.index import Index

        self._index = Index(
            ndim=templates.shape[1], metric="ip", dtype=self.precision, connectivity=32, expansion_add=128
        )
        _in_chunks(
            templates,
            give_up_after,
            lambda start, rows: self._index.add(start + np.arange(len(rows)), rows, threads=self._threads),
        )

    def set_effort(self, effort: Effort) -> None:
        """Set the width of the search."""
        self._index.expansion_search = effort[0]

    def search(self, probes: Float32, top: int) -> Int64:
        """See ``Engine.search``."""
        matches = self._index.search(probes, top, threads=self._threads)
        found: Int64 = np.atleast_2d(matches.keys).astype(np.int64)
        return found


class UsearchF16(_Usearch):
    """usearch at float16."""

    name: ClassVar[str] = "usearch f16"
    precision = "f16"


class UsearchI8(_Usearch):
    """usearch at eight bits."""

    name: ClassVar[str] = "usearch i8"
    precision = "i8"


class _LanceDb:
    """A table on disk with inverted lists; the candidates are re-scored from the stored templates."""

    kind: ClassVar[str]
    efforts: ClassVar[Sequence[Effort]] = [(20, 1), (64, 4), (128, 10), (256, 20), (512, 40), (1_024, 80)]

    def __init__(self, threads: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lance-")
        self._table: Any = None
        self._effort: Effort = self.efforts[0]

    def build(self, templates: Float16, give_up_after: float) -> None:
        """See ``Engine.build``."""
        import lancedb
        import pyarrow as pa

        dimension = templates.shape[1]

        def batches() -> Iterator[Any]:
            for start in range(0, len(templates), CHUNK):
                rows = templates[start : start + CHUNK].astype(np.float32)
                vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), dimension)
                yield pa.RecordBatch.from_arrays(
                    [pa.array(np.arange(start, start + len(rows))), vectors], names=["id", "vector"]
                )

        schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32(), dimension))])
        database = lancedb.connect(Path(self._folder.name))
        self._table = database.create_table("references", data=batches(), schema=schema)
        self._table.create_index(metric="dot", index_type=self.kind, **self._options(dimension))

    def _options(self, dimension: int) -> dict[str, int]:
        return {}

    def set_effort(self, effort: Effort) -> None:
        """Set how many lists are probed, and how many times the wanted candidates are re-scored."""
        self._effort = effort

    def search(self, probes: Float32, top: int) -> Int64:
        """See ``Engine.search``."""
        lists, refine = self._effort
        found = np.full((len(probes), top), -1, np.int64)
        for row, probe in enumerate(probes):
            query = self._table.search(probe).distance_type("dot").nprobes(lists).refine_factor(refine)
            ids = query.select(["id", "_distance"]).limit(top).to_arrow()["id"].to_numpy()
            found[row, : len(ids)] = ids
        return found


class LanceIvfPq(_LanceDb):
    """LanceDB with product-quantised inverted lists."""

    name: ClassVar[str] = "LanceDB IVF_PQ"
    kind = "IVF_PQ"

    def _options(self, dimension: int) -> dict[str, int]:
        return {"num_sub_vectors": dimension // 4}


class LanceIvfRq(_LanceDb):
    """LanceDB with RaBitQ-coded inverted lists."""

    name: ClassVar[str] = "LanceDB IVF_RQ"
    kind = "IVF_RQ"


OURS: tuple[type[Engine], ...] = (Antigone, AntigoneExact)
PEERS: tuple[type[Engine], ...] = (
    FaissFlat,
    FaissSq8,
    LanceIvfPq,
    LanceIvfRq,
    FaissHnsw,
    Hnswlib,
    UsearchF16,
    UsearchI8,
)
ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (*OURS, *PEERS)}


def _in_chunks(templates: Float16, give_up_after: float, add: Callable[[int, Float32], object]) -> None:
    began = time.perf_counter()
    for start in range(0, len(templates), CHUNK):
        if time.perf_counter() - began > give_up_after:
            raise NotBuiltInTimeError(f"{start:,} of {len(templates):,} in {give_up_after:.0f} s")
        add(start, templates[start : start + CHUNK].astype(np.float32))
