"""Measures of verification (1:1) as pure functions of the scores of pairs.

Scores are similarities, higher is more alike, NaN where either photo of the pair gave no template. A pair is
accepted when its score is at or above the threshold, so a failed mated pair is a false non-match at every
threshold, and a failed non-mated pair is never a false match.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from antigone.evaluate.metrics.figures import (
    RESAMPLES,
    BoolArray,
    ErrorRate,
    Estimate,
    Float64Array,
    IntArray,
    drawn_people,
    error_rate,
    interval,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldAccuracy:
    """The result of the k-fold verification protocol."""

    mean: float
    standard_error: float  # of the mean over the folds
    folds: tuple[float, ...]
    thresholds: tuple[float, ...]  # the one applied to each fold, learnt on the others
    failed_pairs: int


def fold_accuracy(scores: Float64Array, mated: BoolArray, fold: IntArray) -> FoldAccuracy:
    """Verify each fold with the threshold that is best on all the others.

    scores: (n,), NaN where either photo of the pair gave no template; such a pair is an error always.
    mated: (n,), True where both photos show the same person. fold: (n,) fold numbers.
    A pair is accepted when its score is at or above the threshold.
    """
    if not scores.shape == mated.shape == fold.shape or scores.ndim != 1:
        raise ValueError("scores, mated and fold must be one-dimensional and of one length")
    names = np.unique(fold)
    if len(names) < 2:
        raise ValueError("at least two folds are needed")
    failed = np.isnan(scores)
    accuracies, thresholds = [], []
    for name in names:
        held_out = fold == name
        learn = ~held_out & ~failed
        threshold = best_threshold(scores[learn], mated[learn])
        right = ((scores[held_out] >= threshold) == mated[held_out]) & ~failed[held_out]
        accuracies.append(float(right.mean()))
        thresholds.append(threshold)
    return FoldAccuracy(
        mean=float(np.mean(accuracies)),
        standard_error=float(np.std(accuracies, ddof=1) / math.sqrt(len(accuracies))),
        folds=tuple(accuracies),
        thresholds=tuple(thresholds),
        failed_pairs=int(failed.sum()),
    )


def best_threshold(scores: Float64Array, mated: BoolArray) -> float:
    """Find the threshold with the most right answers; of several equally good ones, the middle one.

    Candidates are the midpoints between neighbouring distinct scores and one beyond either end.
    """
    values, inverse = np.unique(scores, return_inverse=True)
    if len(values) == 0:
        raise ValueError("no scores to learn a threshold from")
    mated_at = np.bincount(inverse, weights=mated, minlength=len(values))
    other_at = np.bincount(inverse, weights=~mated, minlength=len(values))
    # Cut k accepts values[k:]: right are the mated at or above it and the others below it.
    right = np.concatenate([[0.0], np.cumsum(other_at)]) + np.concatenate(
        [np.cumsum(mated_at[::-1])[::-1], [0.0]]
    )
    cuts = np.concatenate([[values[0] - 1.0], (values[1:] + values[:-1]) / 2, [values[-1] + 1.0]])
    best = np.flatnonzero(right == right.max())
    return float(cuts[best[len(best) // 2]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairScores:
    """The comparisons of a verification trial. Every array has shape (pairs,)."""

    score: Float64Array  # NaN where either photo gave no template
    mated: BoolArray
    first: IntArray  # the people of the two photos; equal where mated
    second: IntArray

    def __post_init__(self) -> None:
        if not self.score.shape == self.mated.shape == self.first.shape == self.second.shape:
            raise ValueError("score, mated, first and second must be of one length")

    def __len__(self) -> int:
        return len(self.score)

    def take(self, chosen: BoolArray | IntArray) -> PairScores:
        """Keep the chosen pairs only."""
        return PairScores(
            score=self.score[chosen],
            mated=self.mated[chosen],
            first=self.first[chosen],
            second=self.second[chosen],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """Both errors at one threshold."""

    threshold: float
    target_fmr: float | None  # the FMR that the threshold was set for; None where it was given
    fmr: ErrorRate
    fnmr: ErrorRate

    @property
    def can_be_set(self) -> bool:
        """Whether there were enough non-mated pairs for a threshold at this FMR at all."""
        return self.target_fmr is None or self.target_fmr * self.fmr.share.trials >= 1


def false_non_matches(score: Float64Array, threshold: float) -> BoolArray:
    """(n,) True for mated scores below the threshold or without a template."""
    return np.asarray(~(score >= threshold))


def threshold_at_fmr(score: Float64Array, fmr: float, weights: Float64Array | None = None) -> float:
    """Find the lowest threshold at which at most a share ``fmr`` of the non-mated scores (n,) match."""
    if len(score) == 0:
        raise ValueError("no non-mated pairs")
    known = np.where(np.isnan(score), -np.inf, score)
    order = np.argsort(-known, kind="stable")
    counts = np.ones(len(known)) if weights is None else weights[order]
    return _threshold_in(known[order], fmr, counts)


def _threshold_in(ordered: Float64Array, fmr: float, weights: Float64Array) -> float:
    over = np.flatnonzero(np.cumsum(weights) > fmr * weights.sum() + 1e-9)
    if len(over) == 0:
        return float(ordered[-1])
    # Pair over[0] is the first that must not match, so the threshold lies just above its score.
    return float(np.nextafter(ordered[over[0]], np.inf))


def at_fmr(pairs: PairScores, fmr: float, *, resamples: int = RESAMPLES, seed: int = 0) -> OperatingPoint:
    """FNMR at the lowest threshold with at most the share ``fmr`` of false matches.

    Intervals are percentile bootstraps over people (both of a non-mated pair are resampled, so the pair
    counts as often as the product of the two); that of FNMR sets the threshold anew in each resample.
    Raises ValueError where there is no mated or no non-mated pair.
    """
    threshold = threshold_at_fmr(pairs.score[~pairs.mated], fmr)
    others = np.where(np.isnan(pairs.score), -np.inf, pairs.score)[~pairs.mated]
    order = np.argsort(-others, kind="stable")
    ordered = others[order]

    def anew(weights: Float64Array) -> float:
        return _threshold_in(ordered, fmr, weights[~pairs.mated][order])

    return _operating_point(pairs, threshold, fmr, anew, resamples, seed)


def at_threshold(
    pairs: PairScores, threshold: float, *, resamples: int = RESAMPLES, seed: int = 0
) -> OperatingPoint:
    """Both errors at a threshold that was settled elsewhere."""
    return _operating_point(pairs, threshold, None, lambda _: threshold, resamples, seed)


def _operating_point(
    pairs: PairScores,
    threshold: float,
    target: float | None,
    anew: Callable[[Float64Array], float],
    resamples: int,
    seed: int,
) -> OperatingPoint:
    mated, others = pairs.score[pairs.mated], pairs.score[~pairs.mated]
    if len(mated) == 0 or len(others) == 0:
        raise ValueError("verification needs mated and non-mated pairs")
    missed, matched = false_non_matches(mated, threshold), ~false_non_matches(others, threshold)
    people, member = np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)
    first, second = member[: len(pairs)], member[len(pairs) :]
    fnmr, fmr = [], []
    for drawn in drawn_people(len(people), resamples, seed):
        weights = np.where(pairs.mated, drawn[first], drawn[first] * drawn[second])
        of_mated, of_others = weights[pairs.mated], weights[~pairs.mated]
        if of_mated.sum() == 0 or of_others.sum() == 0:
            continue
        fnmr.append(float(np.average(false_non_matches(mated, anew(weights)), weights=of_mated)))
        fmr.append(float(np.average(matched, weights=of_others)))
    alarms = int(matched.sum())
    return OperatingPoint(
        threshold=threshold,
        target_fmr=target,
        fmr=_rate(matched, interval(fmr), people=len(people)),
        fnmr=_rate(
            missed,
            interval(fnmr),
            people=len(np.unique(pairs.first[pairs.mated])),
            support=None if target is None else alarms,
        ),
    )


def _rate(
    wrong: BoolArray, span: tuple[float, float], *, people: int, support: int | None = None
) -> ErrorRate:
    value = float(wrong.mean())
    low, high = (value, value) if math.isnan(span[0]) else span
    share = Estimate(value=value, low=low, high=high, trials=len(wrong))
    return error_rate(share, int(wrong.sum()), people=people, support=support)


def equal_error(pairs: PairScores) -> tuple[float, float]:
    """Return the threshold at which FMR and FNMR are closest to each other, and their mean there (EER)."""
    fmr, fnmr, cuts = trade_off(pairs, points=0)
    place = int(np.argmin(np.abs(fmr - fnmr)))
    return float(cuts[place]), float((fmr[place] + fnmr[place]) / 2)


def trade_off(pairs: PairScores, points: int = 400) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return FMR, FNMR and thresholds, from strict to lax: the DET curve; ``points`` 0 means every score."""
    mated = np.sort(np.where(np.isnan(pairs.score), -np.inf, pairs.score)[pairs.mated])
    others = np.sort(np.where(np.isnan(pairs.score), -np.inf, pairs.score)[~pairs.mated])
    cuts = np.unique(pairs.score[~np.isnan(pairs.score)])[::-1]
    if points and len(cuts) > points:
        # Every decade of the false matches gets its share of points, not only the bulk of the scores.
        tail = others[-np.unique(np.geomspace(1, len(others), points).astype(np.int64))]
        cuts = np.unique(np.concatenate([tail[np.isfinite(tail)], cuts[:: max(1, len(cuts) // points)]]))[
            ::-1
        ]
    fmr = 1 - np.searchsorted(others, cuts, side="left") / len(others)
    fnmr = np.searchsorted(mated, cuts, side="left") / len(mated)
    return fmr, fnmr, cuts
