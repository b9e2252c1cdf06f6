"""From what the embedders of a pack say of a face to its template.

Each embedder's vector is brought to unit length, the embedder's centre is taken off, and what is left is
brought to unit length again. The template is these side by side, each times the root of its weight's share;
so the comparison score of two templates, their cosine, is the mean of the embedders' own scores by weight.
With one embedder and no centre it is that embedder's vector at unit length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antigone.faces.align import aligned
from antigone.faces.embed import Embedder
from antigone.faces.orient import Sighting
from antigone.faces.packs import EmbedderSpec, Manifest
from antigone.types import Float32Array, Uint8Array

_LEAST_LENGTH = 1e-6  # of a unit vector less its centre; below, nothing is left that could be compared


class TemplateMaker:
    """Asks the further embedders of a pack about faces that are settled, and makes the templates."""

    def __init__(self, manifest: Manifest, further: Sequence[Embedder]) -> None:
        self._specs = manifest.embedders
        self._further = further  # in the order of manifest.further_embedders

    def __call__(
        self, photos: Sequence[Uint8Array], seen: Sequence[Sequence[Sighting]]
    ) -> list[Float32Array]:
        """Return, for each photo, the (n, D) templates of its faces; a row of NaN where there is none."""
        faces = [(photo, face) for photo, of_photo in zip(photos, seen, strict=True) for face in of_photo]
        vectors = [_stacked([face.vector for _, face in faces], self._specs[0].dimension)]
        for spec, embed in zip(self._specs[1:], self._further, strict=True):
            vectors.append(embed([aligned(photo, face.landmarks, spec.shown) for photo, face in faces]))
        ends = np.cumsum([len(of_photo) for of_photo in seen])[:-1]
        return np.split(joined(vectors, self._specs), ends)


def joined(vectors: Sequence[Float32Array], specs: Sequence[EmbedderSpec]) -> Float32Array:
    """Make templates of the (n, D) vectors that each embedder gave; NaN where one of them gave nothing."""
    total = sum(spec.weight for spec in specs)
    parts = [
        _of_unit_length(_centred(_of_unit_length(given), spec)) * np.float32(np.sqrt(spec.weight / total))
        for given, spec in zip(vectors, specs, strict=True)
    ]
    templates = np.concatenate(parts, axis=1)
    templates[~np.isfinite(templates).all(axis=1)] = np.nan
    return templates


def _centred(vectors: Float32Array, spec: EmbedderSpec) -> Float32Array:
    return vectors - np.array(spec.centre, np.float32) if spec.centre else vectors


def _of_unit_length(vectors: Float32Array) -> Float32Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    sound = np.isfinite(lengths) & (lengths > _LEAST_LENGTH)
    return np.asarray(np.where(sound, vectors, np.nan) / np.where(sound, lengths, 1), dtype=np.float32)


def _stacked(vectors: Sequence[Float32Array], dimension: int) -> Float32Array:
    return np.stack(vectors) if vectors else np.empty((0, dimension), np.float32)
