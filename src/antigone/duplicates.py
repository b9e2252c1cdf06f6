"""Copies of one photo: re-encoded, scaled, cropped or mirrored, and the same bytes in another collection.

Two references are copies when their templates are alike and their context hashes lie over each other. Either
alone would not do: templates of one person can be alike in different photos, and a context hash is coarse.
The weight and the threshold were chosen on half of the people of LFW, see docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from antigone.types import CollectionInfo, Float32Array, Int64Array

if TYPE_CHECKING:
    from antigone.faces.context import Context
    from antigone.gallery import GalleryIndex
    from antigone.records import Float16Array, ReferenceRecord
    from antigone.records.imprints import Imprint, Imprints

SCORE_WEIGHT = 0.3  # of the comparison score, beside the likeness of the context hashes
COPY_FROM = 1.16  # the weighted sum from which two references are copies
LEAST_SCORE = (COPY_FROM - 1) / SCORE_WEIGHT  # comparison score below which no likeness suffices
FIRST_LOOK = 50  # neighbours of a face among which its copies are looked for at first
MOST_NEIGHBOURS = 4_000  # and at most; so many copies would take a second or two to compare
MOST_NAMED = 1_000  # copies of one photo; each is in the audit entry of the answer, which has its limit

OpenIndex = Callable[[CollectionInfo, str, int], "GalleryIndex"]
"""Opens the index of a collection, model and dimension."""


class References(Protocol):
    """What is asked of the records."""

    @property
    def imprints(self) -> Imprints:
        """What tells whether two references are copies of one photo."""

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, Float16Array]:
        """Return those of ``ids`` that exist, ascending, and their templates (n, D) float16."""

    def references(self, ids: Sequence[int]) -> dict[int, ReferenceRecord]:
        """Return what is known of each reference, by its id; ids that are gone are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    """A copy of a photo that has other bytes."""

    face: int  # number of the face that both show, in the photo that was asked about
    score: float  # comparison score of that face in both, in [-1, 1]
    reference: ReferenceRecord


class CopyTest:
    """Says whether two references show one photo. Keeps what it has made ready of each."""

    def __init__(self) -> None:
        self._contexts: dict[int, Context | None] = {}

    def __call__(self, a: Imprint | None, b: Imprint | None, score: float) -> bool:
        """Compare two references of one model with this comparison score; one that is gone has no copy."""
        if a is None or b is None or score < LEAST_SCORE:
            return False
        if a.photo == b.photo:
            return a.face == b.face
        one, other = self._context(a), self._context(b)
        if one is None or other is None:
            return False
        from antigone.faces.context import likeness

        return likeness(one, other) + SCORE_WEIGHT * score >= COPY_FROM

    def _context(self, imprint: Imprint) -> Context | None:
        from antigone.faces.context import Context  # loads OpenCV, which most searches have already

        if imprint.reference not in self._contexts:
            self._contexts[imprint.reference] = Context.of(imprint.context_hash)
        return self._contexts[imprint.reference]


def collapse(ids: Sequence[int], records: References) -> list[list[int]]:
    """Group references by the photo that they show; return lists of positions in ``ids``.

    Each group begins with its first reference, and all others are copies of that one; groups come in the
    order of their first references. So what stands first never depends on how far ``ids`` reach.
    """
    scores = _scores(ids, records)
    near = np.tril(scores >= LEAST_SCORE, k=-1)
    if not near.any():  # as in most lists; then nothing more is asked of the records
        return [[place] for place in range(len(ids))]
    concerned = np.flatnonzero(near.any(axis=0) | near.any(axis=1))
    imprints = records.imprints.of([ids[place] for place in concerned.tolist()])
    copies = CopyTest()
    groups: dict[int, list[int]] = {}  # by the position of their first reference
    for place, id_ in enumerate(ids):
        for earlier in map(int, np.flatnonzero(near[place])):
            if earlier in groups and copies(
                imprints.get(ids[earlier]), imprints.get(id_), float(scores[place, earlier])
            ):
                groups[earlier].append(place)
                break
        else:
            groups[place] = [place]
    return list(groups.values())


def _scores(ids: Sequence[int], records: References) -> Float32Array:
    """Compare references of one model with each other, (n, n); what is gone has the score -1."""
    found, stored = records.templates(ids)
    scores = np.full((len(ids), len(ids)), -1, np.float32)
    if len(found):
        wanted = np.asarray(ids, np.int64)
        at = np.searchsorted(found, wanted).clip(max=len(found) - 1)
        there = np.flatnonzero(found[at] == wanted)
        templates = stored[at[there]].astype(np.float32)
        scores[np.ix_(there, there)] = templates @ templates.T
    return scores


def near_duplicates(
    photo: str, collections: Sequence[CollectionInfo], records: References, open_index: OpenIndex
) -> tuple[NearDuplicate, ...]:
    """Find the copies of a photo, named by its sha256, in the collections, the most alike first.

    It goes by the faces that the photo has there, so one without a face has no copies that could be found.
    A copy is named once for each collection that holds it; at most `MOST_NAMED` are named. The same bytes are
    no near-duplicates.
    """
    faces = {
        (own.model, own.face): own  # the same photo in two collections is asked about once
        for own in records.imprints.in_photo(photo, [collection.id for collection in collections])
    }
    hits = [
        (score, own.face, copy)
        for own in faces.values()
        for collection in collections
        for copy, score in _copies_in(own, collection, records, open_index)
    ]
    shown = records.references([copy for _, _, copy in hits])
    found: dict[tuple[int, str], NearDuplicate] = {}
    for score, face, copy in sorted(hits, key=lambda hit: (-hit[0], hit[2])):
        if copy in shown:  # else it was erased a moment ago
            place = (shown[copy].collection_id, shown[copy].photo)
            found.setdefault(place, NearDuplicate(face=face, score=score, reference=shown[copy]))
    return tuple(found.values())[:MOST_NAMED]


def _copies_in(
    own: Imprint, collection: CollectionInfo, records: References, open_index: OpenIndex
) -> Iterator[tuple[int, float]]:
    """Yield the copies of one face in a collection, as reference ids with comparison scores."""
    _, stored = records.templates([own.reference])
    if not len(stored):
        return
    index = open_index(collection, own.model, stored.shape[1])
    ids, scores = _neighbours(stored.astype(np.float32), index)
    imprints = records.imprints.of(ids.tolist())
    copies = CopyTest()
    for id_, score in zip(ids.tolist(), scores.tolist(), strict=True):
        other = imprints.get(id_)
        if other is not None and other.photo != own.photo and copies(own, other, score):
            yield id_, score


def _neighbours(template: Float32Array, index: GalleryIndex) -> tuple[Int64Array, Float32Array]:
    """Return the references alike enough to a template, (1, D), that they may be copies, best first."""
    top = FIRST_LOOK
    while True:
        near = index.search(template, top)
        enough = (near.ids[0] >= 0) & (near.scores[0] >= LEAST_SCORE)
        if not enough.all() or top == MOST_NEIGHBOURS:
            return near.ids[0][enough], near.scores[0][enough]
        top = min(4 * top, MOST_NEIGHBOURS)
