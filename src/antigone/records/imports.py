"""Imports: their journal, and the one transaction in which a batch of visits is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from antigone.provenance import Appearance
from antigone.records.references import STORED
from antigone.records.results import Float16Array, ImportCounts, ImportInfo, Outcome, Visit, Written
from antigone.records.sources import (
    evidence_text,
    material_ids,
    source_row,
    split_capture_time,
    write_sources,
)
from antigone.records.tables import (
    AnalysisRow,
    Base,
    FaceRow,
    FailureRow,
    ImportRow,
    MaterialRow,
    PhotoRow,
    SourceRow,
    TemplateRow,
    TrackRow,
)
from antigone.types import Analysis, Face, Failure, Float32Array, Int64Array

NO_REFERENCES = np.empty(0, np.int64), np.empty((0, 0), STORED)


# Built once: it is asked for every few photos, and to build it takes as long as the answer.
_KNOWN = (
    select(PhotoRow.sha256)
    .join(AnalysisRow, (AnalysisRow.photo_id == PhotoRow.id) & (AnalysisRow.model == bindparam("model")))
    .where(
        PhotoRow.collection_id == bindparam("collection"),
        PhotoRow.sha256.in_(bindparam("sha256s", expanding=True)),
    )
)


def begin_import(
    connection: Connection, *, collection_id: int, model: str, request: str, collector: str
) -> ImportInfo:
    """Return the collector's unfinished import of the same request, or begin a new one.

    Whoever goes on with another's work, or with another version of this program, begins an import of their
    own: what the first has received stays in that one's name.
    """
    tool_version = version("antigone")
    unfinished = (
        select(ImportRow.id, ImportRow.started_at, ImportRow.journal_at)
        .where(ImportRow.collection_id == collection_id, ImportRow.finished_at.is_(None))
        .where(ImportRow.model == model, ImportRow.request == request)
        .where(ImportRow.collector == collector, ImportRow.tool_version == tool_version)
        .order_by(ImportRow.id.desc())
    )
    row = connection.execute(unfinished).mappings().first()
    if row is not None:
        return ImportInfo(**row, collection_id=collection_id, model=model, resumed=True)
    now = datetime.now(UTC)
    id_ = connection.execute(
        insert(ImportRow)
        .values(
            collection_id=collection_id,
            model=model,
            request=request,
            collector=collector,
            tool_version=tool_version,
            started_at=now,
            journal_at=now,
        )
        .returning(ImportRow.id)
    ).scalar_one()
    return ImportInfo(
        id=id_, collection_id=collection_id, model=model, resumed=False, started_at=now, journal_at=now
    )


def finish_import(connection: Connection, import_id: int) -> None:
    """Mark an import as complete; the same request begins a new one from now on."""
    connection.execute(
        update(ImportRow).where(ImportRow.id == import_id).values(finished_at=datetime.now(UTC))
    )


def visited(connection: Connection, import_id: int, locations: Sequence[str]) -> dict[str, str | None]:
    """Return which of ``locations`` this import has dealt with, and the sha256 of the bytes it saw there."""
    sources = (
        select(SourceRow.location, PhotoRow.sha256)
        .join(PhotoRow, PhotoRow.id == SourceRow.photo_id)
        .where(SourceRow.import_id == import_id, SourceRow.location.in_(locations))
        .order_by(SourceRow.id)  # a place that changed counts as what was seen there last
    )
    failures = select(FailureRow.location, FailureRow.sha256).where(
        FailureRow.import_id == import_id, FailureRow.location.in_(locations)
    )
    found: dict[str, str | None] = {}
    for query in (sources, failures):
        found.update(connection.execute(query).all())
    return found


def known(connection: Connection, *, collection_id: int, model: str, sha256s: Sequence[str]) -> set[str]:
    """Return which of ``sha256s`` are photos of the collection that the model has analysed."""
    asked = {"collection": collection_id, "model": model, "sha256s": sha256s}
    return set(connection.scalars(_KNOWN, asked))


def count_import(connection: Connection, import_id: int) -> ImportCounts:
    """Count what an import has done, over all its runs."""
    outcomes: Counter[Outcome] = Counter()
    for outcome, number in connection.execute(
        select(SourceRow.outcome, func.count())
        .where(SourceRow.import_id == import_id, SourceRow.outcome != Outcome.FAILED.value)
        .group_by(SourceRow.outcome)
    ):
        outcomes[Outcome(outcome)] = number
    failing = (
        select(FailureRow.code, func.count())
        .where(FailureRow.import_id == import_id)
        .group_by(FailureRow.code)
        .order_by(FailureRow.code)
    )
    failures = dict(connection.execute(failing).all())
    outcomes[Outcome.FAILED] = sum(failures.values())
    faces = select(func.coalesce(func.sum(AnalysisRow.faces), 0)).where(AnalysisRow.import_id == import_id)
    tracks = (
        select(func.count())
        .select_from(TrackRow)
        .join(MaterialRow, MaterialRow.id == TrackRow.material_id)
        .where(MaterialRow.import_id == import_id)
    )
    return ImportCounts(
        outcomes=outcomes,
        failures=failures,
        faces=int(connection.execute(faces).scalar_one()),
        tracks=connection.execute(tracks).scalar_one(),
    )


def write_batch(connection: Connection, import_: ImportInfo, visits: Sequence[Visit]) -> Written:
    """Write a batch of visits with all that hangs on them. The caller's transaction makes it one step."""
    return Batch(connection, import_).write(visits)


class Batch:
    """The rows of one batch while they are gathered; each table is then written with one statement."""

    def __init__(self, connection: Connection, import_: ImportInfo) -> None:
        self._connection = connection
        self._import = import_
        self._outcomes: Counter[Outcome] = Counter()
        self._analyses: list[dict[str, Any]] = []
        self._sources: list[tuple[dict[str, Any], tuple[Appearance, ...]]] = []
        self._materials: dict[str, int] = {}
        self._now = datetime.now(UTC)
        self._failures: list[dict[str, Any]] = []
        self._faces: list[dict[str, Any]] = []
        self._vectors: list[Face] = []
        self._photos: dict[str, int] = {}  # sha256 -> id
        self._tracks = 0

    def write(self, visits: Sequence[Visit]) -> Written:
        """Write the visits with all that hangs on them."""
        photos = self._photos = self._photo_ids(visits)
        self._forget_replaced(visits, photos)
        analysed = self._analysed(photos)
        holders = list({visit.material for visit in visits if visit.material is not None})
        self._materials = material_ids(self._connection, self._import.id, holders)
        for visit in visits:
            self._gather(visit, photos.get(visit.sha256 or ""), analysed)
        self._insert(AnalysisRow, self._analyses)
        write_sources(self._connection, self._sources)
        self._insert(FailureRow, self._failures)
        reference_ids, templates = self._insert_faces()
        self._connection.execute(
            update(ImportRow).where(ImportRow.id == self._import.id).values(journal_at=self._now)
        )
        counts = ImportCounts(
            outcomes=self._outcomes,
            failures=Counter(failure["code"] for failure in self._failures),
            faces=len(self._faces),
            tracks=self._tracks,
        )
        return Written(reference_ids=reference_ids, templates=templates, counts=counts)

    def _forget_replaced(self, visits: Sequence[Visit], photos: dict[str, int]) -> None:
        """Make room for what is now at places that held something else before the interruption.

        That the former photo was seen there stays on record; that the place failed does not.
        """
        replaced = [visit for visit in visits if visit.replaces]
        if not replaced:
            return
        places = [visit.location for visit in replaced]
        now_there = {photos[visit.sha256] for visit in replaced if visit.sha256 in photos}
        self._connection.execute(
            delete(FailureRow).where(FailureRow.import_id == self._import.id, FailureRow.location.in_(places))
        )
        self._connection.execute(
            delete(SourceRow).where(
                SourceRow.import_id == self._import.id,
                SourceRow.location.in_(places),
                SourceRow.photo_id.in_(now_there),
            )
        )

    def _photo_ids(self, visits: Sequence[Visit]) -> dict[str, int]:
        """Return the id of each photo among the visits by its sha256, inserting those not there yet."""
        sha256s = list({visit.sha256 for visit in visits if visit.sha256 is not None})
        stored = select(PhotoRow.sha256, PhotoRow.id).where(
            PhotoRow.collection_id == self._import.collection_id, PhotoRow.sha256.in_(sha256s)
        )
        photos = dict(self._connection.execute(stored).all()) if sha256s else {}
        rows: dict[str, dict[str, Any]] = {}
        for visit in visits:
            if visit.sha256 is not None and visit.analysis is not None and visit.sha256 not in photos:
                row = self._photo_row(visit, visit.analysis)
                if row is not None:
                    rows.setdefault(visit.sha256, row)
        if rows:
            statement = insert(PhotoRow).returning(PhotoRow.sha256, PhotoRow.id)
            photos.update(self._connection.execute(statement, list(rows.values())).all())
        return photos

    def _photo_row(self, visit: Visit, analysis: Analysis) -> dict[str, Any] | None:
        facts = analysis.facts
        if facts is None:
            return None
        captured_at, captured_offset = split_capture_time(facts.captured_at)
        return {
            "collection_id": self._import.collection_id,
            "import_id": self._import.id,
            "sha256": visit.sha256,
            "perceptual_hash": facts.perceptual_hash,
            "byte_size": visit.byte_size,
            "width": facts.width,
            "height": facts.height,
            "format": facts.format,
            "captured_at": captured_at,
            "captured_offset": captured_offset,
            "evidence": evidence_text(facts.evidence),
        }

    def _analysed(self, photos: dict[str, int]) -> set[int]:
        query = select(AnalysisRow.photo_id).where(
            AnalysisRow.photo_id.in_(list(photos.values())), AnalysisRow.model == self._import.model
        )
        return set(self._connection.scalars(query)) if photos else set()

    def _gather(self, visit: Visit, photo_id: int | None, analysed: set[int]) -> None:
        analysis = visit.analysis
        failure = visit.failure
        outcome = Outcome.KNOWN
        if analysis is not None and photo_id not in analysed:
            failure = analysis.failure
            outcome = Outcome.NEW
            if photo_id is not None:
                analysed.add(photo_id)
                self._add_faces(photo_id, analysis.faces)
        if failure is not None:
            outcome = Outcome.FAILED
            self._add_failure(visit, photo_id, failure)
        elif photo_id is None:
            raise LookupError(f"{visit.location}: its bytes are neither in the records nor in the batch")
        if photo_id is not None:
            row = {
                **source_row(visit, outcome, received_at=self._now),
                "import_id": self._import.id,
                "photo_id": photo_id,
                "material_id": None if visit.material is None else self._materials[visit.material],
            }
            self._sources.append((row, visit.provenance.appearances))
        self._outcomes[outcome] += 1

    def _add_failure(self, visit: Visit, photo_id: int | None, failure: Failure) -> None:
        self._failures.append(
            {
                "import_id": self._import.id,
                "location": visit.location,
                "photo_id": photo_id,
                "sha256": visit.sha256,
                "code": failure.code.value,
                "message": failure.message,
            }
        )

    def _add_faces(self, photo_id: int, faces: Sequence[Face]) -> None:
        model = self._import.model
        self._analyses.append(
            {"photo_id": photo_id, "model": model, "import_id": self._import.id, "faces": len(faces)}
        )
        self._vectors += faces
        self._faces += [
            _face_row(face, photo_id, model, number) for number, face in enumerate(faces, start=1)
        ]

    def _insert_faces(self) -> tuple[Int64Array, Float16Array]:
        if not self._faces:
            return NO_REFERENCES
        face_ids = self._insert_face_rows()
        return self._insert_references(
            [face_ids[face["photo_id"], face["number"]] for face in self._faces],
            np.stack([face.template for face in self._vectors]),
        )

    def _insert_face_rows(self) -> dict[tuple[int, int], int]:
        """Return the id of each face by the id of its photo and its number there."""
        # New numbers come back in any order, so each is asked for together with what it belongs to.
        numbered = insert(FaceRow).returning(FaceRow.id, FaceRow.photo_id, FaceRow.number)
        return {
            (photo_id, number): id_
            for id_, photo_id, number in self._connection.execute(numbered, self._faces)
        }

    def _insert_references(
        self, face_ids: Sequence[int], vectors: Float32Array
    ) -> tuple[Int64Array, Float16Array]:
        """Make each of the faces a reference; return ids, ascending, and templates as stored."""
        templates = vectors.astype(STORED)
        common = {"collection_id": self._import.collection_id, "model": self._import.model}
        rows = [
            {"face_id": face_id, "vector": vector.tobytes(), **common}
            for face_id, vector in zip(face_ids, templates, strict=True)
        ]
        referenced = insert(TemplateRow).returning(TemplateRow.face_id, TemplateRow.id)
        ids = dict(self._connection.execute(referenced, rows).all())
        reference_ids = np.array([ids[row["face_id"]] for row in rows], np.int64)
        order = np.argsort(reference_ids)
        return reference_ids[order], templates[order]

    def _insert(self, table: type[Base], rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


def _face_row(face: Face, photo_id: int, model: str, number: int) -> dict[str, Any]:
    box, quality = face.box, face.quality
    return {
        "photo_id": photo_id,
        "model": model,
        "number": number,
        "x": box.x,
        "y": box.y,
        "w": box.w,
        "h": box.h,
        "landmarks": face.landmarks.astype("<f4").tobytes(),
        "detection_score": face.detection_score,
        "roll": face.roll,
        "quality": quality.score,
        "quality_size": quality.size,
        "quality_sharpness": quality.sharpness,
        "quality_light": quality.light,
        "quality_pose": quality.pose,
        "quality_occlusion": quality.occlusion,
        "quality_evidence": quality.evidence,
        "context_hash": face.context_hash,
    }
