"""SCRFD, the detector of InsightFace's packs, behind the same protocol as YuNet.

Two predictions a cell of 8, 16 and 32 pixels, each a score, the distances from the cell's corner to the four
sides of the box, and the way from there to five landmarks, all in cells. Source: Guo, Deng, Lattas and
Zafeiriou, "Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022, and its published
ONNX files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antigone.errors import ModelPackError
from antigone.faces.detect import STRIDES, Detections, padded
from antigone.faces.runtime import Network
from antigone.types import Float32Array, Uint8Array

ANCHORS = 2  # predictions a cell
_SCORE, _BOX, _POINTS = 1, 4, 10  # numbers of one prediction, which tell the outputs apart


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What a network says of one picture at one stride; the first axis is the prediction, row by row."""

    stride: int
    scores: Float32Array  # (n,) in [0, 1]
    distances: Float32Array  # (n, 4) from the cell's corner to left, top, right, bottom, in cells
    offsets: Float32Array  # (n, 5, 2) from the cell's corner to the landmarks, in cells


class Scrfd:
    """Safe to call from many threads at once."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def detect(self, images: Sequence[Uint8Array], threshold: float) -> list[Detections]:
        """Find the faces with at least ``threshold`` in each (H, W, 3) RGB picture of one common size."""
        # One by one: the published files flatten batch and cells into one axis, which mixes pictures up.
        return [self._detect_one(padded([image]), threshold) for image in images]

    def _detect_one(self, batch: Uint8Array, threshold: float) -> Detections:
        height, width = batch.shape[1:3]
        parts = []
        for level in levels(self._network(batch), height=height, width=width):
            kept = np.flatnonzero(level.scores >= threshold)
            cell = kept // ANCHORS
            across = width // level.stride
            corner = np.stack([cell % across, cell // across], axis=1).astype(np.float32)
            distances = level.distances[kept]
            top_left = (corner - distances[:, :2]) * level.stride
            bottom_right = (corner + distances[:, 2:]) * level.stride
            found = Detections(
                np.concatenate([top_left, bottom_right - top_left], axis=1),
                (corner[:, None] + level.offsets[kept]) * level.stride,
                np.minimum(level.scores[kept], 1),
            )
            parts.append(found.take(np.flatnonzero(found.boxes[:, 2:].min(axis=1, initial=np.inf) > 0)))
        return Detections.joined(parts).distinct()


def levels(outputs: Mapping[str, Float32Array], *, height: int, width: int) -> list[Level]:
    """Sort the nine outputs for one picture of the given size by what they hold, finest stride first.

    Their names are numbers that differ from file to file, but their shapes leave no choice. Raises
    ``ModelPackError`` for a network of any other geometry.
    """
    strides = {ANCHORS * (height // stride) * (width // stride): stride for stride in STRIDES}
    sorted_: dict[tuple[int, int], Float32Array] = {}
    for values in outputs.values():
        rows = values.reshape(-1, values.shape[-1]) if values.ndim >= 2 else values.reshape(1, -1)
        key = (strides.get(len(rows), 0), rows.shape[1])
        if key in sorted_ or key[0] == 0 or key[1] not in {_SCORE, _BOX, _POINTS}:
            raise _unknown(outputs)
        sorted_[key] = rows
    if not any(numbers == _POINTS for _, numbers in sorted_):
        raise ModelPackError(
            "the detector gives no landmarks, and without them no face can be aligned",
            hint="Use a detector with five landmarks; SCRFD's are those called 'kps' or 'bnkps'.",
        )
    if len(sorted_) != 3 * len(STRIDES):
        raise _unknown(outputs)
    return [
        Level(
            stride,
            sorted_[stride, _SCORE][:, 0],
            sorted_[stride, _BOX],
            sorted_[stride, _POINTS].reshape(-1, 5, 2),
        )
        for stride in STRIDES
    ]


def _unknown(outputs: Mapping[str, Float32Array]) -> ModelPackError:
    shapes = ", ".join("x".join(map(str, values.shape)) for values in outputs.values())
    return ModelPackError(
        f"the detector is of an unknown geometry: {len(outputs)} outputs of {shapes}",
        hint="Known are SCRFD detectors with strides 8, 16 and 32, two anchors and landmarks (9 outputs).",
    )
