"""Which of a person's photos are copies of one shot, so that a picture that went round counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from antigone.dossier.gather import GatheredFace
from antigone.duplicates import CopyTest
from antigone.records import Records

ALIKE = 0.85  # copies score higher with each other; to test all pairs of 600 photos takes a minute
MOST_TESTS = 3_000  # of pairs, the most alike first; a test takes about a millisecond


def first_shots(faces: Sequence[GatheredFace], records: Records) -> Mapping[str, str]:
    """Return for each photo that is a copy the photo that it is a copy of, both by their SHA-256.

    Of several copies the most certain photo stands for all; ``faces`` come in that order.
    """
    references = [face.references[0] for face in faces]
    ids, stored = records.templates(references)
    place = {reference: row for row, reference in enumerate(ids.tolist())}
    there = [face for face in faces if face.references[0] in place]
    templates = stored[[place[face.references[0]] for face in there]].astype(np.float32)
    scores = np.tril(templates @ templates.T, k=-1)
    pairs = np.argwhere(scores >= ALIKE)
    pairs = pairs[np.argsort(-scores[pairs[:, 0], pairs[:, 1]], kind="stable")][:MOST_TESTS]
    imprints = records.imprints.of([there[row].references[0] for row in np.unique(pairs).tolist()])
    test = CopyTest()
    first = list(range(len(there)))  # of each face, the row of the photo that stands for it
    for later, earlier in pairs.tolist():
        a, b = (imprints.get(there[row].references[0]) for row in (later, earlier))
        if first[later] != first[earlier] and test(a, b, float(scores[later, earlier])):
            kept, gone = sorted((first[later], first[earlier]))
            first = [kept if row == gone else row for row in first]
    return {
        there[row].key[0]: there[stands].key[0]
        for row, stands in enumerate(first)
        if there[row].key[0] != there[stands].key[0]
    }
