"""The tail of a light-tailed distribution: a generalised Pareto law, fitted between two bounds.

Standardised scores z of different people fall off about as a normal distribution does. For such a law the
excesses of t = z * |z| / 2 over a threshold are close to exponential, so that a generalised Pareto law for
them (Pickands 1975; the transformation as in de Valk 2016) has a shape near zero and can be carried far
beyond the largest score that was seen; fitted to z itself it would end too soon. What lies above the upper
bound is left out, and the likelihood is that of the law cut off there, because among the highest scores of a
gallery are photos of one and the same person that nobody has marked as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

FROM, TO = 2.0, 4.0  # standardised scores between which the law is fitted
_BINS = 120
_LEAST_EXCESSES = 60
PRIOR_EXCESSES = 20_000
"""The shape of the tail is drawn to that of a normal law as if so many scores had been seen to follow one.

A gallery of some hundred people shows a few thousand scores in the tail, far from independent of each other:
too few to tell its shape. Where there are many, as from a thousand people on, they decide.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The share of non-mated comparisons with a standardised score above any z >= `FROM`."""

    share: float  # above `FROM`
    shape: float
    scale: float  # of t

    def above(self, z: Float64Array) -> Float64Array:
        """Return the share of comparisons at or above each z (n,); NaN below `FROM`."""
        excess = transformed(z) - transformed(np.array(FROM))
        survival = pareto_survival(np.maximum(excess, 0), self.shape, self.scale)
        return np.asarray(np.where(excess < 0, np.nan, self.share * survival), dtype=np.float64)


def transformed(z: Float64Array) -> Float64Array:
    """Return t = z |z| / 2, in which a normal tail is nearly exponential."""
    return np.asarray(z * np.abs(z) / 2, dtype=np.float64)


def pareto_survival(excess: Float64Array, shape: float, scale: float) -> Float64Array:
    """Return a generalised Pareto law's share above each excess x: (1 + shape x / scale)^(-1 / shape)."""
    if abs(shape) < 1e-12:
        return np.asarray(np.exp(-excess / scale), dtype=np.float64)
    with np.errstate(divide="ignore"):  # where a law with an end has ended
        return np.asarray(np.exp(-np.log1p(np.maximum(shape * excess / scale, -1)) / shape), dtype=np.float64)


def _normal_shares(edges: Float64Array) -> Float64Array:
    """Return which share of a normal law's scores between the first and last edge falls between each two."""
    from scipy.special import ndtr

    below: Float64Array = ndtr(-np.sqrt(2 * edges))
    return np.asarray(-np.diff(below) / (below[0] - below[-1]), dtype=np.float64)


class TailData:
    """Standardised scores between the bounds, in bins, with the two people of each."""

    def __init__(self, z: NDArray[np.floating]) -> None:
        """Take (n, n) scores of n different people against each other; NaN on the diagonal."""
        self.people = len(z)
        rows, columns = np.nonzero((z > FROM) & (z <= TO))
        low, high = float(transformed(np.array(FROM))), float(transformed(np.array(TO)))
        self._edges = np.linspace(low, high, _BINS + 1) - low
        self._bin = np.minimum(
            ((transformed(z[rows, columns].astype(np.float64)) - low) / (high - low) * _BINS).astype(
                np.int64
            ),
            _BINS - 1,
        )
        self._rows, self._columns = rows, columns
        self._prior = PRIOR_EXCESSES * _normal_shares(self._edges + low)

    @property
    def excesses(self) -> int:
        """How many scores the fit rests on."""
        return len(self._bin)

    @property
    def enough(self) -> bool:
        """Whether a law can be fitted at all."""
        return self.excesses >= _LEAST_EXCESSES

    def fit(self, weights: Float64Array | None = None) -> Tail:
        """Fit the law by maximum likelihood; ``weights`` (people,) are how often each person counts."""
        w = np.ones(self.people) if weights is None else weights
        together = w[self._rows] * w[self._columns]
        counts: Float64Array = np.bincount(self._bin, weights=together, minlength=_BINS).astype(np.float64)
        pairs = float(w.sum() ** 2 - (w**2).sum())
        shape, scale = _fit_binned(counts + self._prior, self._edges)
        within = 1 - float(pareto_survival(self._edges[-1:], shape, scale)[0])
        return Tail(share=float(counts.sum()) / pairs / within, shape=shape, scale=scale)


def _fit_binned(counts: Float64Array, edges: Float64Array) -> tuple[float, float]:
    """Maximise the likelihood of counts in bins under a law that is cut off at the last edge."""
    from scipy.optimize import minimize

    total = counts.sum()

    def loss(parameters: Float64Array) -> float:
        cumulated = 1 - pareto_survival(edges, float(parameters[0]), float(np.exp(parameters[1])))
        shares = np.diff(cumulated) / max(float(cumulated[-1]), 1e-300)
        return float(-(counts @ np.log(np.maximum(shares, 1e-300))) / total)

    found = minimize(
        loss, np.array([0.0, np.log(0.85)]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-8}
    )
    return float(found.x[0]), float(np.exp(found.x[1]))
