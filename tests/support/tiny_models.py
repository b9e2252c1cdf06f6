"""Tiny ONNX models with the exact signatures of the real ones, whose answers a test can choose.

The weights of SCRFD and ArcFace are not free, so no test can have them. The detector made here has SCRFD's
input, nine outputs, strides, anchors and export operators, but *reads* its answers from the pixels: a test
paints the numbers that it wants to be predicted. What is tested is everything around the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
ANCHORS = 2
SPREAD = 16.0  # a painted distance reaches from about -16 to 16 cells
_KINDS = (("score", 1), ("bbox", 4), ("kps", 10))
_NUMBERS = 15  # of one prediction: score, four distances, ten coordinates

Picture = NDArray[np.uint8]
Tensor = NDArray[np.generic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One prediction, as it will come out of the network after quantisation to pixels."""

    stride: int
    row: int  # of the cell
    column: int
    anchor: int
    score: float
    distances: tuple[float, ...]  # left, top, right, bottom, in cells
    points: tuple[float, ...]  # x, y of five landmarks, in cells


def _place(stride: int, number: int) -> tuple[int, int, int]:
    """Return row, column and channel, within a cell, of the pixel that holds one of its thirty numbers."""
    row, rest = divmod(number, 24)
    column, channel = divmod(rest, 3)
    return 2 * STRIDES.index(stride) + row, column, channel


def paint(picture: Picture, prediction: Painted) -> Painted:
    """Write a prediction into an RGB picture; return it as quantised."""
    numbers = (prediction.score, *prediction.distances, *prediction.points)
    back = []
    for i, value in enumerate(numbers):
        scale = 1.0 if i == 0 else SPREAD
        pixel = int(np.clip(round(value / scale * 128 + 127.5), 0, 255))
        row, column, channel = _place(prediction.stride, prediction.anchor * _NUMBERS + i)
        y, x = prediction.row * prediction.stride + row, prediction.column * prediction.stride + column
        picture[y, x, channel] = pixel
        back.append((pixel - 127.5) / 128 * scale)
    return Painted(
        stride=prediction.stride,
        row=prediction.row,
        column=prediction.column,
        anchor=prediction.anchor,
        score=back[0],
        distances=tuple(back[1:5]),
        points=tuple(back[5:]),
    )


def canvas(width: int, height: int) -> Picture:
    """Return a picture in which nothing is painted: black reads as a score of 0."""
    return np.zeros((height, width, 3), np.uint8)


def scrfd(
    *,
    landmarks: bool = True,
    anchors: int = ANCHORS,
    any_size: bool = True,
    sigmoid: bool = True,
    shuffled: bool = False,
) -> onnx.ModelProto:
    """Return a detector with the signature of InsightFace's ``det_*.onnx``; the flags make wrong ones."""
    weights: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []
    outputs: dict[str, list[onnx.ValueInfoProto]] = {kind: [] for kind, _ in _KINDS}
    for stride in STRIDES:
        first = 0
        for kind, size in _KINDS:
            name = f"{kind}_{stride}"
            kernel = np.zeros((anchors * size, 3, stride, stride), np.float32)
            for anchor in range(anchors):
                for i in range(size):
                    row, column, channel = _place(stride, anchor * _NUMBERS + first + i)
                    kernel[anchor * size + i, channel, row, column] = 1 if kind == "score" else SPREAD
            weights.append(numpy_helper.from_array(kernel, f"w_{name}"))
            nodes.append(
                helper.make_node(
                    "Conv",
                    ["input.1", f"w_{name}"],
                    [f"c_{name}"],
                    kernel_shape=[stride, stride],
                    strides=[stride, stride],
                )
            )
            source = f"c_{name}"
            if kind == "score" and sigmoid:
                # Stands for the sigmoid: what it returns lies between 0 and 1.
                nodes.append(helper.make_node("Clip", [source, "zero", "one"], [f"s_{name}"]))
                source = f"s_{name}"
            nodes.append(helper.make_node("Transpose", [source], [f"t_{name}"], perm=[2, 3, 0, 1]))
            rows = -1 if any_size else anchors * (640 // stride) ** 2
            weights.append(numpy_helper.from_array(np.array([rows, size], np.int64), f"r_{name}"))
            nodes.append(helper.make_node("Reshape", [f"t_{name}", f"r_{name}"], [name]))
            outputs[kind].append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size]))
            first += size
    weights += [numpy_helper.from_array(np.array(v, np.float32), n) for n, v in (("zero", 0.0), ("one", 1.0))]
    kinds = [kind for kind, _ in _KINDS if landmarks or kind != "kps"]
    order = [value for kind in kinds for value in outputs[kind]]
    if shuffled:
        order = order[::-1]
    sides: list[int | str] = ["?", "?"] if any_size else [640, 640]
    picture = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, *sides])
    return _model(nodes, picture, order, weights)


def embedder(
    *,
    dimension: int = 32,
    side: int = 112,
    fixed_batch: bool = False,
    scales_pixels: bool = False,
    unsaid: bool = False,
    constant: bool = False,
    seed: int = 7,
) -> onnx.ModelProto:
    """Return an embedder with the signature of ``w600k_*.onnx``; the flags make others and wrong ones."""
    random = np.random.default_rng(seed)
    cells = (side // 16) ** 2
    kernel = random.normal(size=(4, 3, 16, 16)).astype(np.float32) / 28
    dense = random.normal(size=(4 * cells, dimension)).astype(np.float32) / 14
    if constant:
        dense[:] = 0
    weights = [
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(dense, "dense"),
        numpy_helper.from_array(np.full(dimension, 0.25, np.float32), "bias"),
    ]
    nodes = []
    source = "data"
    if scales_pixels:
        weights.append(numpy_helper.from_array(np.array(127.5, np.float32), "mean"))
        weights.append(numpy_helper.from_array(np.array(1 / 127.5, np.float32), "factor"))
        nodes.append(helper.make_node("Sub", ["data", "mean"], ["centred"]))
        nodes.append(helper.make_node("Mul", ["centred", "factor"], ["scaled"]))
        source = "scaled"
    nodes.append(
        helper.make_node("Conv", [source, "kernel"], ["cells"], kernel_shape=[16, 16], strides=[16, 16])
    )
    if fixed_batch:
        weights.append(numpy_helper.from_array(np.array([1, 4 * cells], np.int64), "flat_shape"))
        nodes.append(helper.make_node("Reshape", ["cells", "flat_shape"], ["flat"]))
    else:
        nodes.append(helper.make_node("Flatten", ["cells"], ["flat"]))
    nodes.append(helper.make_node("Gemm", ["flat", "dense", "bias"], ["683"]))
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["None", 3, side, side])
    vector = helper.make_tensor_value_info("683", TensorProto.FLOAT, [1, "D" if unsaid else dimension])
    return _model(nodes, picture, [vector], weights)


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model as one file."""
    path.write_bytes(model.SerializeToString())
    return path


def save_with_external_data(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model whose weights lie in a second file."""
    onnx.save_model(
        model, str(path), save_as_external_data=True, location=f"{path.name}.data", size_threshold=0
    )
    return path


def _model(
    nodes: list[onnx.NodeProto],
    picture: onnx.ValueInfoProto,
    outputs: list[onnx.ValueInfoProto],
    weights: list[onnx.TensorProto],
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", [picture], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.checker.check_model(model)
    return model
