"""What an evaluation is made of: labelled photos, and which of them are compared with which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate.metrics import BoolArray, IntArray
from antigone.provenance import Place
from antigone.types import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One labelled photo. The face that is meant lies in ``box``, or else nearest to the photo's centre."""

    name: str  # as its list or folder names it
    place: Place | None = None  # where its bytes lie
    data: bytes | None = field(default=None, repr=False)  # or the bytes themselves
    box: Box | None = None  # where its list says that the face lies
    groups: Mapping[str, str] = field(default_factory=dict)  # what its list says beside: sex, camera, ...

    @classmethod
    def of_file(cls, path: Path, name: str | None = None) -> Photo:
        """Return a photo that is a file of its own."""
        return cls(name=name or path.name, place=Place.of_file(str(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One side of a comparison: one photo of a person, or several that are fused to one template."""

    subject: str  # whom it shows, according to its label
    photos: tuple[int, ...]  # rows of ``Material.photos``
    media: tuple[
        int, ...
    ] = ()  # for each photo its medium; photos of one medium count as one. () for all different


@dataclass(frozen=True, kw_only=True)
class Material:
    """Labelled photos, and what is made of them."""

    photos: tuple[Photo, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The labels of all people, sorted."""
        return tuple(sorted({entry.subject for entry in self.entries}))

    @cached_property
    def person(self) -> IntArray:
        """(entries,) the number of the person that each entry shows: its place in ``subjects``."""
        number = {subject: place for place, subject in enumerate(self.subjects)}
        return np.array([number[entry.subject] for entry in self.entries], dtype=np.int64)

    def group_of(self, entry: int, column: str) -> str | None:
        """Return what the list says of an entry in this column; None where it says nothing or two things."""
        said = {self.photos[row].groups.get(column) for row in self.entries[entry].photos}
        return said.pop() if len(said) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VerificationTrial:
    """Pairs of entries to be compared. Every array has shape (pairs,)."""

    name: str
    material: Material
    first: IntArray  # rows of ``material.entries``
    second: IntArray
    mated: BoolArray  # whether the list says that both show the same person
    fold: IntArray | None = None  # of the published protocol, where it has folds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IdentificationTrial:
    """Probes to be searched in a gallery. Both are rows of ``material.entries``."""

    name: str
    material: Material
    gallery: IntArray
    probes: IntArray


def singles(photos: Sequence[Photo], subjects: Sequence[str]) -> Material:
    """Make material in which every photo stands for itself."""
    return Material(
        photos=tuple(photos),
        entries=tuple(Entry(subject=subject, photos=(row,)) for row, subject in enumerate(subjects)),
    )


class PairList:
    """Gathers pairs of photos as a list names them, each photo once, and makes a trial of them.

    Where the list does not say whom a photo shows, photos that its mated pairs join are one person.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._photos: dict[str, Photo] = {}
        self._subject: dict[str, str] = {}
        self._pairs: list[tuple[str, str, bool, int | None]] = []

    def photo(self, photo: Photo, subject: str | None = None) -> str:
        """Take a photo and return its name; ``subject`` says whom it shows."""
        self._photos.setdefault(photo.name, photo)
        if subject is not None:
            self._subject[photo.name] = subject
        return photo.name

    def pair(self, first: str, second: str, *, mated: bool, fold: int | None = None) -> None:
        """Take a pair of photos by their names."""
        self._pairs.append((first, second, mated, fold))

    def trial(self) -> VerificationTrial:
        """Return the trial. Raises `UsageError` where no comparison of both kinds was named."""
        if not any(mated for _, _, mated, _ in self._pairs) or all(mated for _, _, mated, _ in self._pairs):
            raise UsageError(
                f"the list of {self._name} does not hold pairs of the same and of different people",
                hint="both kinds are needed; check that it is the right file",
            )
        row = {name: place for place, name in enumerate(self._photos)}
        subjects = self._subjects()
        first, second, mated, fold = zip(*self._pairs, strict=True)
        return VerificationTrial(
            name=self._name,
            material=singles(list(self._photos.values()), [subjects[name] for name in self._photos]),
            first=np.array([row[name] for name in first], dtype=np.int64),
            second=np.array([row[name] for name in second], dtype=np.int64),
            mated=np.array(mated, dtype=np.bool_),
            fold=None if None in fold else np.array(fold, dtype=np.int64),
        )

    def _subjects(self) -> dict[str, str]:
        parent: dict[str, str] = {}

        def root(node: str) -> str:
            while parent.setdefault(node, node) != node:
                parent[node] = node = parent[parent[node]]
            return node

        for name in self._photos:
            if name in self._subject:
                parent[root(f"photo {name}")] = root(f"subject {self._subject[name]}")
        for first, second, mated, _ in self._pairs:
            if mated and not {first, second} <= self._subject.keys():
                parent[root(f"photo {first}")] = root(f"photo {second}")
        return {name: root(f"photo {name}").split(" ", 1)[1] for name in self._photos}


def ten_folds(mated: Iterable[bool]) -> list[int]:
    """Part pairs into ten folds in their order, those of each kind evenly."""
    kinds = list(mated)
    totals = {kind: kinds.count(kind) for kind in (True, False)}
    seen = {True: 0, False: 0}
    folds = []
    for kind in kinds:
        folds.append(10 * seen[kind] // totals[kind])
        seen[kind] += 1
    return folds
