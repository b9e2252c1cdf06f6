"""A measured rate, its interval, and when it may be printed as a number at all.

Two rules of thumb decide (Doddington et al. 2000; ISO/IEC 19795-1, annex B). *Rule of 3*: where no error
was seen in n independent trials, the true rate is below 3/n with 95 % confidence. *Rule of 30*: at least 30
errors are needed before the observed rate can be relied on (then it lies within about 30 % of the true one
with 90 % confidence). A rate on fewer errors is printed as a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NORMAL_95 = 1.959963984540054  # two-sided 95 % point of the normal distribution
ENOUGH_ERRORS = 30
RESAMPLES = 1000
CONFIDENCE = 0.95


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """A share of errors, with what it rests on."""

    share: Estimate
    errors: int
    support: int  # the smallest count that the figure rests on: its errors, or those that set its threshold
    at_most: float  # upper bound of the true rate with 95 % confidence

    @property
    def solid(self) -> bool:
        """Whether the rule of 30 lets the figure be printed as a number."""
        return self.support >= ENOUGH_ERRORS

    def text(self) -> str:
        """Give the rate as people may read it: with its interval, or as a bound."""
        trials = self.share.trials
        if self.solid:
            value, low, high = map(percent, (self.share.value, self.share.low, self.share.high))
            return f"{value} [{low}, {high}], {self.errors:,} of {trials:,}"
        seen = f"{self.errors:,} of {trials:,}"
        if self.support < self.errors:
            seen += f", threshold set by {self.support:,}"
        return f"at most {percent(self.at_most)} ({seen})"

    def document(self) -> dict[str, object]:
        """Return the rate for JSON; ``value`` is None where the counts carry a bound only."""
        return {
            "value": self.share.value if self.solid else None,
            "low": self.share.low if self.solid else None,
            "high": self.share.high if self.solid else None,
            "at_most": self.at_most,
            "errors": self.errors,
            "trials": self.share.trials,
            "support": self.support,
        }


def percent(share: float) -> str:
    """Write a share in per cent with two significant digits, such as ``0.031 %``."""
    if not math.isfinite(share):
        return "-"
    value = 100 * share
    if value in (0, 100):
        return f"{value:.0f} %"
    return f"{value:.{max(0, min(6, 1 - math.floor(math.log10(value))))}f} %"


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


def upper_bound(errors: int, trials: int) -> float:
    """Bound a true error rate from above with 95 % confidence (Clopper and Pearson 1934, one-sided).

    Without errors that is the rule of 3: 1 - 0.05 ** (1 / trials), about 3 / trials.
    Raises ValueError when there are no trials or more errors than trials.
    """
    from scipy.stats import beta

    if trials < 1 or not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors of {trials} trials")
    return 1.0 if errors == trials else float(beta.ppf(CONFIDENCE, errors + 1, trials - errors))


def error_rate(share: Estimate, errors: int, *, people: int, support: int | None = None) -> ErrorRate:
    """Make a rate of ``errors`` seen in ``share.trials`` trials that show ``people`` different people.

    Trials of one person are not independent, so the bound is the widest of three: that of the trials as if
    they were, the end of the bootstrap interval over people, and without errors the rule of 3 over people.
    """
    bound = max(share.high, upper_bound(errors, share.trials))
    if errors == 0:
        bound = max(bound, upper_bound(0, min(people, share.trials)))
    return ErrorRate(
        share=share, errors=errors, support=errors if support is None else min(errors, support), at_most=bound
    )


def share_by_people(
    outcome: NDArray[np.float64] | BoolArray,
    person: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
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


def rate_by_people(wrong: BoolArray, person: IntArray, *, support: int | None = None) -> ErrorRate:
    """Make the rate of a (n,) outcome that is True where something went wrong, by (n,) people."""
    share = share_by_people(wrong, person)
    return error_rate(share, int(wrong.sum()), people=len(np.unique(person)), support=support)


def bootstrap_people(
    person: IntArray,
    statistic: Callable[[Float64Array], float],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of per-probe weights, resampling people with replacement.

    Resamples in which the statistic is not defined (NaN) are left out.
    """
    people, member = np.unique(person, return_inverse=True)
    values = [statistic(drawn[member]) for drawn in drawn_people(len(people), resamples, seed)]
    return interval(values)


def drawn_people(people: int, resamples: int, seed: int = 0) -> Iterator[Float64Array]:
    """Draw people with replacement, ``resamples`` times: each time (people,) how often each was drawn."""
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, people, people), minlength=people).astype(np.float64)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % percentile interval of resampled values; NaN where none of them is defined."""
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return math.nan, math.nan
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
