"""From photos to faces with templates: the whole way, pipelined over every core.

A worker takes a few photos through all steps, so that photos of one size share a detector call and the
faces of all share an embedder call, and nothing waits for another worker. Heavy steps run outside of
Python's lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from antigone.errors import PhotoError
from antigone.faces.align import aligned
from antigone.faces.context import context_hash
from antigone.faces.detect import Detections, Detector, YuNet
from antigone.faces.embed import Embedder
from antigone.faces.images import DecodedPhoto, ImageLimits, decode, from_pixels
from antigone.faces.orient import Orienter, Sighting, sightings
from antigone.faces.packs import ModelPack, find_pack
from antigone.faces.quality import measure_quality
from antigone.faces.runtime import Runtime, RuntimeReport, open_runtime
from antigone.faces.scan import scan
from antigone.faces.templates import TemplateMaker
from antigone.settings import Settings
from antigone.types import Analysis, Box, Eyes, Face, Failure, FailureCode, Float32Array, Uint8Array

PhotoInput = Path | str | bytes | Uint8Array

THRESHOLD = 0.6  # detection score from which a face is kept
CHUNK = 8  # photos a worker takes at once
CHUNK_PIXELS = 8_000_000  # decoded pixels held at once by a worker, unless one photo alone has more


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A decoded photo and its place among the results."""

    place: int
    photo: DecodedPhoto


class FaceAnalyser:
    """Finds the faces of photos and turns each into a template.

    Loading takes a second or two; keep one for the life of the process. Safe to use from many threads.
    Raises ModelPackError or DeviceError when its models or its device are not as they should be.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self._settings = settings
        self._limits = ImageLimits.of(settings)
        self._pack = find_pack(settings.pack, settings.home)
        runtime = open_runtime(settings)
        self._report = runtime.report
        manifest = self._pack.manifest
        self._detector = _load_detector(self._pack, runtime)
        self._embed, *further = (
            Embedder(runtime.load(self._pack, spec, free_size=False), spec.dimension)
            for spec in manifest.embedders
        )
        self._templates = TemplateMaker(manifest, further)
        self._orienter = Orienter(self._detector, self._embed, manifest.embedder.clear_length)

    @property
    def model(self) -> str:
        """The key of this analyser's templates: name and version of its model pack."""
        return self._pack.id

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""
        return self._pack.manifest.dimension

    @property
    def runtime(self) -> RuntimeReport:
        """What runs the models, on which device and in which precision."""
        return self._report

    def analyse(self, photo: PhotoInput) -> Analysis:
        """Find the faces of one photo: a path, the bytes of a file, or (H, W, 3) uint8 RGB pixels."""
        return self._analyse_chunk([photo])[0]

    def analyse_many(self, photos: Iterable[PhotoInput]) -> Iterator[Analysis]:
        """Find the faces of many photos on every core; one result a photo, in order.

        ``photos`` is read in the caller's thread, and never more than a few chunks ahead of what was
        taken, so it may be endless.
        """
        # One worker more than cores: while one waits for Python's lock, the others keep the cores busy.
        workers = self._report.threads + 1
        source = iter(photos)
        waiting: deque[Future[list[Analysis]]] = deque()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="analyse")
        try:
            while chunk := _next_chunk(source):
                waiting.append(pool.submit(self._analyse_chunk, chunk))
                # One chunk more than workers: the next is ready when a worker becomes free.
                if len(waiting) > workers + 1:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def analyse_box(self, photo: PhotoInput, box: Box) -> Analysis:
        """Take what lies in ``box`` for one face, also where the detector saw none.

        The best alignment found in and around the box is used; where nothing there looks like a face,
        the landmarks are put where they usually lie in a box, and the detection score is 0.
        """
        try:
            decoded = self._decode(photo)
        except PhotoError as error:
            return Analysis(faces=(), failure=error.failure, facts=None)
        sighting = self._orienter.within(decoded.pixels, box)
        return self._finished(decoded, [sighting], *self._templates([decoded.pixels], [[sighting]]))

    def analyse_eyes(self, photo: PhotoInput, eyes: Eyes) -> Analysis:
        """Take the face whose eyes were marked, aligned by them alone; the detection score is 0."""
        try:
            decoded = self._decode(photo)
        except PhotoError as error:
            return Analysis(faces=(), failure=error.failure, facts=None)
        sighting = self._orienter.by_eyes(decoded.pixels, eyes)
        return self._finished(decoded, [sighting], *self._templates([decoded.pixels], [[sighting]]))

    def _decode(self, photo: PhotoInput) -> DecodedPhoto:
        if isinstance(photo, np.ndarray):
            return from_pixels(photo, self._limits)
        return decode(Path(photo) if isinstance(photo, str) else photo, self._limits)

    def _analyse_chunk(self, photos: Sequence[PhotoInput]) -> list[Analysis]:
        results: list[Analysis | None] = [None] * len(photos)
        held: list[_Work] = []
        for place, photo in enumerate(photos):
            try:
                work = _Work(place, self._decode(photo))
            except PhotoError as error:
                results[place] = Analysis(faces=(), failure=error.failure, facts=None)
                continue
            if held and sum(w.photo.pixels.size for w in [*held, work]) > 3 * CHUNK_PIXELS:
                self._analyse_held(held, results)
                held = []
            held.append(work)
        if held:
            self._analyse_held(held, results)
        return [result for result in results if result is not None]

    def _analyse_held(self, held: Sequence[_Work], results: list[Analysis | None]) -> None:
        """Fill in the results of ``held``; where the models fail on several photos, find out on which."""
        try:
            pixels = [work.photo.pixels for work in held]
            all_seen = self._sightings(pixels)
            templates = self._templates(pixels, all_seen)
            for work, seen, of_photo in zip(held, all_seen, templates, strict=True):
                results[work.place] = self._finished(work.photo, seen, of_photo)
        except (RuntimeError, MemoryError, cv2.error) as error:
            if len(held) > 1:
                for work in held:
                    self._analyse_held([work], results)
                return
            failure = Failure(
                code=FailureCode.EXTRACTION_FAILED, message=f"The models failed on this photo: {error}"
            )
            results[held[0].place] = Analysis(faces=(), failure=failure, facts=held[0].photo.facts)

    def _sightings(self, photos: Sequence[Uint8Array]) -> list[list[Sighting]]:
        looks = [self._worth_keeping(found) for found in scan(self._detector, photos, THRESHOLD)]
        crops = [
            [aligned(photo, points) for points in found.landmarks]
            for photo, found in zip(photos, looks, strict=True)
        ]
        # All faces of all photos in one go: a batch of eight costs a tenth less a face than eight alone.
        vectors = self._embed([crop for of_photo in crops for crop in of_photo])
        ends = np.cumsum([len(of_photo) for of_photo in crops])[:-1]
        return [
            self._orienter.settle(photo, sightings(found, of_photo, own))
            for photo, found, of_photo, own in zip(photos, looks, crops, np.split(vectors, ends), strict=True)
        ]

    def _worth_keeping(self, found: Detections) -> Detections:
        large = found.boxes[:, 2:].min(axis=1, initial=np.inf) >= self._settings.min_face_side
        return found.take(np.flatnonzero(large)[: self._settings.max_faces])

    def _finished(self, photo: DecodedPhoto, seen: Sequence[Sighting], templates: Float32Array) -> Analysis:
        faces = [
            self._face(photo, sighting, template)
            for sighting, template in zip(seen, templates, strict=True)
            if np.isfinite(template).all()
        ]
        if faces:
            faces.sort(key=lambda face: -face.box.w * face.box.h)
            return Analysis(faces=tuple(faces), failure=None, facts=photo.facts)
        if seen:
            failure = Failure(
                code=FailureCode.EXTRACTION_FAILED,
                message="The model gave no usable template for this photo.",
            )
        else:
            failure = Failure(code=FailureCode.FACE_NOT_DETECTED, message="No face was found in this photo.")
        return Analysis(faces=(), failure=failure, facts=photo.facts)

    def _face(self, photo: DecodedPhoto, sighting: Sighting, template: Float32Array) -> Face:
        x, y, w, h = (float(value) for value in sighting.box)
        return Face(
            box=Box(x, y, w, h),
            landmarks=sighting.landmarks.astype(np.float32),
            detection_score=min(max(sighting.score, 0.0), 1.0),
            roll=sighting.roll,
            quality=measure_quality(
                sighting.crop,
                sighting.landmarks,
                length=sighting.length,
                clear_length=self._pack.manifest.embedder.clear_length,
            ),
            template=template,
            context_hash=context_hash(photo.pixels, sighting.landmarks),
        )


def _next_chunk(photos: Iterator[PhotoInput]) -> list[PhotoInput]:
    """Take the next few photos; fewer where they are pixels already, so that memory stays bounded."""
    chunk: list[PhotoInput] = []
    held = 0
    for photo in islice(photos, CHUNK):
        chunk.append(photo)
        held += photo.size if isinstance(photo, np.ndarray) else 0
        if held >= 3 * CHUNK_PIXELS:
            break
    return chunk


def _load_detector(pack: ModelPack, runtime: Runtime) -> Detector:
    spec = pack.manifest.detector
    network = runtime.load(pack, spec, free_size=True)
    match spec.kind:
        case "yunet":
            return YuNet(network)
        case "scrfd":
            from antigone.faces.scrfd import Scrfd

            return Scrfd(network)
