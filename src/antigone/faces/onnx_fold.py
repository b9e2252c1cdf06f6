"""Make a quantised ONNX file ready to run: weights as float32, batch and image size free.

The Zoo's files keep their weights in 8 bit and undo that in the graph (``DequantizeLinear``, with
``block_size`` since opset 21), which some runtimes refuse and others repeat at every call. Done once
here, in numpy, the graph that is left is plain float32 and runs everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from antigone.errors import ModelPackError

Constants = dict[str, NDArray[np.generic]]

LARGEST_MODEL_BYTES = 1 << 30  # far above any 112x112 embedder; a guard against a mistaken file


def ready_model(data: bytes, *, free_axes: Sequence[int]) -> bytes:
    """Return ``data`` with folded weights and the given axes of its one image input made dynamic.

    Raises ModelPackError where the bytes are no ONNX model, keep weights outside the file, or do not
    have exactly one input.
    """
    model = parse(data)
    constants: Constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    nodes = [node for node in model.graph.node if not _fold(node, constants)]
    used = {name for node in nodes for name in node.input}
    inputs = [i for i in model.graph.input if i.name in used and i.name not in constants]
    if len(inputs) != 1:
        raise ModelPackError(f"a model needs exactly one image input, this one has {len(inputs)}")
    if 0 in free_axes:
        _free_batch_in_reshapes(nodes, constants)
    graph = onnx.helper.make_graph(
        nodes,
        "ready",
        [_freed(inputs[0], free_axes)],
        [_any_size(output) for output in model.graph.output],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items() if k in used],
    )
    folded = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return bytes(folded.SerializeToString())


def parse(data: bytes) -> onnx.ModelProto:
    """Read an ONNX model and refuse weights that lie outside its file.

    External data could name any path of this machine, and is not covered by the file's hash.
    """
    if len(data) > LARGEST_MODEL_BYTES:
        raise ModelPackError(f"the model holds {len(data)} bytes, more than {LARGEST_MODEL_BYTES}")
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf raises several unrelated families
        raise ModelPackError("the file is not an ONNX model") from error
    if not model.graph.node:
        raise ModelPackError("the file is not an ONNX model: its graph is empty")
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in _tensors(model.graph)):
        raise ModelPackError(
            "the model keeps weights outside its file (ONNX external data), which is refused",
            hint="Save it again with all weights inside: onnx.save_model(model, path).",
        )
    return model


def _tensors(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    tensors = list(graph.initializer)
    tensors += [t for s in graph.sparse_initializer for t in (s.values, s.indices)]
    for node in graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for inner in (attribute.g, *attribute.graphs):
                tensors += _tensors(inner)
    return tensors


def _fold(node: onnx.NodeProto, constants: Constants) -> bool:
    """Compute ``node`` now where all it reads is constant; say whether it was."""
    if not all(name in constants for name in node.input):
        return False
    if node.op_type == "DequantizeLinear":
        constants[node.output[0]] = _dequantised(node, constants)
        return True
    if node.op_type == "Reshape":
        shape = tuple(int(n) for n in constants[node.input[1]])
        constants[node.output[0]] = constants[node.input[0]].reshape(shape)
        return True
    return False


def _dequantised(node: onnx.NodeProto, constants: Constants) -> NDArray[np.float32]:
    """(quantised - zero point) * scale, per tensor, per axis or per block, as ONNX defines it."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    axis, block = int(attributes.get("axis", 1)), int(attributes.get("block_size", 0))
    quantised = constants[node.input[0]].astype(np.float32)
    scale = constants[node.input[1]].astype(np.float32)
    zero = constants[node.input[2]].astype(np.float32) if len(node.input) > 2 else np.zeros_like(scale)

    def spread(values: NDArray[np.float32]) -> NDArray[np.float32]:
        if block:
            repeated = np.repeat(values, block, axis=axis)
            return np.take(repeated, np.arange(quantised.shape[axis]), axis=axis)
        if values.ndim == 1 and values.size > 1:
            shape = [1] * quantised.ndim
            shape[axis] = -1
            return values.reshape(shape)
        return values

    return ((quantised - spread(zero)) * spread(scale)).astype(np.float32)


def _free_batch_in_reshapes(nodes: Sequence[onnx.NodeProto], constants: Constants) -> None:
    """Let a final ``Reshape`` to (1, -1, C) keep any batch: 0 means "as it was" there."""
    for node in nodes:
        if node.op_type == "Reshape" and node.input[1] in constants:
            shape = constants[node.input[1]]
            if shape.shape == (3,) and shape[0] == 1 and shape[1] == -1:
                constants[node.input[1]] = np.array([0, -1, shape[2]], np.int64)


def _freed(value: onnx.ValueInfoProto, axes: Sequence[int]) -> onnx.ValueInfoProto:
    shape: list[int | str] = [d.dim_value or d.dim_param for d in value.type.tensor_type.shape.dim]
    if len(shape) != 4:
        raise ModelPackError(f"an image input has four axes, this one has {len(shape)}")
    for axis in axes:
        shape[axis] = f"free_{axis}"
    return onnx.helper.make_tensor_value_info(value.name, onnx.TensorProto.FLOAT, shape)


def _any_size(output: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    """The output with its number of axes but no sizes, which follow from the input's."""
    axes = [None] * len(output.type.tensor_type.shape.dim)
    return onnx.helper.make_tensor_value_info(output.name, onnx.TensorProto.FLOAT, axes)
