"""Where YuNet's landmarks lie in the pictures that dlib cuts out, and what it costs to align by them.

Run with ``python -m benchmarks.dlib_alignment``; it needs dlib. On every second photo of a random sample of
LFW's first photos, dlib's own detector and five-point predictor cut the face out, and YuNet's landmarks are
carried into that picture: their mean places, made symmetric, are what `antigone.faces.align.DLIB` holds. On
the other half, dlib's vectors of pictures cut out by either are compared (cosine, 1 is the same), and by
dlib's 68 points too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from antigone.evaluate.extraction import meant_face
from antigone.faces import FaceAnalyser
from antigone.faces.align import DLIB, Alignment, aligned
from antigone.faces.dlib_resnet import FILE
from antigone.faces.second_opinion import PACKAGE
from antigone.types import Float32Array, Uint8Array
from benchmarks import lfw
from benchmarks.conditions import SEED
from benchmarks.peers import package_folder
from benchmarks.report import Report

PADDING = 0.25
MIRRORED = [1, 0, 2, 4, 3]  # places of the landmarks in a mirrored face


def main() -> int:
    """Measure, print, and write ``results/dlib_alignment.json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=700)
    options = parser.parse_args()
    report = Report("dlib_alignment", title="dlib's network with our landmarks")
    photos = lfw.load()
    gallery = photos.gallery()
    chosen = np.sort(np.random.default_rng(SEED).choice(gallery, options.photos, replace=False))
    cut = _Dlib(photos.paths(chosen))
    places = cut.places[::2].mean(axis=0)
    mirrored = places[MIRRORED] * [-1, 1] + [DLIB.side, 0]
    symmetric = ((places + mirrored) / 2).astype(np.float32)
    report.note(f"{len(cut.places):,} of {len(chosen):,} photos in which both find the same face")
    report.note(f"places of the landmarks: {symmetric.round(1).tolist()}; kept: {DLIB.points.tolist()}")
    ours = cut.vectors(cut.ours(Alignment(side=DLIB.side, points=symmetric)))
    five, many = cut.vectors(cut.by_five), cut.vectors(cut.by_many)
    rows = []
    for name, first, second in (
        ("ours and dlib's five points", ours, five),
        ("ours and dlib's 68 points", ours, many),
        ("dlib's five and 68 points", five, many),
    ):
        cosine = (first * second).sum(axis=1)[1::2]
        rows.append((name, f"{cosine.mean():.4f}", f"{np.quantile(cosine, 0.05):.4f}"))
    report.table("cosines", "Vectors of the same face", ("cut out by", "mean cosine", "5th percentile"), rows)
    report.save()
    return 0


class _Dlib:
    """dlib's own pictures of faces, and where our landmarks lie in them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        import dlib

        models = package_folder(PACKAGE) / "models"
        self._network = dlib.face_recognition_model_v1(str(models / FILE))
        detector = dlib.get_frontal_face_detector()
        predictors = [
            dlib.shape_predictor(str(models / f"shape_predictor_{n}_face_landmarks.dat")) for n in (5, 68)
        ]
        self._faces: list[tuple[Uint8Array, Float32Array]] = []
        self.by_five: list[Uint8Array] = []
        self.by_many: list[Uint8Array] = []
        places = []
        for path, analysis in zip(paths, FaceAnalyser().analyse_many(paths), strict=True):
            photo = dlib.load_rgb_image(str(path))
            points = meant_face(analysis).landmarks if analysis.faces else None
            box = None if points is None else _around(detector(photo, 1), points)
            if points is None or box is None:
                continue
            shapes = [predictor(photo, box) for predictor in predictors]
            pictures = [dlib.get_face_chip(photo, shape, DLIB.side, PADDING) for shape in shapes]
            self._faces.append((photo, points))
            self.by_five.append(pictures[0])
            self.by_many.append(pictures[1])
            places.append(_inside(dlib.get_face_chip_details(shapes[0], DLIB.side, PADDING), points))
        self.places = np.array(places)  # (n, 5, 2) in the pictures by five points

    def ours(self, alignment: Alignment) -> list[Uint8Array]:
        """Cut the same faces out by YuNet's landmarks."""
        return [aligned(photo, points, alignment) for photo, points in self._faces]

    def vectors(self, pictures: Sequence[Uint8Array]) -> Float32Array:
        """Return dlib's own vectors (n, 128), of unit length."""
        found = np.array([self._network.compute_face_descriptor(picture) for picture in pictures], np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def _around(boxes: Sequence[Any], points: Float32Array) -> Any:  # noqa: ANN401 - dlib has no types
    """Return the box that holds all landmarks, None where there is none."""
    low, high = points.min(axis=0), points.max(axis=0)
    for box in boxes:
        if box.left() < low[0] and box.right() > high[0] and box.top() < low[1] and box.bottom() > high[1]:
            return box
    return None


def _inside(details: Any, points: Float32Array) -> np.ndarray:  # noqa: ANN401
    """Carry points of the photo into the picture that ``details`` describes: turn, scale, shift."""
    rect, angle = details.rect, details.angle
    middle = np.array([(rect.left() + rect.right()) / 2, (rect.top() + rect.bottom()) / 2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((points - middle) @ turn / (rect.width() / details.cols) + details.cols / 2)


if __name__ == "__main__":
    raise SystemExit(main())
