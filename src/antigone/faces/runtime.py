"""The small protocol behind which inference engines stand: uint8 pixels in, named arrays out.

OpenVINO runs the processor, in bf16 where it has the instructions; ONNX Runtime is there for CUDA and for
processors OpenVINO does not know. What was asked for and cannot be had is an error or a notice that is
shown, never a silent change.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from antigone.errors import DeviceError
from antigone.faces.onnx_fold import ready_model
from antigone.faces.packs import ModelPack, ModelSpec
from antigone.faces.quiet import keep_openvino_quiet
from antigone.settings import Settings
from antigone.types import Float32Array, Uint8Array

if TYPE_CHECKING:
    import onnxruntime
    import openvino


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeReport:
    """What runs the models, for people to read."""

    engine: str  # "OpenVINO 2026.4.1"
    device: str  # "CPU (AMD EPYC)"
    precision: str  # "bf16" or "f32"
    threads: int
    notices: tuple[str, ...]  # sentences the operator must see


class Network(Protocol):
    """A loaded model. Safe to call from many threads at once."""

    def __call__(self, images: Uint8Array) -> Mapping[str, Float32Array]:
        """Run ``images`` (N, H, W, 3) uint8 RGB; return each output by its name, float32."""
        ...


class Runtime(Protocol):
    """An inference engine on one device."""

    @property
    def report(self) -> RuntimeReport:
        """What this is, in words."""
        ...

    def load(self, pack: ModelPack, spec: ModelSpec, *, free_size: bool) -> Network:
        """Load one file of a pack; ``free_size`` lets images have any height and width."""
        ...


def open_runtime(settings: Settings) -> Runtime:
    """The engine for ``settings.device``; DeviceError when that device is not there."""
    threads = settings.threads or len(os.sched_getaffinity(0))
    match settings.device:
        case "cpu":
            return OpenVinoRuntime(precision=settings.precision, threads=threads)
        case "onnxruntime-cpu":
            return OnnxRuntime(provider="CPUExecutionProvider", threads=threads)
        case "cuda":
            return OnnxRuntime(provider="CUDAExecutionProvider", threads=threads)
    raise DeviceError(
        f"there is no device called {settings.device!r}",
        hint="ANTIGONE_DEVICE is one of: cpu, cuda, onnxruntime-cpu.",
    )


class OpenVinoRuntime:
    """OpenVINO on the processor: one stream a thread, so that every caller has a core of its own."""

    def __init__(self, *, precision: str, threads: int) -> None:
        keep_openvino_quiet()
        import openvino

        # OpenVINO fills its table of number types at the first use, and two threads that use it first at
        # the same moment wait for each other for ever; so it is filled here, before there are threads.
        openvino.Type.u8.to_dtype()
        self._core = openvino.Core()
        can_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        chosen = ("bf16" if can_bf16 else "f32") if precision == "auto" else precision
        notices = []
        if chosen == "bf16" and not can_bf16:
            notices.append("bf16 was asked for, but this processor would only imitate it: expect it slow.")
        if precision == "auto" and not can_bf16:
            notices.append("this processor has no bf16 instructions: models run in f32, about half as fast.")
        name = str(self._core.get_property("CPU", "FULL_DEVICE_NAME")).strip()
        version = openvino.__version__.split("-")[0]
        self._report = RuntimeReport(
            engine=f"OpenVINO {version}",
            device=f"CPU ({name})",
            precision=chosen,
            threads=threads,
            notices=tuple(notices),
        )

    @property
    def report(self) -> RuntimeReport:
        """What this is, in words."""
        return self._report

    def load(self, pack: ModelPack, spec: ModelSpec, *, free_size: bool) -> Network:
        """Load one file of a pack; pixel order, mean and scale become part of the compiled model."""
        from openvino import Layout, Type
        from openvino.preprocess import ColorFormat, PrePostProcessor

        model = self._core.read_model(_ready(pack, spec, free_size=free_size))
        names = tuple(output.get_any_name() for output in model.outputs)  # compiling adds others
        steps = PrePostProcessor(model)
        tensor = steps.input().tensor()
        tensor.set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.RGB)
        steps.input().model().set_layout(Layout("NCHW"))
        if spec.colour == "BGR":
            steps.input().preprocess().convert_color(ColorFormat.BGR)
        steps.input().preprocess().convert_element_type(Type.f32)
        if spec.mean:
            steps.input().preprocess().mean(spec.mean)
        if spec.scale != 1:
            steps.input().preprocess().scale(1 / spec.scale)
        compiled = self._core.compile_model(
            steps.build(),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": self._report.precision,
                "PERFORMANCE_HINT": "THROUGHPUT",
                "NUM_STREAMS": str(self._report.threads),
                "INFERENCE_NUM_THREADS": self._report.threads,
            },
        )
        return _OpenVinoNetwork(compiled, names)


class _OpenVinoNetwork:
    def __init__(self, compiled: openvino.CompiledModel, names: tuple[str, ...]) -> None:
        self._compiled = compiled
        self._names = names
        self._local = threading.local()  # an infer request serves one thread at a time

    def __call__(self, images: Uint8Array) -> Mapping[str, Float32Array]:
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
        request.infer({0: images}, share_inputs=True)
        # Copied: the request's own buffers are written over by the next call.
        return {name: request.get_output_tensor(i).data.copy() for i, name in enumerate(self._names)}


class OnnxRuntime:
    """ONNX Runtime on one execution provider, with a pixel step in numpy."""

    def __init__(self, *, provider: str, threads: int) -> None:
        import onnxruntime

        if provider not in onnxruntime.get_available_providers():
            raise DeviceError(
                f"{provider} is not available in the installed onnxruntime {onnxruntime.__version__}",
                hint="For an NVIDIA card install the package onnxruntime-gpu in place of onnxruntime, with"
                " its CUDA libraries; or set ANTIGONE_DEVICE=cpu.",
            )
        self._provider = provider
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = 1 if provider.startswith("CPU") else threads
        self._options.log_severity_level = 4  # what fails is raised; printed as well it would be said twice
        self._report = RuntimeReport(
            engine=f"ONNX Runtime {onnxruntime.__version__}",
            device=provider.removesuffix("ExecutionProvider"),
            precision="f32",
            threads=threads,
            notices=(),
        )

    @property
    def report(self) -> RuntimeReport:
        """What this is, in words."""
        return self._report

    def load(self, pack: ModelPack, spec: ModelSpec, *, free_size: bool) -> Network:
        """Load one file of a pack; DeviceError when the provider refuses at this moment."""
        import onnxruntime

        data = _ready(pack, spec, free_size=free_size)
        session = onnxruntime.InferenceSession(data, self._options, providers=[self._provider])
        # ONNX Runtime falls back to the processor without an error when a card's libraries are missing.
        if session.get_providers()[0] != self._provider:
            raise DeviceError(
                f"{self._provider} was asked for, but ONNX Runtime could not start it",
                hint="Check the driver and the CUDA libraries; or set ANTIGONE_DEVICE=cpu.",
            )
        return _OnnxNetwork(session, spec)


class _OnnxNetwork:
    def __init__(self, session: onnxruntime.InferenceSession, spec: ModelSpec) -> None:
        self._session = session
        self._spec = spec
        self._input = session.get_inputs()[0].name
        self._names = [o.name for o in session.get_outputs()]

    def __call__(self, images: Uint8Array) -> Mapping[str, Float32Array]:
        pixels: Any = images[..., ::-1] if self._spec.colour == "BGR" else images
        pixels = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32)
        if self._spec.mean:
            pixels -= self._spec.mean
        if self._spec.scale != 1:
            pixels *= self._spec.scale
        return dict(zip(self._names, self._session.run(None, {self._input: pixels}), strict=True))


def _ready(pack: ModelPack, spec: ModelSpec, *, free_size: bool) -> bytes:
    return ready_model(pack.read(spec), free_axes=(0, 2, 3) if free_size else (0,))
