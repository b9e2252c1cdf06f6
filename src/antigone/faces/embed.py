"""Aligned faces to vectors, in batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antigone.faces.runtime import Network
from antigone.types import Float32Array, Uint8Array

BATCH = 8  # larger batches bring nothing more on a processor, and fall out of its caches


class Embedder:
    """Runs an embedder over aligned faces. Safe to call from many threads at once."""

    def __init__(self, network: Network, dimension: int) -> None:
        self._network = network
        self.dimension = dimension

    def __call__(self, faces: Sequence[Uint8Array]) -> Float32Array:
        """Embed (112, 112, 3) RGB faces; return (n, D) float32, not normalised."""
        if not faces:
            return np.zeros((0, self.dimension), np.float32)
        parts = [
            next(iter(self._network(np.stack(faces[start : start + BATCH])).values()))
            for start in range(0, len(faces), BATCH)
        ]
        return np.concatenate(parts)
