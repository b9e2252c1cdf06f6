"""How well a grouping of faces agrees with whom they show: pairwise and B-cubed precision and recall.

Pairwise: of all pairs that are together, how many show one person; of all pairs that show one person, how
many are together. A person of 500 photos weighs a hundred times as much there as one of 50. B-cubed (Bagga
and Baldwin 1998) asks the same of each face and takes the mean over faces, so that everybody counts by their
photos; single faces count too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of a grouping with the truth."""

    pair_precision: float
    pair_recall: float
    cubed_precision: float
    cubed_recall: float
    groups: int
    mixed: int  # groups of several people

    @property
    def pair_f(self) -> float:
        """Harmonic mean of the two."""
        return harmonic(self.pair_precision, self.pair_recall)

    @property
    def cubed_f(self) -> float:
        """Harmonic mean of the two."""
        return harmonic(self.cubed_precision, self.cubed_recall)


def agreement(groups: IntArray, people: IntArray) -> Agreement:
    """Compare the group (n,) of each face with the person (n,) that it shows. ValueError without any."""
    if groups.shape != people.shape or groups.ndim != 1 or not len(groups):
        raise ValueError("groups and people are two arrays of one length, at least 1")
    both, shared = np.unique(np.stack([groups, people]), axis=1, return_counts=True)
    of_group = dict(zip(*(part.tolist() for part in np.unique(groups, return_counts=True)), strict=True))
    of_person = dict(zip(*(part.tolist() for part in np.unique(people, return_counts=True)), strict=True))
    group_size = np.array([of_group[group] for group in both[0].tolist()], np.float64)
    person_size = np.array([of_person[person] for person in both[1].tolist()], np.float64)
    together = _pairs(shared)
    _, kinds = np.unique(both[0], return_counts=True)
    return Agreement(
        pair_precision=_share(together, _pairs(np.array(list(of_group.values())))),
        pair_recall=_share(together, _pairs(np.array(list(of_person.values())))),
        cubed_precision=float((shared * shared / group_size).sum() / len(groups)),
        cubed_recall=float((shared * shared / person_size).sum() / len(groups)),
        groups=len(of_group),
        mixed=int((kinds > 1).sum()),
    )


def harmonic(a: float, b: float) -> float:
    """Return the harmonic mean of two shares, 0 where both are."""
    return 2 * a * b / (a + b) if a + b else 0.0


def _pairs(sizes: IntArray) -> float:
    return float((sizes * (sizes - 1) / 2).sum())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
