"""How likely a cluster is to hold more than one person: what was found in clusters that are as loose.

Measured on LFW, 13,233 photos of 5,749 people in 1,642 clusters of two faces or more (`python -m
benchmarks.clusters`). It is a share that was counted there, not a probability for the cluster at hand:
another collection holds other people, siblings perhaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from antigone.persons.rule import DEFAULT_MODEL, Rule

MEASURED_ON = "LFW"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedShare:
    """How many of the clusters as loose as this one held more than one person where that was counted."""

    mixed: int
    clusters: int
    low: float  # 95 % interval of the share (Wilson)
    high: float

    @property
    def share(self) -> float:
        """Share of clusters with more than one person."""
        return self.mixed / self.clusters

    def sentence(self) -> str:
        """Say it to a person."""
        return (
            f"{self.mixed} of {self.clusters:,} clusters that were as loose held more than one person on "
            f"{MEASURED_ON} ({self.share:.0%}, 95 % interval {self.low:.0%} to {self.high:.0%})"
        )


# By the slack of the loosest face: up to this (exclusive), and what was counted there. About a third of the
# clusters of the last rows are mixed because LFW names a person twice or a photo wrongly.
_BANDS = (
    (0.02, MixedShare(mixed=10, clusters=68, low=0.082, high=0.250)),
    (0.04, MixedShare(mixed=6, clusters=75, low=0.037, high=0.164)),
    (0.10, MixedShare(mixed=12, clusters=353, low=0.020, high=0.058)),
    (math.inf, MixedShare(mixed=18, clusters=1146, low=0.010, high=0.025)),
)
BOUNDS = tuple(bound for bound, _ in _BANDS)


def slack(weakest: float, faces: int, rule: Rule) -> float:
    """Return how far the loosest face of a cluster lies above what it needs to be in it.

    ``weakest`` is its mean score to the other faces. Below 0 it would not join any more: others came between.
    """
    return weakest - rule.join - rule.pair / (faces - 1)


def mixed_share(weakest: float | None, faces: int, rule: Rule, model: str) -> MixedShare | None:
    """Return what was counted for clusters as loose as this one; None for one face or another model."""
    if weakest is None or faces < 2 or model != DEFAULT_MODEL:
        return None
    loose = slack(weakest, faces, rule)
    return next(share for bound, share in _BANDS if loose < bound)
