"""SCRFD's answers become the boxes and landmarks that they mean, on every runtime.

The detector here is a tiny stand-in with SCRFD's signature (see ``tiny_models``): its weights are not free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny_models
from antigone.errors import ModelPackError
from antigone.faces.detect import INSIDE, OVERLAP
from antigone.faces.packs import DetectorSpec, EmbedderSpec, Manifest, ModelPack
from antigone.faces.runtime import Network, OnnxRuntime, OpenVinoRuntime
from antigone.faces.scrfd import Scrfd, levels
from tiny_models import Painted


def load(folder: Path, model: object, *, openvino: bool = False) -> Network:
    data = model.SerializeToString()  # type: ignore[attr-defined]
    (folder / "det_tiny.onnx").write_bytes(data)
    spec = DetectorSpec(
        kind="scrfd",
        file="det_tiny.onnx",
        sha256=hashlib.sha256(data).hexdigest(),
        colour="RGB",
        mean=127.5,
        scale=1 / 128,
    )
    unused = EmbedderSpec(file="none.onnx", sha256="0" * 64, colour="RGB", dimension=16)
    manifest = Manifest(name="tiny", version=1, licence="none", detector=spec, embedder=unused)
    runtime = (
        OpenVinoRuntime(precision="f32", threads=1)
        if openvino
        else OnnxRuntime(provider="CPUExecutionProvider", threads=1)
    )
    return runtime.load(ModelPack(manifest=manifest, folder=folder), spec, free_size=True)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Scrfd:
    return Scrfd(load(tmp_path_factory.mktemp("scrfd"), tiny_models.scrfd()))


def face(
    stride: int,
    row: int,
    column: int,
    anchor: int,
    *,
    score: float,
    box: Sequence[float],
    points: Sequence[float],
) -> Painted:
    """Return the prediction of a face with box x, y, w, h and landmarks in pixels."""
    x, y, w, h = box
    corner = (column * stride, row * stride)
    sides = (corner[0] - x, corner[1] - y, x + w - corner[0], y + h - corner[1])
    return Painted(
        stride=stride,
        row=row,
        column=column,
        anchor=anchor,
        score=score,
        distances=tuple(side / stride for side in sides),
        points=tuple((value - corner[i % 2]) / stride for i, value in enumerate(points)),
    )


POINTS = (10.0, 12.0, 26.0, 13.0, 18.0, 22.0, 12.0, 30.0, 25.0, 31.0)


def shifted(dx: float, dy: float, scale: float) -> tuple[float, ...]:
    return tuple(value * scale + (dx, dy)[i % 2] for i, value in enumerate(POINTS))


@pytest.mark.parametrize("openvino", [False, True])
def test_known_faces_come_out_where_they_are(tmp_path: Path, openvino: bool) -> None:
    found_by = Scrfd(load(tmp_path, tiny_models.scrfd(), openvino=openvino))
    picture = tiny_models.canvas(320, 256)
    wanted = [
        # stride, row, column, anchor, score, box, and place and size of the landmarks
        (8, 6, 4, 1, 0.9, (20.0, 30.0, 40.0, 50.0), (20.0, 30.0, 1.0)),
        (16, 7, 12, 0, 0.8, (150.0, 60.0, 100.0, 120.0), (150.0, 60.0, 3.0)),
        (32, 6, 2, 1, 0.7, (-10.0, 150.0, 200.0, 220.0), (-10.0, 150.0, 5.0)),
    ]
    for stride, row, column, anchor, score, box, place in wanted:
        prediction = face(stride, row, column, anchor, score=score, box=box, points=shifted(*place))
        tiny_models.paint(picture, prediction)
    (found,) = found_by.detect([picture], 0.5)
    assert len(found) == 3
    for i, (stride, _, _, _, score, box, place) in zip(np.argsort(-found.scores), wanted, strict=True):
        step = stride * tiny_models.SPREAD / 128  # pixels hold no finer numbers
        assert np.abs(found.boxes[i] - box).max() <= step
        assert np.abs(found.landmarks[i].ravel() - shifted(*place)).max() <= step
        assert abs(found.scores[i] - score) <= 1 / 128


@pytest.mark.parametrize("openvino", [False, True])
def test_faces_of_several_pictures_stay_apart(tmp_path: Path, openvino: bool) -> None:
    found_by = Scrfd(load(tmp_path, tiny_models.scrfd(), openvino=openvino))
    pictures = [tiny_models.canvas(96, 64) for _ in range(3)]
    tiny_models.paint(pictures[0], face(8, 2, 3, 0, score=0.9, box=(10, 10, 30, 30), points=POINTS))
    tiny_models.paint(pictures[2], face(8, 5, 9, 1, score=0.8, box=(50, 20, 40, 40), points=POINTS))
    found = found_by.detect(pictures, 0.5)
    assert [len(faces) for faces in found] == [1, 0, 1]
    assert np.abs(found[0].boxes[0] - (10, 10, 30, 30)).max() <= 1
    assert np.abs(found[2].boxes[0] - (50, 20, 40, 40)).max() <= 1


def test_colour_order_and_pixel_scale_reach_the_network(detector: Scrfd) -> None:
    """A number painted in red must be read from red: blue holds another."""
    picture = tiny_models.canvas(64, 64)
    tiny_models.paint(picture, face(8, 2, 3, 0, score=0.9, box=(10, 10, 30, 30), points=POINTS))
    assert len(detector.detect([picture], 0.5)[0]) == 1
    swapped = np.ascontiguousarray(picture[..., ::-1])
    boxes = detector.detect([swapped], 0.5)[0].boxes
    assert len(boxes) == 0 or np.abs(boxes[0] - (10, 10, 30, 30)).max() > 4


@pytest.mark.parametrize("size", [(33, 40), (100, 70), (32, 32), (1, 1)])
def test_pictures_of_any_size_are_padded(detector: Scrfd, size: tuple[int, int]) -> None:
    assert len(detector.detect([tiny_models.canvas(*size)], 0.5)[0]) == 0


def naive(predictions: Sequence[Painted], threshold: float) -> list[tuple[list[float], list[float], float]]:
    """Decode and suppress by the plain words of the definition, one number at a time."""
    faces = []
    for p in predictions:
        if p.score < threshold:
            continue
        x, y = p.column * p.stride, p.row * p.stride
        left, top, right, bottom = (distance * p.stride for distance in p.distances)
        box = [x - left, y - top, left + right, top + bottom]
        if box[2] <= 0 or box[3] <= 0:
            continue
        points = [value * p.stride + (y if i % 2 else x) for i, value in enumerate(p.points)]
        faces.append((box, points, min(p.score, 1.0)))
    faces.sort(key=lambda one: -one[2])
    kept: list[tuple[list[float], list[float], float]] = []
    for one in faces:
        if not any(one_face(one[0], other[0]) for other in kept):
            kept.append(one)
    return kept


def one_face(a: Sequence[float], b: Sequence[float]) -> bool:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return False
    shared, first, second = width * height, a[2] * a[3], b[2] * b[3]
    return shared / (first + second - shared) > OVERLAP or shared / min(first, second) > INSIDE


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 25), threshold=st.sampled_from([0.3, 0.5, 0.75]))
def test_decoding_agrees_with_a_naive_one(detector: Scrfd, seed: int, count: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    width, height = (int(32 * random.integers(1, 6)) for _ in range(2))
    picture = tiny_models.canvas(width, height)
    scores = random.choice(np.arange(134, 254), size=count, replace=False)  # no two alike: order is certain
    painted: dict[tuple[int, int, int, int], Painted] = {}
    for score in scores:
        stride = int(random.choice(tiny_models.STRIDES))
        row, column = int(random.integers(height // stride)), int(random.integers(width // stride))
        anchor = int(random.integers(2))
        prediction = Painted(
            stride=stride,
            row=row,
            column=column,
            anchor=anchor,
            score=float((score - 127.5) / 128),
            distances=tuple(random.uniform(-1, 6, 4)),
            points=tuple(random.uniform(-6, 6, 10)),
        )
        painted[stride, row, column, anchor] = tiny_models.paint(picture, prediction)
    (found,) = detector.detect([picture], threshold)
    expected = naive(list(painted.values()), threshold)
    assert len(found) == len(expected)
    for i, (box, points, score) in zip(np.argsort(-found.scores), expected, strict=True):
        assert np.allclose(found.boxes[i], box, atol=1e-3)
        assert np.allclose(found.landmarks[i].ravel(), points, atol=1e-3)
        assert abs(found.scores[i] - score) < 1e-5


def test_the_order_of_outputs_plays_no_part(tmp_path: Path) -> None:
    found_by = Scrfd(load(tmp_path, tiny_models.scrfd(shuffled=True)))
    picture = tiny_models.canvas(96, 64)
    tiny_models.paint(picture, face(8, 2, 3, 0, score=0.9, box=(10, 10, 30, 30), points=POINTS))
    assert np.abs(found_by.detect([picture], 0.5)[0].boxes[0] - (10, 10, 30, 30)).max() <= 1


def test_outputs_with_a_batch_axis_are_understood() -> None:
    outputs = {
        f"{kind}{stride}": np.full((1, 2 * (64 // stride) ** 2, size), stride, np.float32)
        for stride in tiny_models.STRIDES
        for kind, size in (("a", 1), ("b", 4), ("c", 10))
    }
    found = levels(outputs, height=64, width=64)
    assert [level.stride for level in found] == [8, 16, 32]
    assert all((level.offsets == level.stride).all() for level in found)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (tiny_models.scrfd(landmarks=False), "no landmarks"),
        (tiny_models.scrfd(anchors=1), "unknown geometry"),
        (tiny_models.embedder(side=64), "unknown geometry"),
    ],
)
def test_other_geometries_are_refused(tmp_path: Path, model: object, word: str) -> None:
    with pytest.raises(ModelPackError, match=word):
        Scrfd(load(tmp_path, model)).detect([tiny_models.canvas(64, 64)], 0.5)
