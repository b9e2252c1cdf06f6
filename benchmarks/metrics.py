"""Accuracy measures as pure functions of scores: no photos, no models, no files.

Scores are similarities, higher is more alike. A probe whose extraction failed has the mated score
``-inf`` and the best non-mated score ``-inf``: it is a miss, and it can raise no false alarm. Terms are
those of ISO/IEC 19795-1 and NIST FRVT 1:N.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LIST_LENGTH = 20  # a mated reference beyond this rank counts as not returned
NORMAL_95 = 1.959963984540054  # two-sided 95 % point of the normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share or a difference of shares with its 95 % interval."""

    value: float
    low: float
    high: float
    trials: int

    def percent(self, digits: int = 2) -> str:
        """Give the estimate as text in per cent, with its interval and number of trials."""
        value, low, high = (f"{100 * x:.{digits}f}" for x in (self.value, self.low, self.high))
        return f"{value} % [{low}, {high}] (n={self.trials:,})"


def wilson(successes: int, trials: int, z: float = NORMAL_95) -> Estimate:
    """Estimate a share of successes with Wilson's score interval, which stays inside [0, 1].

    Raises ValueError when there are no trials or more successes than trials.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    share = successes / trials
    shrink = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrink
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / shrink
    return Estimate(
        value=share,
        low=max(0.0, min(share, centre - half)),
        high=min(1.0, max(share, centre + half)),
        trials=trials,
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
class SearchScores:
    """What identification measures need of each probe's search. Every array has shape (probes,)."""

    mated: Float64Array  # score of the probe's own person, -inf when probe or reference failed
    other: Float64Array  # best score among all other people, -inf when the probe failed
    rank: IntArray  # rank of the own person, ties counted against it; 0 when not there
    person: IntArray  # who the probe shows; probes of one person are not independent

    def __len__(self) -> int:
        return len(self.mated)

    def take(self, chosen: BoolArray | IntArray) -> SearchScores:
        """Keep the searches of the chosen probes only."""
        return SearchScores(
            mated=self.mated[chosen],
            other=self.other[chosen],
            rank=self.rank[chosen],
            person=self.person[chosen],
        )


Similarity = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]


def cosine(probes: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float32]:
    """Comparison scores (n, m) of unit-norm templates."""
    return probes @ references.T


def negative_distance(probes: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float32]:
    """Comparison scores (n, m) for models compared by Euclidean distance: its negative."""
    squares = (
        (probes * probes).sum(1)[:, None] + (references * references).sum(1) - 2 * (probes @ references.T)
    )
    return np.asarray(-np.sqrt(np.maximum(squares, 0)), dtype=np.float32)


def search_all(
    probes: NDArray[np.float32],
    probe_person: IntArray,
    references: NDArray[np.float32],
    similarity: Similarity = cosine,
    doubtful: Sequence[tuple[int, int]] = (),
) -> SearchScores:
    """Search every probe exhaustively in a gallery of one reference a person.

    probes: (p, D), rows of NaN where extraction failed. references: (g, D) likewise, where row i is the
    reference of person i. probe_person: (p,) rows of ``references``. doubtful: pairs of people whose labels
    may be wrong; their comparisons do not count as non-mated ones, and ranks stay as labelled.
    """
    count = len(probes)
    failed_probe = np.isnan(probes.sum(axis=1))
    failed_reference = np.isnan(references.sum(axis=1))
    known = np.nan_to_num(references)
    mated = np.full(count, -np.inf)
    other = np.full(count, -np.inf)
    rank = np.zeros(count, dtype=np.int64)
    for start in range(0, count, 1024):
        rows = np.arange(start, min(start + 1024, count))
        rows = rows[~failed_probe[rows]]
        if len(rows) == 0:
            continue
        scores = similarity(probes[rows], known).astype(np.float64)
        scores[:, failed_reference] = -np.inf
        own = scores[np.arange(len(rows)), probe_person[rows]]
        scores[np.arange(len(rows)), probe_person[rows]] = -np.inf
        mated[rows] = own
        rank[rows] = np.where(np.isneginf(own), 0, 1 + (scores >= own[:, None]).sum(axis=1))
        for one, another in doubtful:
            scores[probe_person[rows] == one, another] = -np.inf
            scores[probe_person[rows] == another, one] = -np.inf
        other[rows] = scores.max(axis=1)
    return SearchScores(mated=mated, other=other, rank=rank, person=probe_person)


def rank_one_hits(searches: SearchScores) -> BoolArray:
    """(probes,) True where the own person came first, ahead of everyone else."""
    return np.asarray(searches.rank == 1)


def threshold_at_fpir(other: Float64Array, fpir: float, weights: Float64Array | None = None) -> float:
    """Find the lowest threshold at which at most a share ``fpir`` of non-mated searches return anyone.

    other: (n,) the best score of each non-mated search; failed probes must have been left out.
    weights: (n,) how often each search counts.
    """
    if len(other) == 0:
        raise ValueError("no non-mated searches")
    order = np.argsort(-other, kind="stable")
    ordered = other[order]
    counts = np.ones(len(other)) if weights is None else weights[order]
    over = np.flatnonzero(np.cumsum(counts) > fpir * counts.sum() + 1e-9)
    if len(over) == 0:
        return float(ordered[-1])
    # Search over[0] is the first that must return nobody, so the threshold lies just above its score.
    return float(np.nextafter(ordered[over[0]], np.inf))


def identification_misses(searches: SearchScores, threshold: float) -> BoolArray:
    """(probes,) True where the own person is not among the first 20 at or above the threshold."""
    unlisted = (searches.rank == 0) | (searches.rank > LIST_LENGTH)
    return np.asarray((searches.mated < threshold) | unlisted)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSetResult:
    """FNIR at a fixed FPIR, and the threshold it takes."""

    fnir: Estimate
    fpir: float
    threshold: float
    non_mated_searches: int


def fnir_at_fpir(
    searches: SearchScores, fpir: float = 0.01, *, resamples: int = 1000, seed: int = 0
) -> OpenSetResult:
    """FNIR with the threshold set by leaving each probe's own person out of the gallery.

    Each probe is searched twice: in the whole gallery (mated search), and with its own person's reference
    removed (non-mated search). Failed probes count as mated misses and are no non-mated searches.
    The interval is a percentile bootstrap over people that sets the threshold anew in each resample.
    """
    tried = ~np.isneginf(searches.other)
    threshold = threshold_at_fpir(searches.other[tried], fpir)
    value = float(identification_misses(searches, threshold).mean())

    def resampled(weights: Float64Array) -> float:
        cut = threshold_at_fpir(searches.other[tried], fpir, weights[tried])
        return float(np.average(identification_misses(searches, cut), weights=weights))

    low, high = bootstrap_people(searches.person, resampled, resamples=resamples, seed=seed)
    return OpenSetResult(
        fnir=Estimate(value=value, low=low, high=high, trials=len(searches)),
        fpir=fpir,
        threshold=threshold,
        non_mated_searches=int(tried.sum()),
    )


def share_by_people(
    outcome: NDArray[np.float64] | BoolArray, person: IntArray, *, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """Average an outcome over probes, with a percentile bootstrap over people.

    An outcome may also be a difference of two systems on the same probe: a paired comparison.
    """
    values = outcome.astype(np.float64)
    low, high = bootstrap_people(
        person,
        lambda weights: float(np.average(values, weights=weights)),
        resamples=resamples,
        seed=seed,
    )
    return Estimate(value=float(values.mean()), low=low, high=high, trials=len(values))


def bootstrap_people(
    person: IntArray, statistic: Callable[[Float64Array], float], *, resamples: int, seed: int
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of per-probe weights, resampling people with replacement."""
    rng = np.random.default_rng(seed)
    people, member = np.unique(person, return_inverse=True)
    values = []
    for _ in range(resamples):
        drawn = np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people))
        values.append(statistic(drawn[member].astype(np.float64)))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityBin:
    """The probes of one range of quality and how often they failed."""

    low: float
    high: float
    errors: Estimate


def quality_bins(quality: Float64Array, error: BoolArray, bins: int = 10) -> tuple[QualityBin, ...]:
    """Error by quality in bins of about equal count, worst quality first.

    Probes of equal quality are never parted, so fewer bins may come out.
    """
    if len(quality) == 0 or quality.shape != error.shape:
        raise ValueError("quality and error must be of one length, and not empty")
    lowest = np.unique(np.sort(quality)[[number * len(quality) // bins for number in range(bins)]])
    which = np.searchsorted(lowest, quality, side="right") - 1
    found = []
    for number in np.unique(which):
        chosen = which == number
        found.append(
            QualityBin(
                low=float(quality[chosen].min()),
                high=float(quality[chosen].max()),
                errors=wilson(int(error[chosen].sum()), int(chosen.sum())),
            )
        )
    return tuple(found)


def rises_at(bins: tuple[QualityBin, ...]) -> tuple[int, ...]:
    """Find the bins (from 0) where error is higher than in a lower-quality bin beyond both intervals.

    Empty means: no contradiction to a quality that is monotonic with the expected error.
    """
    found = []
    for number in range(1, len(bins)):
        best_so_far = min(bin_.errors.high for bin_ in bins[:number])
        if bins[number].errors.low > best_so_far:
            found.append(number)
    return tuple(found)


def error_versus_discard(
    quality: Float64Array, error: BoolArray, discard: tuple[float, ...]
) -> tuple[float, ...]:
    """Average the error over what remains when the given shares of lowest quality are set aside.

    Within equal quality the expectation over a random order is taken, so the order of probes is irrelevant.
    """
    if len(quality) == 0 or quality.shape != error.shape:
        raise ValueError("quality and error must be of one length, and not empty")
    values, inverse, counts = np.unique(quality, return_inverse=True, return_counts=True)
    expected = (np.bincount(inverse, weights=error, minlength=len(values)) / counts)[inverse]
    ordered = expected[np.argsort(quality, kind="stable")]
    curve = []
    for share in discard:
        if not 0 <= share < 1:
            raise ValueError(f"a discarded share lies in [0, 1), got {share}")
        curve.append(float(ordered[int(share * len(ordered)) :].mean()))
    return tuple(curve)
