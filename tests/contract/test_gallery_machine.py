"""Any sequence of operations leaves the embedded index and the oracle with the same contents and answers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from antigone.gallery import FaissIndex, IndexOptions, NumpyIndex
from antigone.gallery.cache import IndexCache
from antigone.gallery.workers import Workers
from antigone.types import Float32Array

DIMENSION = 4
POOL = 3_000


def _pool() -> Float32Array:
    """Templates with many equal and nearly equal ones, so that ties happen all the time."""
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((40, DIMENSION))[rng.integers(0, 40, POOL)]
    rows += rng.choice([0, 1e-4, 0.1], (POOL, 1)) * rng.standard_normal((POOL, DIMENSION))
    rows[::50] = rng.integers(-1, 2, (POOL // 50, DIMENSION)) + np.array([[0, 0, 0, 2]])
    unit: Float32Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


TEMPLATES = _pool()
starts = st.integers(0, POOL - 1)


class GalleryMachine(RuleBasedStateMachine):
    @initialize(
        exact_below=st.sampled_from([0, 1_500, 30_000]),
        segment_rows=st.sampled_from([40, 300, 2_000]),
        fresh_rows=st.sampled_from([1, 30, 500]),
        threads=st.sampled_from([1, 2]),
    )
    def begin(self, exact_below: int, segment_rows: int, fresh_rows: int, threads: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.options = IndexOptions(
            dimension=DIMENSION,
            exact_below=exact_below,
            shortlist=100,
            segment_rows=segment_rows,
            fresh_rows=fresh_rows,
        )
        self.workers = Workers(threads)
        self.oracle = NumpyIndex(DIMENSION)
        self.index = self.open()

    def open(self) -> FaissIndex:
        cache = IndexCache(folder=self.folder, identity={"dimension": DIMENSION})
        return FaissIndex(self.options, workers=self.workers, cache=cache)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(start=starts, count=st.integers(0, 1_200), step=st.sampled_from([1, -1, 7]))
    def add(self, start: int, count: int, step: int) -> None:
        ids = (start + step * np.arange(count)) % POOL
        assert self.index.add(ids, TEMPLATES[ids]) == self.oracle.add(ids, TEMPLATES[ids])

    @rule(start=starts, count=st.integers(0, 900), step=st.sampled_from([1, 3]))
    def remove(self, start: int, count: int, step: int) -> None:
        ids = (start + step * np.arange(count)) % POOL
        assert self.index.remove(ids) == self.oracle.remove(ids)

    @rule()
    def flush(self) -> None:
        self.index.flush()

    @rule()
    def reopen(self) -> None:
        self.index.flush()
        self.index = self.open()
        assert self.index.load()

    @rule()
    def drop(self) -> None:
        self.index.drop()
        self.oracle.drop()

    @rule(probe=starts, top=st.integers(1, 60))
    def search_exactly(self, probe: int, top: int) -> None:
        probes = TEMPLATES[[probe, (probe * 31) % POOL]]
        ours, theirs = self.index.search(probes, top, exact=True), self.oracle.search(probes, top)
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        np.testing.assert_array_equal(ours.scores, theirs.scores)

    @rule(probe=starts, top=st.integers(1, 60))
    def search(self, probe: int, top: int) -> None:
        """Without exactness the scores are still right, ordered and complete in number."""
        found = self.index.search(TEMPLATES[[probe]], top)
        whole = self.oracle.search(TEMPLATES[[probe]], max(1, self.oracle.count()))
        scores = dict(zip(whole.ids[0].tolist(), whole.scores[0].tolist(), strict=True))
        expected = min(top, self.oracle.count())
        ids = found.ids[0].tolist()
        assert ids[expected:] == [-1] * (top - expected)
        assert len(set(ids[:expected])) == expected
        assert found.scores[0, :expected].tolist() == [scores[id_] for id_ in ids[:expected]]
        keys = [(-score, id_) for score, id_ in zip(found.scores[0, :expected], ids, strict=False)]
        assert keys == sorted(keys)

    @invariant()
    def same_contents(self) -> None:
        if hasattr(self, "index"):
            assert self.index.count() == self.oracle.count()
            assert self.index.highest_id() == self.oracle.highest_id()
            np.testing.assert_array_equal(self.index.ids(), self.oracle.ids())


GalleryMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
TestGalleryMachine = GalleryMachine.TestCase
