"""A video cut into segments, each of which can be written by itself.

A segment ends where no face is being followed, so that what comes after does not depend on what was before;
or, in a scene without such a moment, after the longest time that is allowed, where all tracks end. So a run
that goes on after the last written segment finds the same as one that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from antigone.faces.fusion import fuse
from antigone.ingest.tracking import Sighting, Track, Tracker
from antigone.provenance import Place, Provenance, frame_location
from antigone.records import NewTrack, Segment, Visit
from antigone.settings import Settings
from antigone.sources.video import DECODER, MICROSECONDS
from antigone.sources.video_frames import Sample
from antigone.sources.video_pictures import pixel_hash
from antigone.types import Analysis, Failure, FailureCode

LEAST = 10 * MICROSECONDS  # a segment is at least so long, unless it is the last
LEAST_APART = MICROSECONDS // 2  # between two best shots: neighbours show the same
LEAST_SHARE = 0.5  # of the quality of the best shot that every other one must have
FORMAT = "VIDEO"  # of a photo that is a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What the frames of one video share."""

    location: str
    provenance: Provenance  # its ``captured_at`` is when the recording began

    @classmethod
    def of(cls, location: str, recorded_at: datetime | None, said: Provenance) -> Self:
        """Join what is declared beside the video with what the video itself declares."""
        began = said.captured_at if recorded_at is None else recorded_at
        attributes = {**said.attributes, "decoded_by": DECODER}
        return cls(location=location, provenance=replace(said, captured_at=began, attributes=attributes))

    def provenance_at(self, position: int) -> Provenance:
        """Return that of the frame at a position in microseconds."""
        began = self.provenance.captured_at
        if began is None:
            return self.provenance
        return replace(self.provenance, captured_at=began + timedelta(microseconds=position))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """A frame with faces."""

    analysis: Analysis = field(repr=False)
    sha256: str  # of its pixels
    byte_size: int


class Segmenter:
    """Takes the frames of a video in order, follows the faces, and gives segments as they end."""

    def __init__(self, recording: Recording, settings: Settings, *, since: int | None = None) -> None:
        self._recording = recording
        self._settings = settings
        self._tracker = Tracker(gap=round(settings.video_track_gap * MICROSECONDS))
        self._longest = round(settings.video_segment_seconds * MICROSECONDS)
        self._begins: int | None = None
        self._ends = -1 if since is None else since  # of what lies behind
        self._scene = 0
        self._ended: list[Track] = []
        self._seen: dict[int, _Seen] = {}
        self.failure: Failure | None = None  # the first of a frame on which the models failed

    def add(self, sample: Sample, analysis: Analysis) -> Segment | None:
        """Take the next frame; return the segment that ended before it, if one did."""
        self._ended += self._tracker.cut() if sample.begins_scene else self._tracker.expire(sample.position)
        segment = None
        if self._begins is not None:
            length = sample.position - self._begins
            if length >= self._longest or (length >= LEAST and not self._tracker.following):
                segment = self._close(last=False)
        if self._begins is None:
            self._begins = sample.position
        self._tracker.look(sample.position, analysis.faces)
        if analysis.failure is not None and analysis.failure.code is not FailureCode.FACE_NOT_DETECTED:
            self.failure = self.failure or analysis.failure
        if analysis.faces:
            self._seen[sample.position] = _Seen(
                analysis=analysis, sha256=pixel_hash(sample.pixels), byte_size=sample.pixels.nbytes
            )
        self._ends, self._scene = sample.position, sample.scene
        return segment

    def finish(self) -> Segment:
        """Return the last segment; it may be empty."""
        return self._close(last=True)

    def _close(self, *, last: bool) -> Segment:
        tracks = [*self._ended, *self._tracker.cut()]
        tracks.sort(key=lambda track: (track.sightings[0].position, track.sightings[0].number))
        kept = [(track, self._best_shots(track)) for track in tracks if self._is_good(track)]
        positions = sorted({shot.position for _, shots in kept for shot in shots})
        segment = Segment(
            video=self._recording.location,
            begins=self._ends + 1 if self._begins is None else self._begins,  # no frame is left
            ends=max(self._ends, 0),
            scene=self._scene,
            last=last,
            frames=tuple(map(self._visit, positions)),
            tracks=tuple(self._new_track(track, shots, positions) for track, shots in kept),
        )
        self._begins = None
        self._ended, self._seen = [], {}
        return segment

    def _is_good(self, track: Track) -> bool:
        best = max(sighting.face.quality.score for sighting in track.sightings)
        return best >= self._settings.video_least_quality

    def _best_shots(self, track: Track) -> list[Sighting]:
        """Return the best sightings, best first, spread over the time of the track."""
        most = self._settings.video_best_shots
        span = track.last.position - track.sightings[0].position
        apart = max(LEAST_APART, span // (2 * most))
        ranked = sorted(track.sightings, key=lambda shot: (-shot.face.quality.score, shot.position))
        least = LEAST_SHARE * ranked[0].face.quality.score
        shots: list[Sighting] = []
        for shot in ranked:
            if len(shots) == most or shot.face.quality.score < least:
                break
            sha256 = self._seen[shot.position].sha256
            if all(
                abs(shot.position - other.position) >= apart and self._seen[other.position].sha256 != sha256
                for other in shots
            ):
                shots.append(shot)
        return shots

    def _new_track(self, track: Track, shots: Sequence[Sighting], positions: Iterable[int]) -> NewTrack:
        written = set(positions)
        others = [sighting for sighting in track.sightings if sighting.position in written]
        template = fuse([shot.face for shot in shots])
        return NewTrack(
            begins=track.sightings[0].position,
            ends=track.last.position,
            frames=len(track.sightings),
            faces=tuple(dict.fromkeys((self._seen[s.position].sha256, s.number) for s in (*shots, *others))),
            template=shots[0].face.template if template is None else template,
        )

    def _visit(self, position: int) -> Visit:
        video, seen = self._recording.location, self._seen[position]
        assert seen.analysis.facts is not None  # a frame has been decoded already
        return Visit(
            location=frame_location(video, position),
            place=Place.of_frame(video, position),
            provenance=self._recording.provenance_at(position),
            material=video,
            sha256=seen.sha256,
            byte_size=seen.byte_size,
            analysis=replace(seen.analysis, facts=replace(seen.analysis.facts, format=FORMAT)),
        )
