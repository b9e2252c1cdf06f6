"""Measures of identification (1:N) as pure functions of scores: no photos, no models, no files.

Scores are similarities, higher is more alike. A probe whose extraction failed has the mated score
``-inf`` and the best non-mated score ``-inf``: it is a miss, and it can raise no false alarm. Terms are
those of ISO/IEC 19795-1 and NIST FRVT 1:N.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antigone.evaluate.metrics.figures import (
    RESAMPLES,
    BoolArray,
    ErrorRate,
    Estimate,
    Float64Array,
    IntArray,
    bootstrap_people,
    error_rate,
    rate_by_people,
)
from antigone.evaluate.metrics.similarity import Float32Array, Similarity, cosine

LIST_LENGTH = 20  # a mated reference beyond this rank counts as not returned
KEPT = 50  # candidates of each search that are kept: the longest list that a person is shown
_CELLS = 8_000_000  # comparisons made at once, which bounds the memory that a search of many probes takes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchScores:
    """What identification measures need of each probe's search. Every array has shape (probes,)."""

    mated: Float64Array  # best score of the probe's own person, -inf when probe or references failed
    other: Float64Array  # best score among all other people, -inf when the probe failed
    rank: IntArray  # rank of the own person, ties counted against it; 0 when not there
    person: IntArray  # who the probe shows; probes of one person are not independent
    enrolled: BoolArray  # whether the own person has a reference in the gallery, failed or not

    def __len__(self) -> int:
        return len(self.mated)

    def take(self, chosen: BoolArray | IntArray) -> SearchScores:
        """Keep the searches of the chosen probes only."""
        return SearchScores(
            mated=self.mated[chosen],
            other=self.other[chosen],
            rank=self.rank[chosen],
            person=self.person[chosen],
            enrolled=self.enrolled[chosen],
        )

    def mated_searches(self) -> SearchScores:
        """Keep the searches for people who are in the gallery: those that can miss."""
        return self.take(self.enrolled)

    def non_mated_searches(self) -> SearchScores:
        """Keep the searches that can only return wrong people; failed probes are none.

        Those for people who are not in the gallery, where there are any; else every search, with the own
        person's references left out.
        """
        tried = ~np.isneginf(self.other)
        return self.take(tried & ~self.enrolled if not self.enrolled.all() else tried)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gallery:
    """The references that are searched."""

    templates: Float32Array  # (g, D), rows of NaN where extraction failed
    person: IntArray  # (g,) whom each shows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateRows:
    """The best of each search, both (probes, kept): gallery rows (-1 where there are fewer) and scores."""

    rows: IntArray
    scores: Float64Array


def search_gallery(
    probes: Float32Array,
    person: IntArray,
    gallery: Gallery,
    similarity: Similarity = cosine,
    doubtful: Sequence[tuple[int, int]] = (),
) -> tuple[SearchScores, CandidateRows]:
    """Search every probe exhaustively.

    probes: (p, D), rows of NaN where extraction failed; person: (p,) whom each shows. The rank of a person
    is one more than the number of other people's references that score at least as high. doubtful: pairs of
    people whose labels may be wrong; their comparisons do not count as non-mated ones, and ranks stay as
    labelled.
    """
    count, kept = len(probes), min(KEPT, len(gallery.person))
    failed_probe: BoolArray = np.isnan(probes.sum(axis=1))
    failed_reference: BoolArray = np.isnan(gallery.templates.sum(axis=1))
    known = np.nan_to_num(gallery.templates)
    mated, other = np.full(count, -np.inf), np.full(count, -np.inf)
    rank = np.zeros(count, dtype=np.int64)
    best = np.full((count, kept), -1, dtype=np.int64)
    best_scores = np.full((count, kept), -np.inf)
    block = min(max(_CELLS // max(len(known), 1), 1), 1024)
    for start in range(0, count, block):
        rows = np.arange(start, min(start + block, count))
        rows = rows[~failed_probe[rows]]
        if len(rows) == 0:
            continue
        scores = similarity(probes[rows], known).astype(np.float64)
        scores[:, failed_reference] = -np.inf
        best[rows], best_scores[rows] = _first(scores, kept)
        own = np.equal.outer(person[rows], gallery.person)
        mated[rows] = np.where(own, scores, -np.inf).max(axis=1)
        scores[own] = -np.inf
        above = (scores >= mated[rows][:, None]).sum(axis=1)
        rank[rows] = np.where(np.isneginf(mated[rows]), 0, 1 + above)
        for one, another in doubtful:
            scores[np.ix_(person[rows] == one, gallery.person == another)] = -np.inf
            scores[np.ix_(person[rows] == another, gallery.person == one)] = -np.inf
        other[rows] = scores.max(axis=1)
    found = SearchScores(
        mated=mated, other=other, rank=rank, person=person, enrolled=np.isin(person, gallery.person)
    )
    return found, CandidateRows(rows=np.where(np.isneginf(best_scores), -1, best), scores=best_scores)


def search_all(
    probes: Float32Array,
    probe_person: IntArray,
    references: Float32Array,
    similarity: Similarity = cosine,
    doubtful: Sequence[tuple[int, int]] = (),
) -> SearchScores:
    """Search a gallery (g, D) of one reference a person, where row i is that of person i."""
    gallery = Gallery(templates=references, person=np.arange(len(references)))
    return search_gallery(probes, probe_person, gallery, similarity, doubtful)[0]


def _first(scores: Float64Array, kept: int) -> tuple[IntArray, Float64Array]:
    """Return the columns of the ``kept`` best of each row, best first, and their scores."""
    top = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]
    values = np.take_along_axis(scores, top, axis=1)
    order = np.lexsort((top, -values), axis=1)
    return np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)


def rank_one_hits(searches: SearchScores) -> BoolArray:
    """(probes,) True where the own person came first, ahead of everyone else."""
    return np.asarray(searches.rank == 1)


def rank_misses(searches: SearchScores, rank: int) -> BoolArray:
    """(probes,) True where the own person is not among the first ``rank``, whatever the score."""
    return np.asarray((searches.rank == 0) | (searches.rank > rank))


def cumulative_match(searches: SearchScores, ranks: Sequence[int]) -> tuple[float, ...]:
    """Share of mated searches whose person is among the first so many, for each rank (the CMC curve)."""
    mated = searches.mated_searches()
    return tuple(float(1 - rank_misses(mated, rank).mean()) for rank in ranks)


def fnir_at_rank(searches: SearchScores, rank: int) -> ErrorRate:
    """Closed-set FNIR: the share of mated searches whose person is not among the first ``rank``."""
    mated = searches.mated_searches()
    return rate_by_people(rank_misses(mated, rank), mated.person)


def threshold_at_fpir(other: Float64Array, fpir: float, weights: Float64Array | None = None) -> float:
    """Find the lowest threshold at which at most a share ``fpir`` of non-mated searches return anyone.

    other: (n,) the best score of each non-mated search; failed probes must have been left out.
    weights: (n,) how often each search counts.
    """
    if len(other) == 0:
        raise ValueError("no non-mated searches")
    order = np.argsort(-other, kind="stable")
    return threshold_in(other[order], fpir, np.ones(len(other)) if weights is None else weights[order])


def threshold_in(ordered: Float64Array, fpir: float, weights: Float64Array) -> float:
    """Do what `threshold_at_fpir` does for scores in descending order, weighted alike."""
    over = np.flatnonzero(np.cumsum(weights) > fpir * weights.sum() + 1e-9)
    if len(over) == 0:
        return float(ordered[-1])
    # Search over[0] is the first that must return nobody, so the threshold lies just above its score.
    return float(np.nextafter(ordered[over[0]], np.inf))


def identification_misses(searches: SearchScores, threshold: float) -> BoolArray:
    """(probes,) True where the own person is not among the first 20 at or above the threshold."""
    return np.asarray((searches.mated < threshold) | rank_misses(searches, LIST_LENGTH))


def false_alarms(searches: SearchScores, threshold: float) -> BoolArray:
    """(probes,) True where the search returns anybody else at or above the threshold."""
    return np.asarray(searches.other >= threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSetResult:
    """FNIR at a fixed FPIR, and the threshold it takes."""

    fnir: Estimate
    rate: ErrorRate  # the same, with what it rests on
    fpir: float
    threshold: float
    non_mated_searches: int

    @property
    def can_be_set(self) -> bool:
        """Whether there were enough non-mated searches for a threshold at this FPIR at all."""
        return self.fpir * self.non_mated_searches >= 1


def fnir_at_fpir(
    searches: SearchScores, fpir: float = 0.01, *, resamples: int = RESAMPLES, seed: int = 0
) -> OpenSetResult:
    """FNIR at the threshold that lets a share ``fpir`` of the non-mated searches return anyone.

    See `SearchScores.non_mated_searches` for which those are. Failed probes count as mated misses and are no
    non-mated searches. The interval is a percentile bootstrap over people that sets the threshold anew in
    each resample. Raises ValueError where there is no mated or no non-mated search.
    """
    mated, non_mated = searches.mated_searches(), searches.non_mated_searches()
    if len(mated) == 0:
        raise ValueError("no mated searches")
    threshold = threshold_at_fpir(non_mated.other, fpir)
    missed = identification_misses(mated, threshold)
    order = np.argsort(-non_mated.other, kind="stable")
    ordered, whose = non_mated.other[order], non_mated.person[order]
    people = np.concatenate([mated.person, whose])

    def resampled(weights: Float64Array) -> float:
        of_mated, of_others = weights[: len(mated)], weights[len(mated) :]
        if of_mated.sum() == 0 or of_others.sum() == 0:
            return math.nan
        cut = threshold_in(ordered, fpir, of_others)
        return float(np.average(identification_misses(mated, cut), weights=of_mated))

    low, high = bootstrap_people(people, resampled, resamples=resamples, seed=seed)
    share = Estimate(value=float(missed.mean()), low=low, high=high, trials=len(mated))
    alarms = int((non_mated.other >= threshold).sum())
    return OpenSetResult(
        fnir=share,
        rate=error_rate(
            share, int(missed.sum()), people=len(np.unique(mated.person)), support=max(alarms, 0)
        ),
        fpir=fpir,
        threshold=threshold,
        non_mated_searches=len(non_mated),
    )


def error_trade_off(searches: SearchScores, points: int = 400) -> tuple[Float64Array, Float64Array]:
    """Return FPIR and FNIR (points,) over thresholds, from strict to lax: the DET curve of identification."""
    mated, non_mated = searches.mated_searches(), searches.non_mated_searches()
    cuts = np.unique(np.concatenate([non_mated.other, mated.mated[np.isfinite(mated.mated)]]))[::-1]
    if len(cuts) > points:
        cuts = cuts[np.linspace(0, len(cuts) - 1, points).astype(np.int64)]
    fpir = np.array([false_alarms(non_mated, cut).mean() for cut in cuts])
    fnir = np.array([identification_misses(mated, cut).mean() for cut in cuts])
    return fpir, fnir
