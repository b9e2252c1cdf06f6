"""Made-up analyses for tests of what comes after the models: no photo is looked at.

`MadeUpAnalyser` stands in for the real analyser where a test is about reading, writing or resuming. It goes
by the content of a file alone: text that starts with ``noface`` or ``broken`` gives a failure, ``two``
gives two faces, and anything else one. The same bytes always give the same templates.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date

import numpy as np

from antigone.records import Records
from antigone.types import (
    Analysis,
    Box,
    CollectionInfo,
    Face,
    Failure,
    FailureCode,
    Float32Array,
    PhotoFacts,
    Quality,
    Uint8Array,
)

DIMENSION = 128
NO_FACE = Failure(code=FailureCode.FACE_NOT_DETECTED, message="No face was found.")
BROKEN = Failure(code=FailureCode.CANNOT_PARSE, message="The photo is damaged.")


def template(seed: int) -> Float32Array:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    unit: Float32Array = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def face(seed: int) -> Face:
    part = seed % 100
    return Face(
        box=Box(1.5 + part, 2.5, 30.25, 40.125),
        landmarks=np.arange(10, dtype=np.float32).reshape(5, 2) + part,
        detection_score=0.875,
        roll=-12.5,
        quality=Quality(score=part, size=60, sharpness=61, light=62, pose=63, occlusion=64, evidence=64),
        template=template(seed),
    )


def facts(seed: int = 0) -> PhotoFacts:
    return PhotoFacts(
        width=640, height=480, format="JPEG", perceptual_hash=2**64 - 1 - seed, captured_at=None
    )


def analysis(*seeds: int) -> Analysis:
    """Return an analysis with one face a seed; without any, one of a photo that shows no face."""
    faces = tuple(face(seed) for seed in seeds)
    return Analysis(faces=faces, failure=None if faces else NO_FACE, facts=facts(sum(seeds)))


def undecodable() -> Analysis:
    return Analysis(faces=(), failure=BROKEN, facts=None)


class MadeUpAnalyser:
    """Analyses by content, in order, with ``ahead`` photos in flight as the real pipeline has."""

    dimension = DIMENSION

    def __init__(self, *, model: str = "made-up-1", ahead: int = 8) -> None:
        self.model = model
        self.ahead = ahead
        self.seen: list[bytes] = []  # every photo that came in
        self.most_in_flight = 0

    def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
        flying: deque[bytes] = deque()
        for photo in photos:
            assert isinstance(photo, bytes)
            self.seen.append(photo)
            flying.append(photo)
            self.most_in_flight = max(self.most_in_flight, len(flying))
            if len(flying) > self.ahead:
                yield self._analyse(flying.popleft())
        while flying:
            yield self._analyse(flying.popleft())

    def _analyse(self, photo: bytes) -> Analysis:
        seed = int.from_bytes(hashlib.sha256(photo + self.model.encode()).digest()[:4], "little")
        if photo.startswith(b"broken"):
            return undecodable()
        if photo.startswith(b"noface"):
            return analysis()
        return analysis(seed, seed + 1) if photo.startswith(b"two") else analysis(seed)


def add_collection(records: Records, name: str = "archive") -> CollectionInfo:
    return records.add_collection(
        name=name,
        owner="Unit 7",
        source="made up",
        purpose="testing",
        basis="none needed",
        jurisdiction="EU",
        retain_until=date(2999, 1, 1),
    )
