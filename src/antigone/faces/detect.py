"""Detectors: pixels to boxes, five landmarks and scores, at the scale of the pixels given.

Photos of any size go through ``scan``, which calls these at the scales that a photo needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from antigone.faces.runtime import Network
from antigone.types import Float32Array, Uint8Array

STRIDES = (8, 16, 32)
SIDE_MULTIPLE = 32  # the coarsest stride; sides are padded with black up to it
OVERLAP = 0.3  # boxes that share more of their union than this are the same face
INSIDE = 0.8  # so much of the smaller box within the other means the same, too


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Faces found in one picture, as arrays that share their first axis."""

    boxes: Float32Array  # (n, 4) x, y, w, h in pixels
    landmarks: Float32Array  # (n, 5, 2): right eye, left eye, nose, right and left mouth corner
    scores: Float32Array  # (n,) in [0, 1]

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.boxes.shape != (n, 4) or self.landmarks.shape != (n, 5, 2) or self.scores.shape != (n,):
            raise ValueError("boxes, landmarks and scores must speak of the same faces")

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls) -> Self:
        """No face at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All of ``parts`` in one, in their order."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.landmarks for p in parts]),
            np.concatenate([p.scores for p in parts]),
        )

    def take(self, keep: NDArray[np.integer] | NDArray[np.bool_]) -> Self:
        """Those at the given indices, or where the given mask is true."""
        return type(self)(self.boxes[keep], self.landmarks[keep], self.scores[keep])

    def moved(self, *, scale: float, dx: float, dy: float) -> Self:
        """The same faces in a picture that is ``scale`` times as large and then shifted."""
        shift = np.array([dx, dy], np.float32)
        boxes = self.boxes * np.float32(scale)
        boxes[:, :2] += shift
        return type(self)(boxes, self.landmarks * np.float32(scale) + shift, self.scores)

    @property
    def centres(self) -> Float32Array:
        """Middle of each box, (n, 2)."""
        return self.boxes[:, :2] + self.boxes[:, 2:] / np.float32(2)

    @property
    def rolls(self) -> Float32Array:
        """Degrees by which the line through the eyes is turned clockwise, (n,)."""
        eyes = self.landmarks[:, 1] - self.landmarks[:, 0]
        return np.asarray(np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0])), np.float32)

    def distinct(self) -> Self:
        """Keep the best score of each face: greedy non-maximum suppression.

        A box that lies almost inside a better one goes too: at full size a large face gives a second,
        smaller box around eyes and nose, which shares too little of the union to count as the same.
        """
        left, top = self.boxes[:, 0], self.boxes[:, 1]
        right, bottom = left + self.boxes[:, 2], top + self.boxes[:, 3]
        areas = self.boxes[:, 2] * self.boxes[:, 3]
        order = np.argsort(-self.scores, kind="stable")
        kept = []
        while len(order):
            best, rest = order[0], order[1:]
            kept.append(best)
            wide = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
            high = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
            shared = np.maximum(wide, 0) * np.maximum(high, 0)
            same = shared > OVERLAP * (areas[best] + areas[rest] - shared)
            inside = shared > INSIDE * np.minimum(areas[best], areas[rest])
            order = rest[~(same | inside)]
        return self.take(np.array(kept, np.int64))


class Detector(Protocol):
    """A face detector. Safe to call from many threads at once."""

    def detect(self, images: Sequence[Uint8Array], threshold: float) -> list[Detections]:
        """Find the faces with at least ``threshold`` in each (H, W, 3) RGB picture of one common size."""
        ...


class YuNet:
    """YuNet: anchor-free, one prediction a cell of 8, 16 and 32 pixels.

    Decoding follows the model's published head: centre = (cell + offset) * stride, side = exp(value) *
    stride, score = sqrt(class * objectness). Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face
    Detector", Machine Intelligence Research 2023.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def detect(self, images: Sequence[Uint8Array], threshold: float) -> list[Detections]:
        """Find the faces with at least ``threshold`` in each (H, W, 3) RGB picture of one common size."""
        batch = padded(images)
        outputs = self._network(batch)
        width = batch.shape[2]
        parts: list[list[Detections]] = [[] for _ in images]
        for stride in STRIDES:
            product = outputs[f"cls_{stride}"][..., 0] * outputs[f"obj_{stride}"][..., 0]
            photo, cell = np.nonzero(product >= threshold * threshold)
            if len(photo) == 0:
                continue
            corner = np.stack([cell % (width // stride), cell // (width // stride)], axis=1).astype(
                np.float32
            )
            raw = outputs[f"bbox_{stride}"][photo, cell]
            side = np.exp(raw[:, 2:]) * stride
            centre = (corner + raw[:, :2]) * stride
            points = outputs[f"kps_{stride}"][photo, cell].reshape(-1, 5, 2)
            found = Detections(
                np.concatenate([centre - side / 2, side], axis=1),
                (points + corner[:, None]) * stride,
                np.sqrt(np.minimum(product[photo, cell], 1)),
            )
            for i in np.unique(photo):
                parts[i].append(found.take(photo == i))
        return [Detections.joined(p).distinct() for p in parts]


def padded(images: Sequence[Uint8Array]) -> Uint8Array:
    """Stack pictures of one size to (N, H', W', 3), sides padded with black to a multiple of 32."""
    height, width = images[0].shape[:2]
    sides = (-(-height // SIDE_MULTIPLE) * SIDE_MULTIPLE, -(-width // SIDE_MULTIPLE) * SIDE_MULTIPLE)
    batch = np.zeros((len(images), *sides, 3), np.uint8)
    for slot, image in zip(batch, images, strict=True):
        slot[:height, :width] = image
    return batch
