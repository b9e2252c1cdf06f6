"""The faces of a collection into clusters: those that came since the last run, or all of them afresh.

A run costs in proportion to what is new. Only new faces are searched for; the clusters that they come near to
are taken as they are, and may take in new faces and join each other. What is in them is never taken apart:
that needs a run afresh, or a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from antigone.gallery import GalleryIndex
from antigone.persons.corrections import Corrections
from antigone.persons.linkage import Units, join, links, units_of
from antigone.persons.parts import Model
from antigone.persons.rule import Rule
from antigone.records import Float16Array
from antigone.records.clusters import ClusterChange, Clusters, FaceTable
from antigone.types import Float32Array, Int64Array

NEIGHBOURS = 10  # of each new face; on LFW 8 of them give the clusters that all comparisons give
MOST_NEIGHBOURS = 2_000  # of a group that is larger than that; the index re-scores as many exactly
_MOST_ROUNDS = 5  # a group that has grown is searched for once more
_AT_ONCE = 1_024

Pairs = NDArray[np.int64]
"""(p, 2) references that are near to each other."""


class TemplateStore(Protocol):
    """Where templates are read."""

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, Float16Array]:
        """Return those of ``ids`` that exist, ascending, and their templates (n, D)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a run works with."""

    collection: int
    model: Model
    index: GalleryIndex
    clusters: Clusters
    templates: TemplateStore
    corrections: Corrections
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouped:
    """What a run would write."""

    changes: tuple[ClusterChange, ...]
    gone: tuple[int, ...]  # clusters that went up in others
    faces: int  # that were grouped
    poor: int  # of them too poor to begin a group
    through: int  # highest reference that was seen


@dataclass(slots=True, eq=False)
class _Group:
    """Faces that are together, by their rows."""

    rows: list[int]
    cluster: int | None = None  # which it goes on as
    size: int = 0  # how many faces that one has had
    changed: bool = True


@dataclass(slots=True, eq=False)
class _Faces:
    """The faces at work: new ones, and those of clusters that they come near to. Row i is one face."""

    references: Int64Array
    photos: Int64Array
    poor: NDArray[np.bool_]
    templates: Float32Array = field(repr=False)

    def and_(self, other: _Faces) -> _Faces:
        """Return these with others below them."""
        return _Faces(
            references=np.concatenate([self.references, other.references]),
            photos=np.concatenate([self.photos, other.photos]),
            poor=np.concatenate([self.poor, other.poor]),
            templates=np.concatenate([self.templates, other.templates]),
        )


class Grouping:
    """One run, from the new faces to what has to be written."""

    def __init__(self, material: Material, *, after: int) -> None:
        """Prepare to group the references with ids greater than ``after``; with 0, all of them afresh."""
        self._material = material
        self._after = after  # 0: afresh
        new = material.clusters.faces(material.collection, material.model.id, after=after)
        self._faces = self._loaded(new)
        self._new = len(self._faces.references)
        self._row = {reference: row for row, reference in enumerate(self._faces.references.tolist())}
        self._group_of = list(range(self._new))
        self._groups = [_Group(rows=[row]) for row in range(self._new)]
        self._gone: list[int] = []
        corrections = material.corrections
        found = material.clusters.find(material.collection, material.model.id, corrections.faces)
        self._corrected = {reference: face for face, reference in found.items()}

    def run(self) -> Grouped:
        """Group. Nothing is written."""
        self._join_corrected()
        pairs = self._near_faces()
        for _ in range(_MOST_ROUNDS):
            if not len(pairs):
                break
            self._take_in(np.unique(pairs).tolist())
            pairs = self._near_groups(self._join(pairs))
        gone = self._keep_numbers() if self._after == 0 else self._gone
        return Grouped(
            changes=tuple(self._change(group) for group in self._groups if group.rows and group.changed),
            gone=tuple(sorted(gone)),
            faces=self._new,
            poor=int(np.count_nonzero(self._faces.poor[: self._new])),
            through=max(int(self._faces.references[: self._new].max(initial=0)), self._after),
        )

    # Faces at work

    def _loaded(self, table: FaceTable) -> _Faces:
        references, stored = self._material.templates.templates(table.references.tolist())
        there = np.isin(table.references, references)
        return _Faces(
            references=table.references[there],
            photos=table.photos[there],
            poor=self._material.rule.poor(table.quality, table.sharpness)[there],
            templates=stored.astype(np.float32).reshape(len(references), self._material.model.dimension),
        )

    def _take_in(self, references: Iterable[int]) -> None:
        """Take the clusters of references that are not at work yet to those at work."""
        clusters = self._material.clusters
        missing = [reference for reference in references if reference not in self._row]
        members = clusters.members(sorted(set(clusters.of_references(missing).values())))
        if not members:
            return
        table = clusters.faces_of([reference for group in members.values() for reference in group])
        first = len(self._faces.references)
        self._faces = self._faces.and_(self._loaded(table))
        for row, reference in enumerate(self._faces.references[first:].tolist(), first):
            self._row[reference] = row
        self._group_of += [0] * (len(self._faces.references) - first)
        for cluster, group in members.items():
            rows = [self._row[reference] for reference in group if reference in self._row]
            for row in rows:
                self._group_of[row] = len(self._groups)
            self._groups.append(_Group(rows=rows, cluster=cluster, size=len(rows), changed=False))

    # Joining

    def _join_corrected(self) -> None:
        """Put together what people decided to be one person, wherever a new face is part of it."""
        present = {face: reference for reference, face in self._corrected.items()}
        done: set[int] = set()
        for reference in sorted(self._corrected):
            if reference not in self._row or reference in done:
                continue
            faces = self._material.corrections.together(self._corrected[reference])
            together = sorted(present[face] for face in faces if face in present)
            done.update(together)
            self._take_in(together)
            self._merge({self._group_of[self._row[other]] for other in together})

    def _join(self, pairs: Pairs) -> list[int]:
        """Join groups that are alike and near; return those that have grown."""
        known = [(self._row[a], self._row[b]) for a, b in pairs.tolist() if a in self._row and b in self._row]
        near = np.array([(self._group_of[a], self._group_of[b]) for a, b in known], np.int64).reshape(-1, 2)
        near = np.unique(np.sort(near, axis=1), axis=0)
        involved = np.unique(near)
        local = np.searchsorted(involved, near)
        grown = []
        for units in join(self._units(involved.tolist()), local, self._material.rule):
            if len(units) > 1:
                grown.append(self._merge({int(involved[unit]) for unit in units}))
        return grown

    def _units(self, groups: Sequence[int]) -> Units:
        rows = [self._groups[number].rows for number in groups]
        sides = {
            self._row[reference]: self._material.corrections.sides(face)
            for reference, face in self._corrected.items()
            if reference in self._row
        }
        return units_of(rows, self._faces.templates, self._faces.poor, self._faces.photos, sides)

    def _merge(self, numbers: set[int]) -> int:
        """Let groups go up in the one that has been the largest cluster; return its number."""
        keeper = min(numbers, key=lambda number: (-self._groups[number].size, number))
        kept = self._groups[keeper]
        for number in sorted(numbers - {keeper}):
            other = self._groups[number]
            for row in other.rows:
                self._group_of[row] = keeper
            kept.rows += other.rows
            if other.cluster is not None:
                self._gone.append(other.cluster)
            self._groups[number] = _Group(rows=[])
            kept.changed = True
        return keeper

    # Neighbours

    def _near_faces(self) -> Pairs:
        """Return the new faces with those that are most alike to each."""
        found = [np.empty((0, 2), np.int64)]
        for start in range(0, self._new, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, self._new))
            near = self._material.index.search(self._faces.templates[part], NEIGHBOURS + 1)
            own = np.broadcast_to(self._faces.references[part, None], near.ids.shape)
            good = (near.scores >= self._material.rule.floor) & (near.ids != own)
            found.append(np.stack([own[good], near.ids[good]], axis=1))
        return np.concatenate(found)

    def _near_groups(self, grown: Iterable[int]) -> Pairs:
        """Return large groups with the faces that are near to them as a whole.

        The nearest faces to someone's photo are that person's other photos; where there are many of them,
        and even more where there are many copies of one, a list of neighbours holds nothing else.
        """
        found: list[tuple[int, int]] = []
        for number in grown:
            rows = self._groups[number].rows
            if len(rows) <= NEIGHBOURS:
                continue
            mean = self._faces.templates[rows].mean(axis=0)
            length = np.linalg.norm(mean)
            top = min(len(rows) + NEIGHBOURS, MOST_NEIGHBOURS)
            near = self._material.index.search((mean / length)[None], top)
            alike = near.ids[0][near.scores[0] * length >= self._material.rule.floor].tolist()
            own = set(self._faces.references[rows].tolist())
            found += [(int(self._faces.references[rows[0]]), other) for other in alike if other not in own]
        return np.array(found, np.int64).reshape(-1, 2)

    # What comes of it

    def _keep_numbers(self) -> list[int]:
        """Let each group go on as the cluster that most of its faces were in; return those left over."""
        clusters = self._material.clusters
        before = clusters.of_references(self._faces.references.tolist())
        shared = Counter(
            (self._group_of[self._row[reference]], cluster) for reference, cluster in before.items()
        )
        free = set(clusters.numbers(self._material.collection, self._material.model.id))
        for (number, cluster), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
            if cluster in free and self._groups[number].cluster is None:
                self._groups[number].cluster = cluster
                free.discard(cluster)
        return list(free)

    def _change(self, group: _Group) -> ClusterChange:
        rows = np.array(group.rows, np.int64)
        rows = rows[np.argsort(self._faces.references[rows])]
        return ClusterChange(
            cluster=group.cluster,
            references=self._faces.references[rows],
            links=links(self._faces.templates[rows]),
        )
