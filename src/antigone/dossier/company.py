"""Who appears on the same photos as a person, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from antigone.dossier.content import Companion, CompanionFace, Together
from antigone.dossier.gather import Ground
from antigone.dossier.places import Ledger
from antigone.persons.few import FewFaces, group_few
from antigone.persons.linkage import links
from antigone.records.clusters import FaceKey
from antigone.records.gatherings import FaceOnPhoto

MOST_TOGETHER = 2_000  # pairs of companions that are listed, the most frequent first


@dataclass(slots=True, eq=False)
class _Other:
    """A face beside the person, once however many collections hold its photo."""

    face: FaceOnPhoto
    references: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A companion without a name yet."""

    rows: list[int]
    photos: list[str]


def companions(
    photos: Mapping[int, AbstractSet[FaceKey]], copy_of: Mapping[str, str], ground: Ground, ledger: Ledger
) -> tuple[tuple[Companion, ...], tuple[Together, ...]]:
    """Group the other faces on the person's photos, and say who appears with whom.

    ``photos``: number of each photo within the records, and the person's own faces there. ``copy_of``: which
    of them are copies. Faces that a run put into one cluster stay together.
    """
    others: dict[FaceKey, _Other] = {}
    for face in ground.records.gatherings.faces_on(list(photos), ground.model):
        key = (face.photo, face.number)
        if key not in photos[face.photo_id]:
            others.setdefault(key, _Other(face)).references.append(face.reference)
    beside = [others[key] for key in sorted(others)]
    if not beside:
        return (), ()
    clusters = ground.records.clusters.of_references([id_ for one in beside for id_ in one.references])
    few = _few(beside, ground)
    groups = group_few(few, ground.corrections, ground.rule, together=_together(beside, clusters))
    shown = ground.records.references([one.references[0] for one in beside])
    drafts = [_Draft(rows=rows, photos=sorted({beside[row].face.photo for row in rows})) for rows in groups]
    drafts.sort(key=lambda draft: (bool(few.poor[draft.rows].all()), -len(draft.photos), draft.rows))
    named = []
    for number, draft in enumerate(drafts, 1):
        best_first = sorted(draft.rows, key=lambda row: (-beside[row].face.quality, row))
        own = [beside[row] for row in best_first]
        scores = links(few.templates[draft.rows])
        named.append(
            Companion(
                name=f"C{number}",
                faces=tuple(
                    CompanionFace(photo=one.face.photo, record=shown[one.references[0]]) for one in own
                ),
                photos=tuple(draft.photos),
                shots=len({copy_of.get(photo, photo) for photo in draft.photos}),
                score=None if len(own) < 2 else float(scores.min()),
                poor=bool(few.poor[draft.rows].all()),
                clusters=tuple(
                    sorted({clusters[id_] for one in own for id_ in one.references if id_ in clusters})
                ),
                sources=tuple(name for photo in draft.photos for name in ledger.names(photo)),
            )
        )
    return tuple(named), _pairs(named)


def _few(beside: Sequence[_Other], ground: Ground) -> FewFaces:
    wanted = sorted({one.references[0] for one in beside})
    ids, stored = ground.records.templates(wanted)
    templates = dict(zip(ids.tolist(), stored.astype(np.float32), strict=True))
    numbers: dict[str, int] = {}
    quality = np.array([one.face.quality for one in beside], np.float32)
    sharpness = np.array([one.face.sharpness for one in beside], np.float32)
    return FewFaces(
        keys=[(one.face.photo, one.face.number) for one in beside],
        templates=np.stack([templates[one.references[0]] for one in beside]),
        photos=np.array([numbers.setdefault(one.face.photo, len(numbers)) for one in beside], np.int64),
        poor=ground.rule.poor(quality, sharpness),
    )


def _together(beside: Sequence[_Other], clusters: Mapping[int, int]) -> list[list[int]]:
    """Return the rows of each cluster."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, one in enumerate(beside):
        for reference in one.references:
            if reference in clusters:
                rows[clusters[reference]].append(row)
    return list(rows.values())


def _pairs(named: Sequence[Companion]) -> tuple[Together, ...]:
    """Return who appears with whom; faces that are too poor to tell apart would only fill the list."""
    on_photo: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(named):
        if not one.poor:
            for photo in one.photos:
                on_photo[photo].append(number)
    pairs: dict[tuple[int, int], list[str]] = defaultdict(list)
    for photo, numbers in sorted(on_photo.items()):
        for pair in combinations(sorted(numbers), 2):
            pairs[pair].append(photo)
    found = sorted(pairs.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_TOGETHER]
    return tuple(Together(a=named[a].name, b=named[b].name, photos=tuple(on)) for (a, b), on in found)
