"""All faces of one person, probably, found from one of them.

1. Search with the first face; take everything that comes near, also what is not alike enough.
2. Group all of it by the rule of clusters. Whoever looks alike is grouped too, and so keeps their own faces.
3. Search again with what the person's faces have in common, and go on until nothing new comes near.

So each face is confirmed against all others that were taken, and not only against the first. Following the
most alike face from one photo to the next would end with the person's sister.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from antigone.gallery import GalleryIndex
from antigone.persons.corrections import Corrections
from antigone.persons.few import FewFaces, group_few
from antigone.persons.linkage import links
from antigone.persons.rule import Rule
from antigone.records import Records
from antigone.records.clusters import FaceKey
from antigone.types import Float32Array

NEAR = 0.05  # what lies so much below the score that groups need is looked at too
FEWEST_HITS = 200  # of one search in one collection
MOST_HITS = 5_000
MOST_LEFT_OUT = 8
WORTH_A_LOOK = 0.1  # what lies so much below the needed score is not shown as left out
_MOST_ROUNDS = 8
OUTSIDE: FaceKey = ("", 0)
"""The key of a first face that no collection holds."""


class Why(StrEnum):
    """Why faces that came near were not taken."""

    DECIDED = "decided by hand"  # a correction says that they show somebody else
    LESS_ALIKE = "not alike enough"
    SAME_PHOTO = "on a photo beside the person"
    TOO_POOR = "too poor to be told from others"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Where the person is looked for, and by what rule."""

    records: Records
    model: str
    indexes: Sequence[GalleryIndex]  # of the permitted collections
    corrections: Corrections  # of all of them
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredFace:
    """A face that was taken."""

    key: FaceKey
    references: tuple[int, ...]  # one in each collection that holds the photo
    score: float | None  # mean to the other faces that were taken
    to_first: float
    confirmed_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearGroup:
    """Faces that came near and were not taken."""

    reference: int  # of the face that is most alike
    faces: int
    score: float
    needed: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The person's faces."""

    faces: tuple[GatheredFace, ...]  # the most certain first
    near: tuple[NearGroup, ...]  # the nearest first
    exact: bool
    cut_off: bool


@dataclass(slots=True, eq=False)
class _Pool:
    """Every face that came near; a face that several collections hold is one."""

    keys: list[FaceKey] = field(default_factory=list)
    references: list[list[int]] = field(default_factory=list)
    templates: list[Float32Array] = field(default_factory=list, repr=False)
    poor: list[bool] = field(default_factory=list)
    row: dict[FaceKey, int] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)

    def faces(self) -> FewFaces:
        numbers: dict[str, int] = {}
        return FewFaces(
            keys=self.keys,
            templates=np.stack(self.templates),
            photos=np.array([numbers.setdefault(photo, len(numbers)) for photo, _ in self.keys], np.int64),
            poor=np.array(self.poor, np.bool_),
        )


class Gathering:
    """One person's faces while they are gathered."""

    def __init__(self, first: Float32Array, references: Sequence[int], ground: Ground) -> None:
        """Begin with one face: its template (D,), and its references where collections hold it."""
        self._ground = ground
        self._first = first
        self._pool = _Pool()
        self._exact = True
        self._cut_off = False
        if references:
            self._add(references)
        else:
            self._put(OUTSIDE, [], first, poor=False)

    def run(self) -> Gathered:
        """Gather the faces."""
        floor = self._ground.rule.floor - NEAR
        self._add(self._search(self._first, 1.0, floor, FEWEST_HITS))
        mine, groups = self._group()
        for _ in range(_MOST_ROUNDS):
            mean = np.stack([self._pool.templates[row] for row in mine]).mean(axis=0)
            length = float(np.linalg.norm(mean))
            near = self._search(mean / length, length, floor, max(FEWEST_HITS, 2 * len(mine)))
            if not self._add(near):
                break
            mine, groups = self._group()
        else:
            self._cut_off = True
        return Gathered(
            faces=self._taken(mine),
            near=self._near(mine, groups),
            exact=self._exact,
            cut_off=self._cut_off,
        )

    def _group(self) -> tuple[list[int], list[list[int]]]:
        """Return the rows of the person, and those of all others."""
        groups = group_few(self._pool.faces(), self._ground.corrections, self._ground.rule)
        (mine,) = (group for group in groups if 0 in group)
        return mine, [group for group in groups if group is not mine]

    def _search(self, direction: Float32Array, length: float, floor: float, hits: int) -> list[int]:
        """Return the references whose score with ``direction``, times ``length``, is at least ``floor``."""
        found: list[int] = []
        for index in self._ground.indexes:
            top = min(hits, MOST_HITS)
            while True:
                near = index.search(direction.astype(np.float32)[None], top)
                good = near.ids[0][near.scores[0] * length >= floor]
                if len(good) < top or top == MOST_HITS:
                    break
                top = min(2 * top, MOST_HITS)
            self._exact = self._exact and near.exact
            self._cut_off = self._cut_off or len(good) == MOST_HITS
            found += good.tolist()
        return found

    def _add(self, references: Iterable[int]) -> bool:
        """Take references into the pool; say whether any was new."""
        new = sorted(set(references) - self._pool.known)
        if not new:
            return False
        records, rule = self._ground.records, self._ground.rule
        self._pool.known.update(new)
        table, keys = records.clusters.faces_of(new), records.clusters.keys(new)
        ids, templates = records.templates(new)
        stored = dict(zip(ids.tolist(), templates.astype(np.float32), strict=True))
        poor = rule.poor(table.quality, table.sharpness).tolist()
        for reference, is_poor in zip(table.references.tolist(), poor, strict=True):
            if reference in stored and reference in keys:
                self._put(keys[reference], [reference], stored[reference], poor=is_poor)
        return True

    def _put(self, key: FaceKey, references: list[int], template: Float32Array, *, poor: bool) -> None:
        pool = self._pool
        if key in pool.row:
            pool.references[pool.row[key]] += references
            return
        pool.row[key] = len(pool.keys)
        pool.keys.append(key)
        pool.references.append(references)
        pool.templates.append(template)
        pool.poor.append(poor)

    def _taken(self, mine: list[int]) -> tuple[GatheredFace, ...]:
        templates = np.stack([self._pool.templates[row] for row in mine])
        scores = links(templates)
        pairs = templates @ templates.T
        confirmed = (pairs >= self._ground.rule.single).sum(axis=1) - 1  # every face confirms itself
        first = templates @ self._first
        faces = [
            GatheredFace(
                key=self._pool.keys[row],
                references=tuple(sorted(self._pool.references[row])),
                score=None if np.isnan(scores[place]) else float(scores[place]),
                to_first=float(min(first[place], 1.0)),
                confirmed_by=int(confirmed[place]),
            )
            for place, row in enumerate(mine)
            if self._pool.references[row]
        ]
        return tuple(sorted(faces, key=lambda face: (-(face.score or 0.0), face.key)))

    def _near(self, mine: list[int], groups: list[list[int]]) -> tuple[NearGroup, ...]:
        templates = np.stack(self._pool.templates)
        mean = templates[mine].mean(axis=0)
        rule = self._ground.rule
        found = []
        for group in groups:
            scores = templates[group] @ mean
            score, needed = float(scores.mean()), rule.join + rule.pair / (len(group) * len(mine))
            if score < needed - WORTH_A_LOOK:
                continue
            found.append(
                NearGroup(
                    reference=self._pool.references[group[int(np.argmax(scores))]][0],
                    faces=len(group),
                    score=score,
                    needed=needed,
                    why=self._why(mine, group, alike=score >= needed),
                )
            )
        found.sort(key=lambda group: (-group.score, group.reference))
        return tuple(found[:MOST_LEFT_OUT])

    def _why(self, mine: list[int], group: list[int], *, alike: bool) -> Why:
        corrections = self._ground.corrections
        here, there = ([self._pool.keys[row] for row in rows] for rows in (mine, group))
        spoken = [key for key in there if key in corrections.faces]
        if any(corrections.apart(a, b) for a in spoken for b in here):
            return Why.DECIDED
        if not alike:
            return Why.LESS_ALIKE
        photos = {photo for photo, _ in here}
        return Why.SAME_PHOTO if any(photo in photos for photo, _ in there) else Why.TOO_POOR
