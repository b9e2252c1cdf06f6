"""Whether quality tells beforehand which probes will be missed: bins, and the error-versus-discard curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antigone.evaluate.metrics.figures import BoolArray, Estimate, Float64Array, wilson


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
