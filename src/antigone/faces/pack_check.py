"""Try the models of a pack once, on small pictures, so that a wrong file is found when it is added.

The checks run on ONNX Runtime on the processor, which is everywhere, whatever device will be used later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from antigone.errors import ModelPackError
from antigone.faces.detect import STRIDES
from antigone.faces.packs import EmbedderSpec, ModelPack, ModelSpec
from antigone.faces.runtime import Network, OnnxRuntime
from antigone.faces.scrfd import levels
from antigone.types import Float32Array, Uint8Array

_SIZES = ((64, 96), (160, 128))  # of the pictures that a detector is tried on: it must take any
_SAME = 0.999  # cosine of one face embedded alone and beside another


def check_pack(pack: ModelPack) -> None:
    """Load all models and try them. Raises ``ModelPackError`` that says what does not fit."""
    runtime = OnnxRuntime(provider="CPUExecutionProvider", threads=1)
    detector = pack.manifest.detector
    with _named(detector, "on pictures of different sizes", "a free height and width"):
        _try_detector(runtime.load(pack, detector, free_size=True), detector.kind)
    for embedder in pack.manifest.embedders:
        side = embedder.shown.side
        with _named(embedder, f"on several {side}x{side} faces at once", "a free first axis (dynamic batch)"):
            _try_embedder(runtime.load(pack, embedder, free_size=False), embedder)


@contextmanager
def _named(spec: ModelSpec, task: str, needed: str) -> Iterator[None]:
    """Let every failure of a trial be a ``ModelPackError`` that names the file."""
    try:
        yield
    except ModelPackError as error:
        raise ModelPackError(f"{spec.file}: {error.message}", hint=error.hint) from error
    except Exception as error:  # ONNX Runtime's errors share no family
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelPackError(
            f"{spec.file} cannot be run {task}",
            hint=f"Export it with {needed}. The runtime says: {reason}",
        ) from error


def _try_detector(network: Network, kind: str) -> None:
    for height, width in _SIZES:
        picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
        outputs = network(picture)
        if kind == "scrfd":
            scores = np.concatenate([level.scores for level in levels(outputs, height=height, width=width)])
        else:
            scores = _yunet_scores(outputs, height, width)
        if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1):
            raise ModelPackError("the detector's scores do not lie between 0 and 1")


def _yunet_scores(outputs: Mapping[str, Float32Array], height: int, width: int) -> Float32Array:
    for stride in STRIDES:
        cells = (height // stride) * (width // stride)
        for name, numbers in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            found = outputs.get(f"{name}_{stride}")
            if found is None or found.shape != (1, cells, numbers):
                raise ModelPackError(f"the detector has no YuNet output {name}_{stride} of the right shape")
    return np.concatenate([outputs[f"{name}_{s}"].ravel() for name in ("cls", "obj") for s in STRIDES])


def _try_embedder(network: Network, spec: EmbedderSpec) -> None:
    faces = _faces(spec.shown.side)
    together = _vectors(network, faces)
    if together.shape[1] != spec.dimension:
        raise ModelPackError(
            f"the embedder gives {together.shape[1]} numbers where the manifest says {spec.dimension}"
        )
    alone = np.concatenate([_vectors(network, face[None]) for face in faces])
    lengths = np.linalg.norm(together, axis=1) * np.linalg.norm(alone, axis=1)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ModelPackError("the embedder gives vectors that are empty or not finite")
    if (np.sum(together * alone, axis=1) / lengths).min() < _SAME:
        raise ModelPackError(
            "the embedder gives a face another vector when others are embedded beside it",
            hint="Export it again with a free first axis (dynamic batch).",
        )
    if np.array_equal(together[0], together[1]):
        raise ModelPackError("the embedder gives every face the same vector")


def _vectors(network: Network, faces: Uint8Array) -> Float32Array:
    outputs = list(network(faces).values())
    if len(outputs) != 1 or outputs[0].ndim != 2 or len(outputs[0]) != len(faces):
        shapes = ", ".join("x".join(map(str, values.shape)) for values in outputs)
        raise ModelPackError(f"an embedder gives one vector a face, this one gives {shapes} for {len(faces)}")
    return outputs[0]


def _faces(side: int) -> Uint8Array:
    """Return (3, side, side, 3) pictures that differ: noise, coarser noise, a ramp."""
    random = np.random.default_rng(0)
    fine = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
    cells = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    coarse = np.kron(cells, np.ones((-(-side // 8), -(-side // 8), 1), np.uint8))[:side, :side]
    ramp = np.repeat(np.linspace(0, 255, side, dtype=np.uint8), side * 3)
    return np.stack([fine, coarse, ramp.reshape(side, side, 3)])
