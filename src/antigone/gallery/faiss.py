"""The embedded index: FAISS on this machine, exact while small, a compressed scan above."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import numpy as np

from antigone.gallery.cache import IndexCache
from antigone.gallery.generation import Generation
from antigone.gallery.protocol import (
    Float16Array,
    Neighbours,
    as_stored,
    checked_ids,
    checked_templates,
    checked_top,
    first_of_each,
)
from antigone.gallery.quantiser import FEWEST_TRAINING_ROWS, TRAINING_ROWS, Quantiser, suits
from antigone.gallery.segment import Segment
from antigone.gallery.workers import Workers
from antigone.types import Float32Array, Int64Array

_TRAIN_AGAIN = 4  # times as many references; other people than those trained on cost recall
_GROWS_FROM = 1_000_000  # references above which the shortlist grows with the square root of their number
_WORTH_A_SHORTLIST = 4  # below this many times the shortlist, comparing everything is as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """What an embedded index needs to know."""

    dimension: int  # of the templates
    exact_below: int = 30_000  # up to this many references everything is compared exactly
    shortlist: int = 2_000  # references re-scored exactly after the compressed scan
    segment_rows: int = 131_072  # at 128 dimensions 32 MiB of templates and 4 MiB of codes
    fresh_rows: int = 8_192  # the newest references, copied at every addition and compared exactly

    def __post_init__(self) -> None:
        sizes = (self.dimension, self.shortlist, self.segment_rows, self.fresh_rows)
        if min(sizes) < 1 or self.exact_below < 0:
            raise ValueError(f"impossible index options: {self}")


def grown(shortlist: int, count: int) -> int:
    """Return how long a shortlist keeps the recall that it has at a million references.

    The more references there are, the more of them lie closer to each other than the codes can tell.
    """
    return round(shortlist * math.sqrt(max(1.0, count / _GROWS_FROM)))


class FaissIndex:
    """A ``GalleryIndex`` of immutable segments that are scanned in parallel.

    Writers take turns and publish a new ``Generation`` when they are done; a search works on the one that
    was current when it began, so neither ever waits for the other.
    """

    def __init__(
        self, options: IndexOptions, *, workers: Workers | None = None, cache: IndexCache | None = None
    ) -> None:
        """Begin with no references. With a cache, ``flush`` saves to it; ``load`` is asked for."""
        self.options = options
        self._workers = workers or Workers()
        self._cache = cache
        self._writing = Lock()
        self._now = self._empty()
        self._saved: Generation | None = None  # what the cache holds

    def load(self) -> bool:
        """Take over the saved state; return False, and stay as it is, when there is none.

        Raises `CacheRejectedError` when what is saved cannot be trusted or used.
        """
        with self._writing:
            saved = self._cache.load(self._workers) if self._cache else None
            if saved is not None:
                self._now = self._saved = saved
            return saved is not None

    def _empty(self) -> Generation:
        return Generation(dimension=self.options.dimension, segments=(), quantiser=None, trained_on=0)

    def add(self, ids: Int64Array, templates: Float32Array | Float16Array) -> int:
        """Add references; see ``GalleryIndex.add``."""
        return self.add_all([(ids, templates)])

    def add_all(self, batches: Iterable[tuple[Int64Array, Float32Array | Float16Array]]) -> int:
        """Add many batches as one; searches see them all at once, or none where one is refused.

        A quantiser is trained on what all batches brought, which is better and faster than on the first.
        """
        with self._writing:
            following, added = self._now, 0
            for batch in batches:
                ids, rows = checked_ids(batch[0]), as_stored(batch[1], self.options.dimension)
                if len(ids) != len(rows):
                    raise ValueError(f"{len(ids)} ids for {len(rows)} templates")
                new = _unknown(following, ids)
                if len(new):
                    following = self._with_rows(following, ids[new], rows[new])
                    added += len(new)
            if added:
                self._now = self._compressed(following)
            return added

    def _with_rows(self, generation: Generation, ids: Int64Array, rows: Float16Array) -> Generation:
        """Return a generation with further references.

        The newest few thousand stand in a segment of their own without codes, because segments are copied to
        be changed; once they are more they move, as a whole, into the last segment with room.
        """
        segments = list(generation.segments)
        if segments and segments[-1].codes is None and len(segments[-1]) < self.options.fresh_rows:
            fresh = segments.pop()
            ids, rows = np.concatenate([fresh.ids, ids]), np.concatenate([fresh.rows, rows])
        if len(ids) < self.options.fresh_rows:
            segments.append(Segment.of(ids, rows, None))
            return _replaced(generation, segments)
        while len(ids):
            room = self.options.segment_rows
            if segments and len(segments[-1]) < self.options.segment_rows:
                room -= len(segments[-1])
                segments.append(segments.pop().extended(ids[:room], rows[:room]))
            else:
                segments.append(Segment.of(ids[:room], rows[:room], generation.quantiser))
            ids, rows = ids[room:], rows[room:]
        return _replaced(generation, segments)

    def _merged(self, generation: Generation) -> Generation:
        """Return the same references in as few segments as they need."""
        merged = _replaced(generation, [])
        for segment in generation.segments:
            merged = self._with_rows(merged, segment.ids, segment.rows)
        return merged

    def _compressed(self, generation: Generation) -> Generation:
        """Train the quantiser once the gallery is large enough, and again whenever it has grown a lot."""
        enough = max(self.options.exact_below, FEWEST_TRAINING_ROWS, _TRAIN_AGAIN * generation.trained_on - 1)
        if generation.count <= enough or not suits(self.options.dimension):
            return generation
        quantiser = Quantiser.train(_sample(generation.segments, TRAINING_ROWS))
        return Generation(
            dimension=generation.dimension,
            segments=tuple(
                self._workers.map(lambda segment: segment.encoded(quantiser), generation.segments)
            ),
            quantiser=quantiser,
            trained_on=generation.count,
        )

    def remove(self, ids: Int64Array) -> int:
        """Remove references; see ``GalleryIndex.remove``. Every touched segment is rewritten at once."""
        ids = checked_ids(ids)
        with self._writing:
            before = self._now
            segments = []
            for segment in before.segments:
                gone = np.isin(segment.ids, ids)
                if not gone.any():
                    segments.append(segment)
                elif not gone.all():
                    segments.append(segment.without(gone))
            after = _replaced(before, segments)
            if len(segments) > 2 * (after.count // self.options.segment_rows) + 2:
                after = self._merged(after)
            self._now = after
            return before.count - after.count

    def search(self, probes: Float32Array, top: int, *, exact: bool = False) -> Neighbours:
        """Search; see ``GalleryIndex.search``."""
        probes = checked_templates(probes, self.options.dimension, "probes")
        checked_top(top)
        now = self._now
        shortlist = max(grown(self.options.shortlist, now.count), 2 * top)
        if exact or not now.compressed or now.count <= self._exact_up_to(shortlist):
            return now.search_exactly(probes, top, self._workers)
        return now.search_shortlist(probes, top, shortlist, self._workers)

    def count(self) -> int:
        """Return how many references a search compares."""
        return self._now.count

    @property
    def compressed(self) -> bool:
        """Say whether searches scan compressed templates before they compare exactly."""
        return self._now.compressed and self._now.count > self._exact_up_to(self.options.shortlist)

    def _exact_up_to(self, shortlist: int) -> int:
        return max(self.options.exact_below, _WORTH_A_SHORTLIST * shortlist)

    def ids(self) -> Int64Array:
        """Return the ids of all references, ascending."""
        held = [segment.ids for segment in self._now.segments]
        return np.sort(np.concatenate(held)) if held else np.empty(0, np.int64)

    def highest_id(self) -> int:
        """Return the highest reference id, or 0 when there is none."""
        return max((segment.highest_id for segment in self._now.segments), default=0)

    def templates(self, ids: Int64Array) -> tuple[Int64Array, Float16Array]:
        """Return those of ``ids`` that are held, ascending, and their templates (n, D) as stored."""
        now = self._now
        picked = [np.flatnonzero(np.isin(segment.ids, ids)) for segment in now.segments]
        parts = list(zip(now.segments, picked, strict=True))
        held = np.concatenate([np.empty(0, np.int64), *(segment.ids[at] for segment, at in parts)])
        none = np.empty((0, self.options.dimension), np.float16)
        rows = np.concatenate([none, *(segment.take(at) for segment, at in parts)])
        order = np.argsort(held)
        return held[order], rows[order]

    def flush(self) -> None:
        """Save the present state where there is a cache; see ``IndexCache.save`` for what it raises."""
        with self._writing:
            if self._cache and self._now is not self._saved:
                self._cache.save(self._now)
                self._saved = self._now

    def drop(self) -> None:
        """Forget every reference, in memory and on disk."""
        with self._writing:
            self._now, self._saved = self._empty(), None
            if self._cache:
                self._cache.clear()


def _unknown(generation: Generation, ids: Int64Array) -> Int64Array:
    """Return the positions of ids that are not there yet, each once."""
    first = first_of_each(ids)
    known = np.zeros(len(first), np.bool_)
    for segment in generation.segments:
        known |= segment.holds(ids[first])
    return first[~known]


def _replaced(generation: Generation, segments: list[Segment]) -> Generation:
    return Generation(
        dimension=generation.dimension,
        segments=tuple(segments),
        quantiser=generation.quantiser,
        trained_on=generation.trained_on,
    )


def _sample(segments: tuple[Segment, ...], rows: int) -> Float32Array:
    """Return at most ``rows`` templates, float32, evenly spread over all segments."""
    step = -(-sum(map(len, segments)) // rows)
    parts = [segment.take(np.arange(0, len(segment), step)) for segment in segments]
    return np.concatenate(parts)[:rows].astype(np.float32)
