"""The models' own limit: how fast they run with nothing around them.

Each model of the default pack is compiled by OpenVINO for fixed shapes and fed ready float32 pixels from real
photos, with no decoding, no reading of its results and no Python between two calls but the queue itself.
The best of several batch sizes and stream counts stands. A photo needs one detection and, with one face, one
embedding, so together they allow 1 / (1 / detections a second + 1 / embeddings a second) photos a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.faces.onnx_fold import ready_model
from antigone.faces.packs import EmbedderSpec, ModelSpec, default_pack
from antigone.faces.quiet import keep_openvino_quiet

BATCHES = (1, 4, 8, 16)
EMBEDDER_SIDE = 112
SEARCH_SECONDS = 1.0  # for each setting while the best is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a model is run."""

    batch: int
    streams: int


class BareModel:
    """One model of the default pack, run in isolation at the best setting found."""

    def __init__(self, spec: ModelSpec, pixels: NDArray[np.float32], precision: str) -> None:
        keep_openvino_quiet()
        import openvino

        self._openvino = openvino
        self._core = openvino.Core()
        self._pixels = pixels  # (n, 3, H, W) in the model's own colour order
        self._precision = precision
        data = ready_model(
            default_pack().read(spec), free_axes=(0,) if isinstance(spec, EmbedderSpec) else (0, 2, 3)
        )
        self._data = data
        cores = len(os.sched_getaffinity(0))
        settings = [
            Setting(batch=batch, streams=streams) for batch in BATCHES for streams in (cores, 2 * cores)
        ]
        self.setting = max(settings, key=lambda setting: self._rate(setting, SEARCH_SECONDS))

    def rate(self, seconds: float) -> float:
        """Measure images a second at the best setting."""
        return self._rate(self.setting, seconds)

    def _rate(self, setting: Setting, seconds: float) -> float:
        model = self._core.read_model(self._data)
        model.reshape([setting.batch, *self._pixels.shape[1:]])
        compiled = self._core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": self._precision,
                "NUM_STREAMS": str(setting.streams),
                "INFERENCE_NUM_THREADS": len(os.sched_getaffinity(0)),
            },
        )
        queue = self._openvino.AsyncInferQueue(compiled, 2 * setting.streams)
        count = len(self._pixels)
        batches = [
            self._pixels[np.arange(start, start + setting.batch) % count]
            for start in range(0, count, setting.batch)
        ]
        for number in range(2 * setting.streams):
            queue.start_async({0: batches[number % len(batches)]}, share_inputs=True)
        queue.wait_all()
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            queue.start_async({0: batches[done % len(batches)]}, share_inputs=True)
            done += 1
        queue.wait_all()
        return done * setting.batch / (time.perf_counter() - started)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimit:
    """What both models allow, in one measurement."""

    detections: float  # a second
    embeddings: float  # a second

    def photos(self, faces_per_photo: float = 1.0) -> float:
        """Photos a second with one detection a photo and the given number of embeddings."""
        return 1 / (1 / self.detections + faces_per_photo / self.embeddings)


class ModelLimits:
    """Both models of the default pack, ready to be measured again and again."""

    def __init__(self, photos: Sequence[Path], *, precision: str) -> None:
        pixels = [_read(path) for path in photos]
        side = 32 * -(-max(max(image.shape[:2]) for image in pixels) // 32)
        manifest = default_pack().manifest
        padded = [
            cv2.copyMakeBorder(image, 0, side - image.shape[0], 0, side - image.shape[1], cv2.BORDER_CONSTANT)
            for image in pixels
        ]
        # The middle of an LFW photo holds the face, at about the size the embedder takes.
        crops = [_middle(image, EMBEDDER_SIDE) for image in pixels]
        self.detector_side = side
        self.detector = BareModel(manifest.detector, _as_input(padded, manifest.detector.colour), precision)
        self.embedder = BareModel(manifest.embedder, _as_input(crops, manifest.embedder.colour), precision)

    def measure(self, seconds: float) -> ModelLimit:
        """Measure one after the other, for so many seconds each."""
        return ModelLimit(detections=self.detector.rate(seconds), embeddings=self.embedder.rate(seconds))


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise ValueError(f"{path} cannot be read")
    return np.asarray(image, dtype=np.uint8)


def _middle(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[top : top + side, left : left + side]


def _as_input(images: Sequence[NDArray[np.uint8]], colour: str) -> NDArray[np.float32]:
    """Stack RGB images (H, W, 3) into (n, 3, H, W) float32 in the given colour order."""
    stacked = np.stack(images)
    ordered = stacked[..., ::-1] if colour == "BGR" else stacked
    return np.ascontiguousarray(ordered.transpose(0, 3, 1, 2), dtype=np.float32)
