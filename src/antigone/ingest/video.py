"""Videos of an import, when its photos are through: looked at, followed, written segment by segment.

A segment is one transaction; the index follows it. A run that was ended at any moment goes on after the last
segment that was written, and finds what it would have found without the interruption:

1. Leave out what an interrupted run has dealt with; hash the rest.
2. A video whose bytes the model has seen in this collection is known, wherever it lies.
3. Decode, choose frames, and find their faces in the pipeline that photos go through.
4. Follow the faces, and write a segment wherever nobody is being followed.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from antigone.errors import PhotoError
from antigone.gallery import GalleryIndex
from antigone.ingest.analyser import PhotoAnalyser
from antigone.ingest.progress import Tally, Watched
from antigone.ingest.video_segments import Recording, Segmenter
from antigone.provenance import Check, CheckOutcome, Material
from antigone.records import ImportInfo, Records, Segment, VideoJournal
from antigone.records.videos import VIDEO
from antigone.settings import Settings
from antigone.sources.offer import Footage
from antigone.sources.remote import open_material
from antigone.sources.video import MICROSECONDS, Video, open_video
from antigone.sources.video_frames import Sample, frames_after, samples
from antigone.sources.video_sampling import Sampler, Sampling
from antigone.types import Analysis, Failure, FailureCode, Uint8Array

_HASHED_AT_ONCE = 2**20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoParts:
    """What the videos of an import are worked on with."""

    import_: ImportInfo
    records: Records
    index: GalleryIndex
    analyser: PhotoAnalyser
    tally: Tally
    settings: Settings
    unchanged_since: int  # nanoseconds: what changed later is read again although it was dealt with


class _Stopped(Exception):
    """The import was asked to stop."""


class VideoImport:
    """Brings videos into the records, one after the other."""

    def __init__(self, parts: VideoParts, stopped: Callable[[], bool]) -> None:
        self._parts = parts
        self._stopped = stopped

    def run(self, footage: Sequence[Footage]) -> None:
        """Import what is not yet dealt with; ends early, at the last written segment, when stopped."""
        try:
            for one in footage:
                self._parts.tally.current = one.location
                if not self._dealt_with(one):
                    self._import(one)
        except _Stopped:
            return

    def _dealt_with(self, footage: Footage) -> bool:
        parts = self._parts
        unchanged = parts.import_.resumed and footage.changed_ns <= parts.unchanged_since
        return unchanged and parts.records.videos.is_done(parts.import_, footage.location)

    def _import(self, footage: Footage) -> None:
        parts, videos = self._parts, self._parts.records.videos
        try:
            sha256, size = self._hash(footage.location)
            with open_video(footage.location, parts.settings) as video:
                material = Material(
                    location=footage.location,
                    kind=VIDEO,
                    sha256=sha256,
                    byte_size=size,
                    checks=_checks(video),
                )
                parts.records.add_material(parts.import_.id, material)
                journal = videos.journal(parts.import_, footage.location)
                if journal.complete:
                    return
                repeated = None
                if journal.ends is None:
                    repeated = videos.repeat(parts.import_, footage.location, footage.provenance)
                if repeated is None:
                    self._watch(video, footage, journal)
                else:
                    parts.tally.wrote(repeated)
        except PhotoError as error:
            parts.tally.wrote(videos.write_failure(parts.import_, footage.location, error.failure))

    def _hash(self, location: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        try:
            with open_material(location, self._parts.settings) as file:
                while portion := file.read(_HASHED_AT_ONCE):
                    if self._stopped():
                        raise _Stopped
                    digest.update(portion)
                    size += len(portion)
        except OSError as error:
            raise PhotoError(FailureCode.UNREADABLE, f"The video cannot be read: {error}") from error
        return digest.hexdigest(), size

    def _watch(self, video: Video, footage: Footage, journal: VideoJournal) -> None:
        """Look at a video from where the journal left it to its end."""
        recording = Recording.of(footage.location, video.recorded_at, footage.provenance)
        segmenter = Segmenter(recording, self._parts.settings, since=journal.ends)
        any_shot = journal.any_shot
        for sample, analysis in self._analysed(video, footage, journal):
            segment = segmenter.add(sample, analysis)
            if segment is not None:
                any_shot = any_shot or bool(segment.frames)
                self._write(replace(segment, damaged=journal.damaged or video.damaged))
        segment = segmenter.finish()
        if journal.damaged:
            video.note_damage()
        failure = _failure(video, segmenter.failure, any_shot=any_shot or bool(segment.frames))
        self._parts.tally.watch(None)
        self._write(replace(segment, damaged=video.damaged, failure=failure))

    def _analysed(
        self, video: Video, footage: Footage, journal: VideoJournal
    ) -> Iterator[tuple[Sample, Analysis]]:
        sampler = Sampler(Sampling.of(self._parts.settings), scene=journal.scene, last=journal.ends)
        shown = video.frames() if journal.ends is None else frames_after(video, journal.ends)
        flying: deque[Sample] = deque()  # in the order in which the analyser got them

        def pixels() -> Generator[Uint8Array, None, None]:
            for sample in samples(video, sampler, shown):
                if self._stopped():
                    raise _Stopped
                flying.append(sample)
                yield sample.pixels

        source = pixels()
        analyses = self._parts.analyser.analyse_many(source)
        try:
            for analysis in analyses:
                sample = flying.popleft()
                self._tell(video, footage, sample)
                yield sample, analysis
        finally:  # whatever happened, no thread goes on analysing
            if isinstance(analyses, Generator):
                analyses.close()
            source.close()

    def _tell(self, video: Video, footage: Footage, sample: Sample) -> None:
        self._parts.tally.watch(
            Watched(
                seconds=sample.position / MICROSECONDS,
                length=None if video.duration is None else video.duration / MICROSECONDS,
                weight=footage.weight,
            )
        )

    def _write(self, segment: Segment) -> None:
        parts = self._parts
        written = parts.records.videos.write_segment(parts.import_, segment)
        if len(written.reference_ids):
            parts.index.add(written.reference_ids, written.templates)
        parts.tally.wrote(written.counts)
        if self._stopped():
            raise _Stopped


def _checks(video: Video) -> tuple[Check, ...]:
    if not video.other_videos:
        return ()
    return (
        Check(
            name="video-streams",
            outcome=CheckOutcome.FAILED,
            message=f"The file holds {video.other_videos + 1} videos; only one of them was looked at.",
        ),
    )


def _failure(video: Video, of_a_frame: Failure | None, *, any_shot: bool) -> Failure | None:
    if video.damage is not None:
        return video.damage
    if of_a_frame is not None:
        return replace(of_a_frame, message=f"Some frames gave nothing: {of_a_frame.message}")
    if any_shot:
        return None
    return Failure(
        code=FailureCode.FACE_NOT_DETECTED, message="No face of a useful quality was found in this video."
    )
