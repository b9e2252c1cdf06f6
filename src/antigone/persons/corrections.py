"""What people decided by hand about which faces show one person, as rules that every grouping keeps.

A *merge* says that all its faces show one person. A *split* says that the faces split off show another person
than the rest; it does not say that those split off are one. Corrections are taken in the order in which they
were made, and a later one counts against an earlier one. Faces are named by the hash of their photo and their
number there, so a correction holds for a photo that was erased and comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from antigone.persons.linkage import Side
from antigone.records.clusters import CorrectionRecord, FaceKey

SPLIT_OFF = 1
REST = 0


class Kind(StrEnum):
    """What a correction does."""

    SPLIT = "split"
    MERGE = "merge"


class Corrections:
    """All corrections of a collection, taken together."""

    def __init__(self, records: Iterable[CorrectionRecord] = ()) -> None:
        self._group: dict[FaceKey, set[FaceKey]] = {}  # faces that are one person, under each of them
        self._sides: dict[FaceKey, set[Side]] = defaultdict(set)
        for record in records:
            if record.kind == Kind.MERGE:
                self._merge(list(record.sides))
            else:
                self._split(record)
        self.faces = frozenset(self._group) | frozenset(self._sides)
        """Every face that a correction speaks of."""

    def _merge(self, faces: list[FaceKey]) -> None:
        together = set(faces)
        for face in faces:
            together |= self._group.get(face, set())
        for face in together:
            self._group[face] = together

    def _split(self, record: CorrectionRecord) -> None:
        off = {face for face, side in record.sides.items() if side == SPLIT_OFF}
        rest = record.sides.keys() - off
        for face in off:
            group = self._group.get(face)
            # Faces that the split does not name, because they were not there, stay with the rest.
            if group is not None and not rest.isdisjoint(group):
                for part in (group & off, group - off):
                    for member in part:
                        self._group[member] = part
        for face, side in record.sides.items():
            self._sides[face].add((record.id, side))

    def together(self, face: FaceKey) -> frozenset[FaceKey]:
        """Return the faces that show the same person as this one by decision, itself included."""
        return frozenset(self._group.get(face, {face}))

    def sides(self, face: FaceKey) -> frozenset[Side]:
        """Return which side of which split a face is on, by itself or by those that it belongs to."""
        if not self._sides:
            return frozenset()
        return frozenset(side for other in self.together(face) for side in self._sides.get(other, ()))

    def apart(self, a: FaceKey, b: FaceKey) -> bool:
        """Say whether two faces show two people by decision."""
        if b in self._group.get(a, ()):
            return False
        theirs = self.sides(b)
        return any((correction, 1 - side) in theirs for correction, side in self.sides(a))
