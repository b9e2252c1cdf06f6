"""Grouping some hundreds or thousands of faces that are all compared with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from antigone.persons.corrections import Corrections
from antigone.persons.linkage import join, units_of
from antigone.persons.rule import Rule
from antigone.records.clusters import FaceKey
from antigone.types import Float32Array, Int64Array

NEIGHBOURS = 10  # of each face
_AT_ONCE = 1_024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FewFaces:
    """Faces by rows."""

    keys: Sequence[FaceKey]
    templates: Float32Array = field(repr=False)  # (n, D), unit norm
    photos: Int64Array  # (n,), equal for the faces of one photo
    poor: NDArray[np.bool_]  # (n,), see `Rule.poor`


def group_few(
    faces: FewFaces, corrections: Corrections, rule: Rule, *, together: Iterable[Sequence[int]] = ()
) -> list[list[int]]:
    """Return the rows of each group, ascending, groups by their first row.

    ``together`` holds rows that are one person already; what people decided comes on top of it.
    """
    if not faces.keys:
        return []
    row_of = {key: row for row, key in enumerate(faces.keys)}
    decided = [
        sorted(row_of[other] for other in corrections.together(key) if other in row_of)
        for key in faces.keys
        if key in corrections.faces
    ]
    sides = {row: corrections.sides(key) for row, key in enumerate(faces.keys) if key in corrections.faces}
    groups = _united(len(faces.keys), [*together, *decided])
    near = near_rows(faces.templates, rule.floor)
    while len(near):
        group_of = np.empty(len(faces.keys), np.int64)
        for number, rows in enumerate(groups):
            group_of[rows] = number
        units = units_of(groups, faces.templates, faces.poor, faces.photos, sides)
        joined = join(units, group_of[near], rule)
        if len(joined) == len(groups):
            break
        groups = sorted(sorted(row for unit in one for row in groups[unit]) for one in joined)
        near = _near_groups(groups, faces.templates, rule.floor)
    return groups


def near_rows(templates: Float32Array, floor: float) -> NDArray[np.int64]:
    """Return (p, 2) rows: each with those most alike to it, as far as they score ``floor`` or more."""
    most = min(NEIGHBOURS + 1, len(templates))
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(templates), _AT_ONCE):
        scores = templates[start : start + _AT_ONCE] @ templates.T
        best = np.argpartition(-scores, most - 1, axis=1)[:, :most]
        good = np.take_along_axis(scores, best, axis=1) >= floor
        own = np.broadcast_to(np.arange(start, start + len(scores))[:, None], best.shape)
        found.append(np.stack([own[good], best[good]], axis=1))
    pairs: NDArray[np.int64] = np.concatenate(found)
    return np.asarray(pairs[pairs[:, 0] != pairs[:, 1]])


def _near_groups(groups: Sequence[Sequence[int]], templates: Float32Array, floor: float) -> NDArray[np.int64]:
    """Return a row of each of two groups, for all whose mean score is ``floor`` or more.

    The neighbours of a face may all be copies of it; only the groups as a whole show what else they are near.
    """
    means = np.stack([templates[rows].mean(axis=0) for rows in groups])
    first = np.array([rows[0] for rows in groups], np.int64)
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(means), _AT_ONCE):
        a, b = np.nonzero(means[start : start + _AT_ONCE] @ means.T >= floor)
        a += start
        found.append(np.stack([first[a], first[b]], axis=1)[a < b])
    return np.concatenate(found)


def _united(count: int, sets: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return the rows 0 to ``count`` in groups, where rows of one set come into one group."""
    group_of: dict[int, list[int]] = {row: [row] for row in range(count)}
    for rows in sets:
        for row in rows[1:]:
            here, there = group_of[rows[0]], group_of[row]
            if here is not there:
                here += there
                for moved in there:
                    group_of[moved] = here
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())
