"""A search put together by hand: real records, audit log and exact indexes, and faces that a test invents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

import pictures
from antigone.audit import AuditLog
from antigone.errors import PhotoError
from antigone.faces.images import ImageLimits, decode
from antigone.gallery import NumpyIndex
from antigone.identify import PhotoInput
from antigone.identify.parts import Analyser, AuditSink, IndexSource, ReferenceStore, StrengthSource
from antigone.provenance import Place
from antigone.records import Records, Visit
from antigone.settings import Settings
from antigone.strength import UNKNOWN, Strength
from antigone.types import (
    Analysis,
    Box,
    Candidate,
    CollectionInfo,
    Eyes,
    Face,
    Failure,
    FailureCode,
    Float32Array,
    Probe,
    Quality,
)

MODEL = "invented-1"
DIMENSION = 8
LIMITS = ImageLimits.of(Settings())
NO_FACE = Failure(code=FailureCode.FACE_NOT_DETECTED, message="No face was found.")


def direction(*numbers: float) -> Float32Array:
    """Return a unit template that begins with these numbers."""
    template = np.zeros(DIMENSION, np.float32)
    template[: len(numbers)] = numbers
    return template / np.float32(np.linalg.norm(template))


def face(
    template: Float32Array, box: Box | None = None, quality: float = 50.0, look: bytes | None = None
) -> Face:
    """Return a face of these features; ``look`` is its context hash."""
    return Face(
        box=box or Box(10, 8, 20, 24),
        landmarks=np.zeros((5, 2), np.float32),
        detection_score=0.9,
        roll=0.0,
        quality=Quality(score=quality, size=50, sharpness=50, light=50, pose=50, occlusion=50, evidence=50),
        template=template,
        context_hash=look,
    )


class InventedAnalyser:
    """Decodes for real, then finds the faces that were set for a photo."""

    model = MODEL
    dimension = DIMENSION

    def __init__(self) -> None:
        self.faces: dict[bytes, tuple[Face, ...]] = {}
        self.in_box: dict[bytes, Face] = {}

    def analyse(self, photo: PhotoInput) -> Analysis:
        content = self._content(photo)
        try:
            facts = decode(content, LIMITS).facts
        except PhotoError as error:
            return Analysis(faces=(), failure=error.failure, facts=None)
        faces = self.faces.get(content, ())
        return Analysis(faces=faces, failure=None if faces else NO_FACE, facts=facts)

    def analyse_box(self, photo: PhotoInput, box: Box) -> Analysis:
        found = self.in_box.get(self._content(photo))
        facts = decode(self._content(photo), LIMITS).facts
        if found is None:
            return Analysis(faces=(), failure=NO_FACE, facts=facts)
        return Analysis(faces=(found,), failure=None, facts=facts)

    def analyse_eyes(self, photo: PhotoInput, eyes: Eyes) -> Analysis:
        return self.analyse_box(photo, Box(*eyes.right, 1, 1))

    @staticmethod
    def _content(photo: PhotoInput) -> bytes:
        assert isinstance(photo, bytes)  # a search hands on what it has read and hashed itself
        return photo


class ExactIndexes:
    """Builds an exact index from the records whenever one is asked for."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def index(self, collection: CollectionInfo, model: str, dimension: int) -> NumpyIndex:
        index = NumpyIndex(dimension)
        for ids, templates in self.records.iter_templates(collection.id, model):
            index.add(ids, templates)
        return index


class NothingKnown:
    """Weighs no score."""

    def of_candidates(self, probe: Probe, candidates: Sequence[Candidate], **_: object) -> list[Strength]:
        return [UNKNOWN] * len(candidates)

    def of_pair(self, score: float, faces: tuple[Face, Face], *, model: str) -> Strength:
        return UNKNOWN


@dataclass(frozen=True, kw_only=True)
class InventedParts:
    """The parts of a search, each of which a test may replace."""

    analyser: Analyser
    records: ReferenceStore
    catalogue: IndexSource
    audit: AuditSink
    limits: ImageLimits = LIMITS
    strength: StrengthSource = field(default_factory=NothingKnown)


class Bench:
    """A workspace put together by hand."""

    def __init__(self, home: Path, records: Records) -> None:
        self.home = home
        self.records = records
        self.analyser = InventedAnalyser()
        self.audit = AuditLog(records)
        self.catalogue = ExactIndexes(records)
        self.parts = InventedParts(
            analyser=self.analyser,
            records=records,
            catalogue=self.catalogue,
            audit=self.audit,
        )
        self._shades = iter(range(10, 250))

    def photo(self, name: str, *faces: Face) -> Path:
        """Write a photo, different from every other, in which the analyser finds these faces."""
        path = self.home / name
        shade = np.full((48, 60, 3), next(self._shades), np.uint8)
        path.write_bytes(pictures.encode(shade, "PNG"))
        self.analyser.faces[path.read_bytes()] = faces
        return path

    def collection(self, name: str, *photos: Path) -> CollectionInfo:
        """Add a collection that holds the faces of these photos."""
        info = self.records.add_collection(
            name=name,
            owner="Archive",
            source="Own photos",
            purpose="Test",
            basis="Consent",
            jurisdiction="EU",
            retain_until=date(2100, 1, 1),
        )
        import_ = self.records.begin_import(collection_id=info.id, model=MODEL, request=name)
        visits = [
            Visit(
                location=str(path),
                place=Place.of_file(str(path)),
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                byte_size=path.stat().st_size,
                analysis=self.analyser.analyse(path.read_bytes()),
            )
            for path in photos
        ]
        self.records.write_batch(import_, visits)
        return info
