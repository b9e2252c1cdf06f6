"""Two ways of searching, held against each other on the very same probes.

What two ways share (a hard photo, a wrong label, a twin) does not blur their difference when both are judged
on the same people in each resample. So its interval is far narrower than those of the two rates.
"""

from __future__ import annotations

import math

import numpy as np

from antigone.evaluate.metrics.figures import RESAMPLES, Estimate, Float64Array, bootstrap_people
from antigone.evaluate.metrics.searching import (
    SearchScores,
    identification_misses,
    threshold_at_fpir,
    threshold_in,
)


def fnir_difference(
    before: SearchScores,
    after: SearchScores,
    fpir: float = 0.01,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return FNIR of ``after`` less that of ``before``, each at its own threshold of this FPIR.

    Both hold the same probes in the same order, all of people in the gallery. The interval resamples people
    and sets both thresholds anew each time. Raises ValueError where the probes differ or nothing can be
    searched.
    """
    if not np.array_equal(before.person, after.person):
        raise ValueError("both ways must have searched for the same people in the same order")
    sides = [_Side(searches) for searches in (before, after)]
    if any(len(side.ordered) == 0 for side in sides):
        raise ValueError("no non-mated searches")

    def difference(weights: Float64Array) -> float:
        rates = [side.fnir(weights, fpir) for side in sides]
        return rates[1] - rates[0]

    low, high = bootstrap_people(before.person, difference, resamples=resamples, seed=seed)
    values = [
        float(identification_misses(side.searches, threshold_at_fpir(side.ordered, fpir)).mean())
        for side in sides
    ]
    return Estimate(value=values[1] - values[0], low=low, high=high, trials=len(before))


class _Side:
    """One way's searches, with those that can raise a false alarm in descending order of their score."""

    def __init__(self, searches: SearchScores) -> None:
        tried = np.flatnonzero(~np.isneginf(searches.other))
        self._order = tried[np.argsort(-searches.other[tried], kind="stable")]
        self.searches = searches
        self.ordered = searches.other[self._order]

    def fnir(self, weights: Float64Array, fpir: float) -> float:
        """Return FNIR with probes counted so often each."""
        of_others = weights[self._order]
        if weights.sum() == 0 or of_others.sum() == 0:
            return math.nan
        missed = identification_misses(self.searches, threshold_in(self.ordered, fpir, of_others))
        return float(np.average(missed, weights=weights))
