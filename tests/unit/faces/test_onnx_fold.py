"""Folding keeps what a graph computes, and refuses what it should not run."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from antigone.errors import ModelPackError
from antigone.faces.onnx_fold import ready_model
from antigone.faces.packs import ModelSpec, default_pack


def quantised_model(*, block_size: int) -> tuple[bytes, np.ndarray]:
    """A 1x1 convolution from 3 to 4 channels with 8-bit weights, and those weights as float32."""
    rng = np.random.default_rng(5)
    quantised = rng.integers(-127, 127, (4, 3), dtype=np.int8)
    zero = rng.integers(-9, 9, (4, 1) if block_size else (), dtype=np.int8)
    scale = rng.uniform(0.01, 0.1, (4, 1) if block_size else ()).astype(np.float32)
    attributes: dict[str, Any] = {"axis": 1, "block_size": block_size} if block_size else {}
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"], **attributes),
        helper.make_node("Reshape", ["d", "shape"], ["w"]),
        helper.make_node("Conv", ["image", "w"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "quantised",
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 8, 8]),
        ],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 4, 8, 8])],
        [
            numpy_helper.from_array(quantised, "q"),
            numpy_helper.from_array(scale, "s"),
            numpy_helper.from_array(zero, "z"),
            numpy_helper.from_array(np.array([4, 3, 1, 1], np.int64), "shape"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    weights = (quantised.astype(np.float32) - zero.astype(np.float32)) * scale
    return model.SerializeToString(), weights


@pytest.mark.parametrize("block_size", [0, 3])
def test_weights_are_folded_to_what_the_graph_computed(block_size: int) -> None:
    data, weights = quantised_model(block_size=block_size)
    folded = onnx.load_model_from_string(ready_model(data, free_axes=(0,)))
    onnx.checker.check_model(folded)
    assert [node.op_type for node in folded.graph.node] == ["Conv"]
    stored = numpy_helper.to_array(folded.graph.initializer[0])
    np.testing.assert_allclose(stored.reshape(4, 3), weights, rtol=1e-6)
    dims = folded.graph.input[0].type.tensor_type.shape.dim
    assert (dims[0].dim_param, dims[1].dim_value, dims[2].dim_value) == ("free_0", 3, 8)


def test_default_models_become_plain_float_graphs_with_one_input() -> None:
    pack = default_pack()
    specs: list[ModelSpec] = [pack.manifest.detector, pack.manifest.embedder]
    for spec in specs:
        model = onnx.load_model_from_string(ready_model(pack.read(spec), free_axes=(0,)))
        assert "DequantizeLinear" not in {node.op_type for node in model.graph.node}
        assert len(model.graph.input) == 1


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x08\x07"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelPackError, match="not an ONNX model"):
        ready_model(data, free_axes=(0,))


def test_weights_outside_the_file_are_refused() -> None:
    model = onnx.load_model_from_string(quantised_model(block_size=0)[0])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    with pytest.raises(ModelPackError, match="external data"):
        ready_model(model.SerializeToString(), free_axes=(0,))
