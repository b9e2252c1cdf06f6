"""The systems whose templates are measured: Antigone, and each peer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import antigone
from antigone.evaluate.extraction import QUALITY_PARTS, meant_face
from antigone.evaluate.metrics import Similarity, cosine
from antigone.faces import FaceAnalyser
from antigone.faces.packs import DEFAULT_PACK
from benchmarks import peers
from benchmarks.degrade import Rgb
from benchmarks.extraction import Found, code_hash


class Ours:
    """Antigone's analyser, with the default pack unless it was given another."""

    similarity: Similarity = staticmethod(cosine)

    def __init__(self, analyser: FaceAnalyser) -> None:
        self._analyser = analyser
        self.dimension = analyser.dimension
        usual = analyser.model.rpartition("-")[0] == DEFAULT_PACK
        self.name = "antigone" if usual else f"antigone-{analyser.model}"
        self.version = f"{analyser.model}-{code_hash(Path(antigone.__file__).parent / 'faces')}"

    def find(self, photos: Iterable[Path | bytes | Rgb]) -> Iterator[Found | None]:
        """Yield the face nearest to the centre of each photo, in order."""
        for analysis in self._analyser.analyse_many(photos):
            if not analysis.faces:
                yield None
                continue
            face = meant_face(analysis)
            yield Found(
                template=face.template,
                box=(face.box.x, face.box.y, face.box.w, face.box.h),
                quality=tuple(float(getattr(face.quality, part)) for part in QUALITY_PARTS),
                faces=len(analysis.faces),
            )


class PeerSystem:
    """A peer, in one process a core."""

    def __init__(self, peer: peers.Peer, warm_up: Path) -> None:
        self.name = peer.name
        self.version = peer.version
        self.dimension = peer.dimension
        self.similarity = peer.similarity
        self._peer = peer
        self._warm_up = warm_up

    def find(self, photos: Iterable[Path | bytes | Rgb]) -> Iterator[Found | None]:
        """Yield the face nearest to the centre of each photo, in order."""
        cores = len(os.sched_getaffinity(0))
        with peers.PeerProcesses(self._peer, processes=cores, warm_up=self._warm_up) as processes:
            for template in processes.templates(list(photos)):
                yield (
                    template
                    if template is None
                    else Found(
                        template=template, box=(0, 0, 0, 0), quality=(np.nan,) * len(QUALITY_PARTS), faces=1
                    )
                )
