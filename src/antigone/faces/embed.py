"""Aligned faces to vectors, in batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antigone.faces.light import lit
from antigone.faces.runtime import Network
from antigone.types import Float32Array, Uint8Array

# Batches of four to eight cost least a face; larger ones fall out of the processor's caches, and a face alone
# costs a seventh more. So nine faces go as five and four, not as eight and one.
MOST = 8


class Embedder:
    """Runs an embedder over aligned faces. Safe to call from many threads at once."""

    def __init__(self, network: Network, dimension: int) -> None:
        self._network = network
        self.dimension = dimension

    def __call__(self, faces: Sequence[Uint8Array]) -> Float32Array:
        """Embed (side, side, 3) RGB faces, lit where too dark; return (n, D) float32, not normalised."""
        if not faces:
            return np.zeros((0, self.dimension), np.float32)
        batches = np.array_split(np.stack([lit(face) for face in faces]), -(-len(faces) // MOST))
        return np.concatenate([next(iter(self._network(batch).values())) for batch in batches])
