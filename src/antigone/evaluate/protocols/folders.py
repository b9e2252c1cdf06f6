"""Folders of people: a folder for each person, or a photo for each person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.material import (
    IdentificationTrial,
    Material,
    Photo,
    VerificationTrial,
    singles,
)
from antigone.evaluate.metrics import IntArray
from antigone.printable import printable

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp"})
MOST_MATED_A_PERSON = 1_000  # pairs of one person that are compared, so that nobody decides alone
MOST_NON_MATED = 200_000  # pairs of different people that are compared, at random; more change no figure


def people_in(folder: Path) -> Material:
    """List the photos of a folder, in the order of names.

    The photos in ``folder/NAME/`` show the person NAME; a photo that lies in ``folder`` itself shows the
    person it is named after. Raises `NotFoundError` and `UsageError`.
    """
    found = list(_photos(folder))
    return singles([photo for photo, _ in found], [subject for _, subject in found])


def _photos(folder: Path) -> Iterator[tuple[Photo, str]]:
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {printable(str(folder))}")
    count = 0
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            for inner in sorted(path.rglob("*")):
                if _is_photo(inner):
                    count += 1
                    yield Photo.of_file(inner, str(inner.relative_to(folder))), path.name
        elif _is_photo(path):
            count += 1
            yield Photo.of_file(path), path.stem
    if not count:
        raise UsageError(
            f"{printable(str(folder))} holds no photos",
            hint="an evaluation needs a folder for each person, with that person's photos in it",
        )


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def all_pairs(material: Material, name: str, *, seed: int = 0) -> VerificationTrial:
    """Pair every photo with every other; at random at most 1,000 pairs of a person and 200,000 of different.

    Raises `UsageError` where nobody has two photos or there is only one person.
    """
    person, rng = material.person, np.random.default_rng(seed)
    order = np.argsort(person, kind="stable")
    families = np.split(order, np.flatnonzero(np.diff(person[order])) + 1)
    same = np.concatenate([_pairs_within(family, rng) for family in families])
    if len(same) == 0 or len(material.subjects) < 2:
        raise UsageError(
            "there is nobody with two photos" if len(same) == 0 else "there is only one person",
            hint="comparing needs at least two people, and two photos of one of them",
        )
    different = _different(person, rng)
    return VerificationTrial(
        name=name,
        material=material,
        first=np.concatenate([same[:, 0], different[:, 0]]),
        second=np.concatenate([same[:, 1], different[:, 1]]),
        mated=np.arange(len(same) + len(different)) < len(same),
    )


def _pairs_within(family: IntArray, rng: np.random.Generator) -> IntArray:
    """Return (n, 2) pairs of one person's entries, none of them twice."""
    count = len(family)
    if count * (count - 1) // 2 > 4 * MOST_MATED_A_PERSON:
        drawn = np.sort(rng.integers(0, count, (4 * MOST_MATED_A_PERSON, 2)), axis=1)
        places = np.unique(drawn[drawn[:, 0] != drawn[:, 1]], axis=0)
    else:
        places = np.stack(np.triu_indices(count, 1), axis=1)
    chosen = np.sort(rng.permutation(len(places))[:MOST_MATED_A_PERSON])
    return np.asarray(family[places[chosen]], dtype=np.int64)


def _different(person: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n, 2) rows of entries that show different people, none of them twice."""
    count = len(person)
    if count * (count - 1) // 2 <= 2 * MOST_NON_MATED:
        pairs = np.stack(np.triu_indices(count, 1), axis=1)
        pairs = pairs[person[pairs[:, 0]] != person[pairs[:, 1]]]
        chosen = rng.permutation(len(pairs))[:MOST_NON_MATED]
        return np.asarray(pairs[np.sort(chosen)])
    drawn = np.sort(rng.integers(0, count, (3 * MOST_NON_MATED, 2)), axis=1)
    drawn = np.unique(drawn[person[drawn[:, 0]] != person[drawn[:, 1]]], axis=0)
    return np.asarray(drawn[np.sort(rng.permutation(len(drawn))[:MOST_NON_MATED])])


def first_against_rest(material: Material, name: str) -> IdentificationTrial:
    """Make the first photo of every person the gallery, and all others the probes.

    Raises `UsageError` where nobody has two photos.
    """
    _, first = np.unique(material.person, return_index=True)
    probes = np.setdiff1d(np.arange(len(material.entries)), first)
    if len(probes) == 0:
        raise UsageError(
            "there is nobody with two photos",
            hint="one photo of a person goes into the gallery, the others are searched for",
        )
    return IdentificationTrial(
        name=name, material=material, gallery=np.sort(first).astype(np.int64), probes=probes
    )


def gallery_and_probes(gallery: Material, probes: Material, name: str) -> IdentificationTrial:
    """Search the one material in the other; people are the same where they have the same name.

    Raises `UsageError` where no probe shows anybody of the gallery.
    """
    if not set(gallery.subjects) & set(probes.subjects):
        raise UsageError(
            "no probe shows anybody who is in the gallery, so nothing can be missed",
            hint="people are known by the names of their folders, or of their photos: "
            "gallery/ANNA/1.jpg and probes/ANNA/2.jpg",
        )
    shift = len(gallery.photos)
    moved = tuple(
        type(entry)(
            subject=entry.subject, photos=tuple(row + shift for row in entry.photos), media=entry.media
        )
        for entry in probes.entries
    )
    both = Material(photos=gallery.photos + probes.photos, entries=gallery.entries + moved)
    count = len(gallery.entries)
    return IdentificationTrial(
        name=name,
        material=both,
        gallery=np.arange(count),
        probes=np.arange(count, len(both.entries)),
    )
