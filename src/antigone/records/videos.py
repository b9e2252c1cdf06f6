"""What the records keep of videos: segments that are dealt with, tracks, and their best shots as photos.

One track is one reference: its fused template hangs on the face of its best shot. The faces of its other
shots have no template of their own, so that a person filmed for an hour is one candidate, not thousands.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, RowMapping, Select, delete, exists, func, insert, select

from antigone.provenance import Place, Provenance, frame_location
from antigone.records.imports import NO_REFERENCES, Batch
from antigone.records.results import (
    Float16Array,
    ImportCounts,
    ImportInfo,
    NewTrack,
    Segment,
    VideoJournal,
    Visit,
    Written,
)
from antigone.records.sources import join_capture_time
from antigone.records.tables import (
    FaceRow,
    FailureRow,
    ImportRow,
    MaterialRow,
    PhotoRow,
    SegmentRow,
    SourceRow,
    TrackRow,
)
from antigone.types import Failure, FailureCode, Int64Array

VIDEO = "video"
"""The kind of material that a video is."""

_AT_ONCE = 1_000  # shots written by one statement
_Position = tuple[int, int]  # id of a photo, number of a face in it


class Videos:
    """Videos in the records; each method is one transaction."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def is_done(self, import_: ImportInfo, location: str) -> bool:
        """Tell whether an import has dealt with the video at a location, as it was when it was met last."""
        failed = exists().where(FailureRow.import_id == import_.id, FailureRow.location == location)
        with self._engine.connect() as connection:
            material = connection.execute(_newest(import_, location)).scalar()
            if material is None:
                return bool(connection.execute(select(failed)).scalar())
            return _journal(connection, material, import_.model).complete

    def journal(self, import_: ImportInfo, location: str) -> VideoJournal:
        """Return how far an import has come with the video at a location, whose material it has noted."""
        with self._engine.connect() as connection:
            material = connection.execute(_newest(import_, location)).scalar_one()
            return _journal(connection, material, import_.model)

    def write_segment(self, import_: ImportInfo, segment: Segment) -> Written:
        """Write a segment: frames, faces, tracks, templates, and that it is dealt with.

        Frames that the model knows from elsewhere add a source and nothing else, and a track whose best
        shot is such a frame is that of the earlier video.
        """
        with self._writer.begin() as connection:
            material = connection.execute(_newest(import_, segment.video)).scalar_one()
            return _write(connection, import_, segment, material)

    def repeat(self, import_: ImportInfo, location: str, said: Provenance) -> ImportCounts | None:
        """Write what a video of the same bytes has left in the collection as known; None without one.

        Each of its shots gets a source at the new place, with what is ``said`` there of the whole video, and
        what failed then fails again.
        """
        with self._writer.begin() as connection:
            material = connection.execute(_newest(import_, location)).scalar_one()
            former = _same_before(connection, import_, material)
            if former is None:
                return None
            visits = [_seen_again(row, location, said) for row in _shots(connection, former.id)]
            failure = _failure_of(connection, former)
            repetition = Segment(video=location, begins=0, ends=0, scene=0, last=True, failure=failure)
            total = _write(connection, import_, repetition, material).counts
            for start in range(0, len(visits), _AT_ONCE):
                counts = Batch(connection, import_).write(visits[start : start + _AT_ONCE]).counts
                total = _sum(total, counts)
            return total

    def write_failure(self, import_: ImportInfo, location: str, failure: Failure) -> ImportCounts:
        """Write that a video could not be read; it stays as far as it was dealt with."""
        with self._writer.begin() as connection:
            return Batch(connection, import_).write([_failed(location, failure)]).counts


class _SegmentBatch(Batch):
    """A batch in which a track, not a face, makes a reference."""

    def __init__(
        self, connection: Connection, import_: ImportInfo, tracks: Sequence[NewTrack], material: int
    ) -> None:
        super().__init__(connection, import_)
        self._new_tracks = tracks
        self._material = material

    def _insert_faces(self) -> tuple[Int64Array, Float16Array]:
        if not self._faces:
            return NO_REFERENCES
        here: dict[_Position, dict[str, Any]] = {}
        for row in self._faces:
            row["track_id"] = None
            here[row["photo_id"], row["number"]] = row
        best: list[tuple[_Position, NewTrack]] = []
        for track in self._new_tracks:
            faces = [(self._photos[sha256], number) for sha256, number in track.faces]
            if faces[0] in here and here[faces[0]]["track_id"] is None:
                track_id: int | None = self._insert_track(track)
                best.append((faces[0], track))
            else:  # the same pixels were there before, so it is their track
                track_id = here[faces[0]]["track_id"] if faces[0] in here else self._known_track(faces[0])
            for face in faces:
                if face in here and here[face]["track_id"] is None:
                    here[face]["track_id"] = track_id
        ids = self._insert_face_rows()
        if not best:
            return NO_REFERENCES
        return self._insert_references(
            [ids[face] for face, _ in best], np.stack([track.template for _, track in best])
        )

    def _insert_track(self, track: NewTrack) -> int:
        model = self._import.model
        before = select(func.coalesce(func.max(TrackRow.number), 0)).where(
            TrackRow.material_id == self._material, TrackRow.model == model
        )
        self._tracks += 1
        values = {
            "material_id": self._material,
            "model": model,
            "number": self._connection.execute(before).scalar_one() + 1,
            "begins": track.begins,
            "ends": track.ends,
            "frames": track.frames,
        }
        return self._connection.execute(insert(TrackRow).values(values).returning(TrackRow.id)).scalar_one()

    def _known_track(self, face: _Position) -> int | None:
        photo_id, number = face
        query = select(FaceRow.track_id).where(
            FaceRow.photo_id == photo_id, FaceRow.model == self._import.model, FaceRow.number == number
        )
        return self._connection.execute(query).scalar()


def _write(connection: Connection, import_: ImportInfo, segment: Segment, material: int) -> Written:
    visits = list(segment.frames)
    if segment.last:  # what an earlier run could not read is read now, or fails anew
        connection.execute(
            delete(FailureRow).where(FailureRow.import_id == import_.id, FailureRow.location == segment.video)
        )
    if segment.failure is not None:
        visits.append(_failed(segment.video, segment.failure))
    written = _SegmentBatch(connection, import_, segment.tracks, material).write(visits)
    connection.execute(
        insert(SegmentRow).values(
            material_id=material,
            model=import_.model,
            begins=segment.begins,
            ends=segment.ends,
            scene=segment.scene,
            damaged=segment.damaged,
            last=segment.last,
        )
    )
    return written


def _failed(location: str, failure: Failure) -> Visit:
    return Visit(location=location, place=Place.of_file(location), failure=failure, replaces=True)


def _newest(import_: ImportInfo, location: str) -> Select[int]:
    """Ask for the material at a location; of a file that changed, as it is now."""
    return (
        select(MaterialRow.id)
        .where(MaterialRow.import_id == import_.id, MaterialRow.location == location)
        .order_by(MaterialRow.id.desc())
        .limit(1)
    )


def _journal(connection: Connection, material: int, model: str) -> VideoJournal:
    latest = (
        select(SegmentRow.ends, SegmentRow.scene, SegmentRow.damaged, SegmentRow.last)
        .where(SegmentRow.material_id == material, SegmentRow.model == model)
        .order_by(SegmentRow.id.desc())
    )
    row = connection.execute(latest).first()
    shots = select(exists().where(SourceRow.material_id == material))
    return VideoJournal(
        ends=None if row is None else row.ends,
        scene=0 if row is None else row.scene,
        complete=row is not None and row.last,
        damaged=row is not None and row.damaged,
        any_shot=bool(connection.execute(shots).scalar()),
    )


def _same_before(connection: Connection, import_: ImportInfo, material: int) -> Row[int, int, str] | None:
    """Return the first material of the same bytes that the model has seen to its end in the collection."""
    itself = select(MaterialRow.sha256).where(MaterialRow.id == material).scalar_subquery()
    complete = exists().where(
        SegmentRow.material_id == MaterialRow.id, SegmentRow.model == import_.model, SegmentRow.last
    )
    query = (
        select(MaterialRow.id, MaterialRow.import_id, MaterialRow.location)
        .join(ImportRow, ImportRow.id == MaterialRow.import_id)
        .where(ImportRow.collection_id == import_.collection_id, MaterialRow.kind == VIDEO)
        .where(MaterialRow.sha256 == itself, MaterialRow.id != material, complete)
        .order_by(MaterialRow.id)
    )
    return connection.execute(query).first()


def _shots(connection: Connection, material: int) -> Sequence[RowMapping]:
    query = (
        select(
            *(SourceRow.position, SourceRow.captured_at, SourceRow.captured_offset, SourceRow.attributes),
            *(PhotoRow.sha256, PhotoRow.byte_size),
        )
        .join(PhotoRow, PhotoRow.id == SourceRow.photo_id)
        .where(SourceRow.material_id == material)
        .order_by(SourceRow.id)
    )
    return connection.execute(query).mappings().all()


def _seen_again(row: RowMapping, location: str, said: Provenance) -> Visit:
    return Visit(
        location=frame_location(location, row["position"]),
        place=Place.of_frame(location, row["position"]),
        provenance=replace(
            said,
            captured_at=join_capture_time(row["captured_at"], row["captured_offset"]),
            attributes={**json.loads(row["attributes"] or "{}"), **said.attributes},
        ),
        material=location,
        sha256=row["sha256"],
        byte_size=row["byte_size"],
    )


def _failure_of(connection: Connection, former: Row[int, int, str]) -> Failure | None:
    query = select(FailureRow.code, FailureRow.message).where(
        FailureRow.import_id == former.import_id, FailureRow.location == former.location
    )
    row = connection.execute(query).first()
    return None if row is None else Failure(code=FailureCode(row.code), message=row.message)


def _sum(a: ImportCounts, b: ImportCounts) -> ImportCounts:
    return ImportCounts(
        outcomes=Counter(a.outcomes) + Counter(b.outcomes),
        failures=Counter(a.failures) + Counter(b.failures),
        faces=a.faces + b.faces,
        tracks=a.tracks + b.tracks,
    )
