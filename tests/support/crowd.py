"""Collections of invented people: templates that lie together as one person's do, on photos of several.

The mean score of two faces of one person is ``ALIKE``; different people score about 0, unless one is made to
look like another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from antigone.audit import AuditLog
from antigone.faces.images import ImageLimits
from antigone.identify.parts import Analyser
from antigone.persons import Model
from antigone.provenance import NOTHING_SAID, Place, Provenance
from antigone.records import Records, Visit
from antigone.records.clusters import FaceKey
from antigone.settings import Settings
from antigone.types import Analysis, Box, CollectionInfo, Face, Float32Array, PhotoFacts, Quality
from invented import ExactIndexes, InventedAnalyser
from made_up import add_collection

ALIKE = 0.7
MODEL = Model(id="yunet-sface-1", dimension=128)  # the model for which scores were measured


def unit(vector: Float32Array) -> Float32Array:
    made: Float32Array = (vector / np.linalg.norm(vector)).astype(np.float32)
    return made


def direction(person: int) -> Float32Array:
    return unit(np.random.default_rng((1, person)).standard_normal(MODEL.dimension).astype(np.float32))


def lookalike(person: int, like: int, score: float) -> Float32Array:
    """Return the direction of a person whose faces score about so much with those of another."""
    share, other = score / ALIKE, direction(like)
    own = unit(direction(person) - (direction(person) @ other) * other)
    return unit(np.float32(share) * other + np.float32(np.sqrt(1 - share**2)) * own)


def template(person: int | Float32Array, photo: int) -> Float32Array:
    """Return a template of a person, another for each photo."""
    middle = direction(person) if isinstance(person, int) else person
    noise = np.random.default_rng((2, photo)).standard_normal(MODEL.dimension).astype(np.float32)
    noise = unit(noise - (noise @ middle) * middle)
    return unit(np.float32(np.sqrt(ALIKE)) * middle + np.float32(np.sqrt(1 - ALIKE)) * noise)


def face(vector: Float32Array, *, quality: float = 80.0) -> Face:
    return Face(
        box=Box(10, 10, 40, 50),
        landmarks=np.zeros((5, 2), np.float32),
        detection_score=0.9,
        roll=0.0,
        quality=Quality(
            score=quality, size=80, sharpness=80, light=80, pose=80, occlusion=100, evidence=quality
        ),
        template=vector,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A photo to be."""

    name: str
    faces: tuple[Face, ...]
    said: Provenance = NOTHING_SAID
    taken_at: datetime | None = None  # by its camera

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def key(self, number: int = 1) -> FaceKey:
        return self.sha256, number


def shot(name: str, *faces: Face, said: Provenance = NOTHING_SAID, taken_at: datetime | None = None) -> Shot:
    return Shot(name=name, faces=faces, said=said, taken_at=taken_at)


def photos_of(person: int | Float32Array, count: int, *, begin: int = 0, name: str = "") -> list[Shot]:
    """Return photos of one person alone."""
    named = name or f"person-{person}"
    return [shot(f"{named}-{begin + i}", face(template(person, begin + i))) for i in range(count)]


@dataclass(slots=True)
class Crowd:
    """A workspace, and the parts that grouping and dossiers are put together from."""

    records: Records
    model: Model = MODEL
    settings: Settings = field(default_factory=Settings)
    analyser: Analyser = field(default_factory=InventedAnalyser)
    imports: int = 0

    def __post_init__(self) -> None:
        self.settings = Settings(home=self.records.home)

    @property
    def catalogue(self) -> ExactIndexes:
        return ExactIndexes(self.records)

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.records)

    @property
    def limits(self) -> ImageLimits:
        return ImageLimits.of(self.settings)

    def collection(self, name: str, shots: Sequence[Shot] = ()) -> CollectionInfo:
        info = add_collection(self.records, name)
        self.add(info, shots)
        return info

    def add(self, info: CollectionInfo, shots: Sequence[Shot]) -> None:
        """Import photos."""
        self.imports += 1
        import_ = self.records.begin_import(
            collection_id=info.id, model=self.model.id, request=str(self.imports), collector="a collector"
        )
        self.records.write_batch(import_, [self._visit(one) for one in shots])
        self.records.finish_import(import_.id)

    def erase(self, info: CollectionInfo, shots: Sequence[Shot]) -> None:
        """Take photos out of a collection."""
        with self.records._writer.begin() as connection:
            for one in shots:
                connection.exec_driver_sql(
                    "DELETE FROM photos WHERE collection_id = ? AND sha256 = ?",
                    (info.id, bytes.fromhex(one.sha256)),
                )

    def clusters(self, info: CollectionInfo) -> dict[FaceKey, int]:
        """Return the cluster of every face of a collection that is in one."""
        ids = self.records.reference_ids(info.id, self.model.id).tolist()
        keys = self.records.clusters.keys(ids)
        return {keys[id_]: cluster for id_, cluster in self.records.clusters.of_references(ids).items()}

    def partition(self, info: CollectionInfo) -> set[frozenset[FaceKey]]:
        """Return the faces of each cluster."""
        groups: dict[int, set[FaceKey]] = {}
        for key, cluster in self.clusters(info).items():
            groups.setdefault(cluster, set()).add(key)
        return {frozenset(group) for group in groups.values()}

    def references(self, info: CollectionInfo) -> dict[FaceKey, int]:
        ids = self.records.reference_ids(info.id, self.model.id).tolist()
        return {key: id_ for id_, key in self.records.clusters.keys(ids).items()}

    def _visit(self, one: Shot) -> Visit:
        path = str(Path("/photos") / f"{one.name}.jpg")
        facts = PhotoFacts(width=640, height=480, format="JPEG", perceptual_hash=0, captured_at=one.taken_at)
        return Visit(
            location=path,
            place=Place.of_file(path),
            provenance=one.said,
            sha256=one.sha256,
            byte_size=1,
            analysis=Analysis(faces=one.faces, failure=None, facts=facts),
        )
