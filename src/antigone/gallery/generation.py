"""One unchanging state of an index, and the search through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

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


_Part = tuple[Segment, Int64Array | None]  # rows of a segment by position; None means all of them
_List = tuple[Int64Array, Float32Array]  # ids and scores of one probe


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
        parts = [(segment, None) for segment in self.segments]
        lists: list[_List] = []
        for block in _blocks(probes):
            lists += self._lists(block, [parts] * len(block), top, workers)
        return _neighbours(lists, top, exact=True)

    def search_shortlist(
        self, probes: Float32Array, top: int, shortlist: int, workers: Workers
    ) -> Neighbours:
        """Scan the codes of every template, then compare the ``shortlist`` best exactly.

        Templates that have no codes yet, the newest ones, are all compared exactly.
        """
        fresh = [(segment, None) for segment in self.segments if segment.codes is None]
        lists: list[_List] = []
        for block in _blocks(probes):
            chosen = [[*parts, *fresh] for parts in self._scan(block, shortlist, workers)]
            lists += self._lists(block, chosen, top, workers)
        return _neighbours(lists, top, exact=False)

    def _lists(
        self, probes: Float32Array, chosen: Sequence[Sequence[_Part]], top: int, workers: Workers
    ) -> list[_List]:
        """Compare each probe exactly with the parts chosen for it, sharing one probe's among the workers."""
        shares = -(-workers.threads // len(probes))
        jobs = [(i, chosen[i][share::shares]) for i in range(len(probes)) for share in range(shares)]
        found = workers.map(lambda job: _nearest(probes[job[0]], job[1], top), jobs)
        return [
            self._ranked(probe, list(chain.from_iterable(found[i * shares : (i + 1) * shares])), top)
            for i, probe in enumerate(probes)
        ]

    def _scan(self, probes: Float32Array, shortlist: int, workers: Workers) -> list[list[_Part]]:
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

    def _ranked(self, probe: Float32Array, found: list[_Found], top: int) -> _List:
        """Order the rows by their exact scores."""
        if not found:
            return best(np.empty(0, np.int64), np.empty(0, np.float32), top)
        scores = np.concatenate([part.scores for part in found])
        hopeful = scores >= cutoff(scores, top, self.dimension)
        ids = np.concatenate([part.ids for part in found])[hopeful]
        rows = np.concatenate([part.rows for part in found])[hopeful]
        return best(ids, exact_scores(probe, rows), top)


def _nearest(probe: Float32Array, parts: Sequence[_Part], top: int) -> list[_Found]:
    """Compare one probe exactly with the chosen rows of some segments."""
    found = []
    for segment, positions in parts:
        if positions is None:
            near, scores = segment.nearest(probe, top)
            found.append(_Found(ids=segment.ids[near], rows=segment.take(near), scores=scores))
    picked = [(segment, positions) for segment, positions in parts if positions is not None]
    if picked:
        ids = np.concatenate([segment.ids[positions] for segment, positions in picked])
        rows = np.concatenate([segment.take(positions) for segment, positions in picked])
        near, scores = nearest_in(store_of(rows), probe, top)
        found.append(_Found(ids=ids[near], rows=rows[near], scores=scores))
    return found


def _blocks(probes: Float32Array) -> Iterator[Float32Array]:
    for start in range(0, len(probes), _PROBES_AT_ONCE):
        yield probes[start : start + _PROBES_AT_ONCE]


def _kth_best(scans: list[tuple[Float32Array, Int64Array]], k: int) -> Float32Array:
    """Return the k-th best score of each probe over all scans, or -inf where there are no more than k."""
    scores = np.hstack([scores for scores, _ in scans])
    if scores.shape[1] <= k:
        return np.full(len(scores), -np.inf, np.float32)
    edge = scores.shape[1] - k
    kth: Float32Array = np.partition(scores, edge, axis=1)[:, edge]
    return kth


def _neighbours(lists: list[_List], top: int, *, exact: bool) -> Neighbours:
    return Neighbours(
        ids=np.array([ids for ids, _ in lists], np.int64).reshape(len(lists), top),
        scores=np.array([scores for _, scores in lists], np.float32).reshape(len(lists), top),
        exact=exact,
    )
