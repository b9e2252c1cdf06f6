"""Average linkage over neighbours: the two groups that are most alike are joined, again and again.

Templates have unit norm, so the mean comparison score between two groups is the inner product of their sums
over the product of their sizes: a join costs one row of numbers, not a table of all pairs. Only groups with
faces among each other's neighbours are compared. On LFW that gives the very clusters that comparing
everything with everything gives (docs/decisions/0016-persons.md).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from antigone.persons.rule import Rule
from antigone.types import Float32Array, Int64Array

T = TypeVar("T")

Side = tuple[int, int]
"""A correction and a side of it, see `antigone.persons.corrections`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Faces, or faces that are together already; row or item i of each field is unit i."""

    totals: Float32Array = field(repr=False)  # (n, D), sums of their templates
    sizes: Int64Array  # (n,), how many faces
    poor: NDArray[np.bool_]  # (n,), too poor to begin a group, see `Rule`
    photos: Sequence[frozenset[int]]  # that show them, as far as these show others too
    sides: Sequence[frozenset[Side]]  # of corrections


def units_of(
    groups: Sequence[Sequence[int]],
    templates: Float32Array,
    poor: NDArray[np.bool_],
    photos: Int64Array,
    sides: Mapping[int, frozenset[Side]],
) -> Units:
    """Return groups of faces as units.

    A group holds rows of ``templates`` (n, D), ``poor`` (n,) and ``photos`` (n,); ``sides`` is known for the
    rows that a correction speaks of.
    """
    numbers, times = np.unique(photos, return_counts=True)
    crowded = frozenset(numbers[times > 1].tolist())
    return Units(
        totals=np.stack([templates[rows].sum(axis=0) for rows in groups]),
        sizes=np.array([len(rows) for rows in groups], np.int64),
        poor=np.array([bool(poor[rows].all()) for rows in groups], np.bool_),
        photos=[crowded.intersection(photos[rows].tolist()) for rows in groups],
        sides=[frozenset().union(*(sides[row] for row in rows if row in sides)) for rows in groups],
    )


def join(units: Units, pairs: NDArray[np.int64], rule: Rule) -> list[list[int]]:
    """Group units; return the numbers of the units of each group, ascending.

    ``pairs`` (p, 2) holds numbers of units that are worth comparing. Two faces of one photo are two people,
    and opposite sides of a correction never come together. The result depends on the units, their order and
    the pairs alone.
    """
    return _Joining(units, pairs, rule).run()


class _Joining:
    """The groups while they grow. A group lives under the number of one of its units."""

    def __init__(self, units: Units, pairs: NDArray[np.int64], rule: Rule) -> None:
        count = len(units.sizes)
        self._rule = rule
        self._totals = units.totals.astype(np.float32)  # a copy: groups are summed up in place
        self._sizes = units.sizes.copy()
        self._poor = units.poor.tolist()
        self._photos: list[AbstractSet[int]] = list(units.photos)
        self._sides: list[AbstractSet[Side]] = list(units.sides)
        self._groups: list[list[int]] = [[number] for number in range(count)]
        self._age = [0] * count  # how often the group has grown; -1 once it went up in another
        self._near: list[set[int]] = [set() for _ in range(count)]
        for a, b in pairs.tolist():
            if a != b:
                self._near[a].add(b)
                self._near[b].add(a)
        self._queue: list[tuple[float, int, int, int, int]] = []

    def run(self) -> list[list[int]]:
        for number in range(len(self._groups)):
            self._offer(number)
        while self._queue:
            _, a, b, age_a, age_b = heapq.heappop(self._queue)
            if self._age[a] != age_a:
                continue  # it has grown, and was offered again then, or it is gone
            if self._age[b] == age_b:
                self._merge(a, b)
            else:
                self._offer(a)
        return [sorted(group) for number, group in enumerate(self._groups) if self._age[number] >= 0]

    def _merge(self, a: int, b: int) -> None:
        """Let the smaller of two groups go up in the larger one."""
        if (self._sizes[b], -b) > (self._sizes[a], -a):
            a, b = b, a
        self._totals[a] += self._totals[b]
        self._sizes[a] += self._sizes[b]
        self._poor[a] = self._poor[a] and self._poor[b]
        self._photos[a] = _grown(self._photos[a], self._photos[b])
        self._sides[a] = _grown(self._sides[a], self._sides[b])
        self._groups[a] += self._groups[b]
        self._age[a] += 1
        self._age[b] = -1
        for other in self._near[b]:
            self._near[other].discard(b)
            self._near[other].add(a)
        self._near[a] |= self._near[b]
        self._near[a] -= {a, b}
        self._near[b] = set()
        self._offer(a)

    def _offer(self, group: int) -> None:
        """Queue the best join that a group may make.

        One entry a group is enough: of the two groups that fit best of all, the one that changed last was
        offered with the other as it is, and whatever it preferred then and is no more comes up before.
        """
        others = sorted(self._near[group])  # a set of numbers has no order that can be relied on
        if not others:
            return
        pairs = self._sizes[others] * self._sizes[group]
        margins = self._rule.margin(self._totals[others] @ self._totals[group] / pairs, pairs)
        for place in np.argsort(-margins, kind="stable").tolist():
            if margins[place] < 0:
                return
            other = others[place]
            if self._may(group, other):
                entry = (-float(margins[place]), group, other, self._age[group], self._age[other])
                heapq.heappush(self._queue, entry)
                return

    def _may(self, a: int, b: int) -> bool:
        for poor, other in ((a, b), (b, a)):
            if self._poor[poor] and self._sizes[other] < self._rule.poor_joins:
                return False
        if not self._photos[a].isdisjoint(self._photos[b]):
            return False
        sides = self._sides[b]
        return not any((correction, 1 - side) in sides for correction, side in self._sides[a])


def _grown(here: AbstractSet[T], there: AbstractSet[T]) -> AbstractSet[T]:
    """Return both together; a set that has grown before is one of our own and is added to."""
    if not isinstance(here, set):
        return {*here, *there} if there else here
    here |= there
    return here


def links(templates: Float32Array) -> Float32Array:
    """Return the mean score of each face of a group to its others, (n,); NaN for a face by itself.

    ``templates`` is (n, D), of unit norm.
    """
    count = len(templates)
    if count < 2:
        return np.full(count, np.nan, np.float32)
    rows = templates.astype(np.float64)
    own = np.einsum("nd,nd->n", rows, rows)
    mean: Float32Array = ((rows @ rows.sum(axis=0) - own) / (count - 1)).astype(np.float32)
    return mean
