"""One unchanging state of an index, and the search through it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from antigone.gallery.protocol import Float16Array, Neighbours
from antigone.gallery.quantiser import Quantiser
from antigone.gallery.scoring import best, cutoff, exact_scores
from antigone.gallery.segment import Segment, nearest_in, store_of
from antigone.gallery.workers import Workers
from antigone.types import Float32Array, Int64Array

_PROBES_AT_ONCE = 64  # bounds the memory of a search with many probes
_SPARE = 1.25  # a segment is asked for this many times its share of the shortlist
_SPARE_FLOOR = 1 / 16  # and for this much of the whole shortlist on top


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """Rows that may belong to one probe's list, with scores good to float32 rounding."""

    ids: Int64Array
    rows: Float16Array
    scores: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generation:
    """The segments that a search sees. A writer never changes one; it publishes the next."""

    dimension: int
    segments: tuple[Segment, ...]
    quantiser: Quantiser | None
    trained_on: int  # how many references there were when the quantiser was trained

    @property
    def count(self) -> int:
        """Return the number of references."""
        return sum(map(len, self.segments))

    @property
    def compressed(self) -> bool:
        """Say whether there are codes to scan."""
        return any(segment.codes is not None for segment in self.segments)

    def search_exactly(self, probes: Float32Array, top: int, workers: Workers) -> Neighbours:
        """Compare every probe (n, D) with every stored template."""

        def nearest(part: tuple[Float32Array, Segment]) -> _Found:
            probe, segment = part
            return _found(segment, *segment.nearest(probe, top))

        found = workers.map(nearest, product(probes, self.segments))
        width = len(self.segments)
        lists = [
            self._ranked(probe, found[i * width : (i + 1) * width], top) for i, probe in enumerate(probes)
        ]
        return _neighbours(lists, top, exact=True)

    def search_shortlist(
        self, probes: Float32Array, top: int, shortlist: int, workers: Workers
    ) -> Neighbours:
        """Scan the codes of every template, then compare the ``shortlist`` best exactly.

        Templates that have no codes yet, the newest ones, are all compared exactly.
        """
        lists: list[tuple[Int64Array, Float32Array]] = []
        for start in range(0, len(probes), _PROBES_AT_ONCE):
            block = probes[start : start + _PROBES_AT_ONCE]
            chosen = self._scan(block, shortlist, workers)
            lists += workers.map(lambda job: self._rescored(*job, top), list(zip(block, chosen, strict=True)))
        return _neighbours(lists, top, exact=False)

    def _scan(
        self, probes: Float32Array, shortlist: int, workers: Workers
    ) -> list[list[tuple[Segment, Int64Array]]]:
        """Return for each probe the positions, by segment, of the best approximate scores.

        Each segment is first asked for little more than its share of the shortlist. One whose last score
        still beats the shortlist's limit holds more of it than that and is asked again for all.
        """
        coded = [segment for segment in self.segments if segment.codes is not None]
        total = sum(map(len, coded))
        wanted = [int(shortlist * (_SPARE * len(segment) / total + _SPARE_FLOOR)) for segment in coded]
        scans = workers.map(lambda job: job[0].scan(probes, job[1]), list(zip(coded, wanted, strict=True)))
        limits = _kth_best(scans, shortlist)
        again = [
            i
            for i, (scores, _) in enumerate(scans)
            if wanted[i] < min(len(coded[i]), shortlist) and bool((scores[:, -1] >= limits).any())
        ]
        if again:
            whole = workers.map(lambda i: coded[i].scan(probes, shortlist), again)
            for i, scan in zip(again, whole, strict=True):
                scans[i] = scan
            limits = _kth_best(scans, shortlist)
        return [
            [
                (segment, positions[probe][scores[probe] >= limit])
                for segment, (scores, positions) in zip(coded, scans, strict=True)
            ]
            for probe, limit in enumerate(limits)
        ]

    def _rescored(
        self, probe: Float32Array, shortlist: list[tuple[Segment, Int64Array]], top: int
    ) -> tuple[Int64Array, Float32Array]:
        ids = np.concatenate([segment.ids[positions] for segment, positions in shortlist])
        rows = np.concatenate([segment.take(positions) for segment, positions in shortlist])
        positions, scores = nearest_in(store_of(rows), probe, top)
        found = [_Found(ids=ids[positions], rows=rows[positions], scores=scores)]
        for segment in self.segments:
            if segment.codes is None:
                found.append(_found(segment, *segment.nearest(probe, top)))
        return self._ranked(probe, found, top)

    def _ranked(self, probe: Float32Array, found: list[_Found], top: int) -> tuple[Int64Array, Float32Array]:
        """Order the rows by their exact scores."""
        if not found:
            return best(np.empty(0, np.int64), np.empty(0, np.float32), top)
        scores = np.concatenate([part.scores for part in found])
        hopeful = scores >= cutoff(scores, top, self.dimension)
        ids = np.concatenate([part.ids for part in found])[hopeful]
        rows = np.concatenate([part.rows for part in found])[hopeful]
        return best(ids, exact_scores(probe, rows), top)


def _found(segment: Segment, positions: Int64Array, scores: Float32Array) -> _Found:
    return _Found(ids=segment.ids[positions], rows=segment.take(positions), scores=scores)


def _kth_best(scans: list[tuple[Float32Array, Int64Array]], k: int) -> Float32Array:
    """Return the k-th best score of each probe over all scans, or -inf where there are no more than k."""
    scores = np.hstack([scores for scores, _ in scans])
    if scores.shape[1] <= k:
        return np.full(len(scores), -np.inf, np.float32)
    edge = scores.shape[1] - k
    kth: Float32Array = np.partition(scores, edge, axis=1)[:, edge]
    return kth


def _neighbours(lists: list[tuple[Int64Array, Float32Array]], top: int, *, exact: bool) -> Neighbours:
    return Neighbours(
        ids=np.array([ids for ids, _ in lists], np.int64).reshape(len(lists), top),
        scores=np.array([scores for _, scores in lists], np.float32).reshape(len(lists), top),
        exact=exact,
    )
