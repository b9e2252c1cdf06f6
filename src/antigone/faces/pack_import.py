"""Take a user's own model pack into a workspace: a folder with a manifest, or with InsightFace's files.

Nothing is believed that can be checked: hashes, geometry, dimension, and that the models run. The files are
copied with their manifest in one step, so a pack is there as a whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from antigone.errors import ConflictError, ModelPackError, NotFoundError, StorageFullError, WorkspaceError
from antigone.faces.align import ALIGNED_SIDE
from antigone.faces.onnx_fold import LARGEST_MODEL_BYTES, parse
from antigone.faces.pack_check import check_pack
from antigone.faces.packs import (
    DEFAULT_PACK,
    MANIFEST,
    SECOND_OPINION_PACK,
    DetectorSpec,
    EmbedderSpec,
    Manifest,
    ModelPack,
    load_pack,
    read_manifest,
    second_opinion_path,
)

INSIGHTFACE_LICENCE = "not stated; InsightFace's own models: non-commercial research only"
INSIGHTFACE_NOTICE = (
    "The models that InsightFace publishes may be used for non-commercial research only; anything else needs"
    " a licence from their makers. Check the terms under which you received these files."
)
_STAGING = ".part"  # one level below the packs, so that nothing in it is ever taken for one
_MOST_FILES = 1_000  # in the folder of a pack
_FEWEST_DETECTOR_OUTPUTS = 5  # landmark, age and embedding models have fewer
_SCALING = frozenset(("Sub", "Add", "Mul", "Div"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graph:
    """What an ONNX file is from outside."""

    file: str
    sha256: str
    sides: tuple[int, ...]  # height and width of its picture; 0 where any will do
    outputs: int
    dimension: int  # numbers in the last axis of its first output; 0 where the file does not say
    scales_pixels: bool  # takes plain pixels and normalises them itself


def add_pack(source: Path, home: Path) -> ModelPack:
    """Check the pack in the folder ``source``, copy it into the workspace ``home``, return it from there.

    A pack that is there already and has not changed is returned as it is. Raises ``NotFoundError`` where
    there is no folder, ``ModelPackError`` for anything that does not fit, ``ConflictError`` where another
    pack has the name, ``StorageFullError`` and ``WorkspaceError``.
    """
    if not source.is_dir():
        raise NotFoundError(
            f"there is no folder {source}", hint="Name the folder that holds the pack's files."
        )
    _refuse_links_outwards(source)
    pack = load_pack(source) if (source / MANIFEST).exists() else _from_insightface(source)
    _refuse_our_names(pack.manifest)
    for spec in pack.manifest.models:
        _check_size(pack.folder / spec.file)
    check_pack(pack)
    return keep(pack.manifest, {spec.file: pack.read(spec) for spec in pack.manifest.models}, home)


# ---- what is in the folder ----


def _refuse_our_names(manifest: Manifest) -> None:
    ours = manifest.name == SECOND_OPINION_PACK and manifest == read_manifest(second_opinion_path())
    if manifest.name in (DEFAULT_PACK, SECOND_OPINION_PACK) and not ours:
        raise ConflictError(
            f"{manifest.name!r} is the name of a model pack of Antigone's own",
            hint="Give the pack another name.",
        )


def _refuse_links_outwards(source: Path) -> None:
    try:
        root = source.resolve()
        paths = sorted(source.iterdir())
    except OSError as error:
        raise ModelPackError(f"{source} cannot be read ({error.strerror})") from error
    if len(paths) > _MOST_FILES:
        raise ModelPackError(f"{source} holds {len(paths)} files; is it really the folder of a model pack?")
    for path in paths:
        if path.is_symlink() and not _leads_inside(path, root):
            raise ModelPackError(
                f"{path.name} is a link that leads out of the folder, or nowhere, which is refused",
                hint="Copy the files themselves into one folder: cp -rL DIR COPY",
            )


def _leads_inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # leads nowhere, or in a circle, which older Pythons report like this
        return False


def _check_size(path: Path) -> None:
    if path.is_file() and path.stat().st_size > LARGEST_MODEL_BYTES:
        raise ModelPackError(f"{path.name} is larger than the {LARGEST_MODEL_BYTES:,} bytes that are allowed")


def _from_insightface(source: Path) -> ModelPack:
    """Make the manifest for a folder of ONNX files without one, telling each file by its geometry."""
    graphs = [_look_at(path) for path in sorted(source.glob("*.onnx"))]
    square = (ALIGNED_SIDE, ALIGNED_SIDE)
    detector = _only("detector", [graph for graph in graphs if graph.outputs >= _FEWEST_DETECTOR_OUTPUTS])
    embedder = _only("embedder", [graph for graph in graphs if graph.outputs == 1 and graph.sides == square])
    if not embedder.dimension:
        raise ModelPackError(
            f"{embedder.file} does not say how many numbers it gives",
            hint=f"Write a {MANIFEST} beside it that does.",
        )
    try:
        manifest = Manifest(
            name=_slug(source.resolve().name),
            version=1,
            licence=INSIGHTFACE_LICENCE,
            notice=f"Uses {detector.file} and {embedder.file}. {INSIGHTFACE_NOTICE}",
            detector=DetectorSpec(
                kind="scrfd",
                file=detector.file,
                sha256=detector.sha256,
                colour="RGB",
                mean=127.5,
                scale=1 / 128,
            ),
            embedder=EmbedderSpec(
                file=embedder.file,
                sha256=embedder.sha256,
                colour="RGB",
                mean=0.0 if embedder.scales_pixels else 127.5,
                scale=1.0 if embedder.scales_pixels else 1 / 127.5,
                dimension=embedder.dimension,
            ),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ModelPackError(
            f"{first['input']!r} will not do as a {first['loc'][-1]} of a model pack: {first['msg']}"
        ) from error
    return ModelPack(manifest=manifest, folder=source)


def _look_at(path: Path) -> _Graph:
    _check_size(path)
    try:
        data = path.read_bytes()
        graph = parse(data).graph
    except OSError as error:
        raise ModelPackError(f"{path.name} cannot be read ({error.strerror})") from error
    except ModelPackError as error:
        raise ModelPackError(f"{path.name}: {error.message}", hint=error.hint) from error
    weights = {tensor.name for tensor in graph.initializer}
    pictures = [value for value in graph.input if value.name not in weights]
    shape = _shape(pictures[0]) if len(pictures) == 1 else ()
    return _Graph(
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        sides=shape[2:] if len(shape) == 4 else (),
        outputs=len(graph.output) if len(shape) == 4 else 0,
        dimension=(_shape(graph.output[0])[-1:] or (0,))[0] if graph.output else 0,
        scales_pixels=bool(pictures) and _scales_pixels(graph, pictures[0].name),
    )


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)


def _scales_pixels(graph: onnx.GraphProto, name: str) -> bool:
    """Tell whether arithmetic comes before the first layer, as in older ArcFace files made from MXNet."""
    done = set()
    for node in graph.node:  # in the order of computation
        if name not in node.input:
            continue
        if node.op_type not in _SCALING:
            break
        done.add(node.op_type)
        name = node.output[0]
    return bool(done & {"Mul", "Div"}) and bool(done & {"Sub", "Add"})


def _only(role: str, graphs: Sequence[_Graph]) -> _Graph:
    if len(graphs) == 1:
        return graphs[0]
    if graphs:
        names = ", ".join(graph.file for graph in graphs)
        raise ModelPackError(
            f"the folder holds several files that could be the {role}: {names}",
            hint="Leave one of each kind in the folder.",
        )
    wanted = {
        "detector": "an SCRFD detector with landmarks (det_*.onnx)",
        "embedder": "an embedder of 112x112 faces (w600k_*.onnx, glintr100.onnx)",
    }
    raise ModelPackError(
        f"the folder holds no {role}",
        hint=f"Without a {MANIFEST} it needs {wanted['detector']} and {wanted['embedder']}.",
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:64] or "pack"


# ---- into the workspace ----


def keep(manifest: Manifest, files: Mapping[str, bytes], home: Path) -> ModelPack:
    """Write a checked pack into the workspace ``home`` in one step; return it from there.

    ``files`` are the contents by name. Raises as `add_pack` does.
    """
    models = home / "models"
    target = models / manifest.name
    try:
        models.mkdir(exist_ok=True)
        with FileLock(models / ".lock"):
            if target.exists():
                return _same_pack(target, manifest)
            staging = models / _STAGING
            shutil.rmtree(staging, ignore_errors=True)  # what an interrupted run may have left
            try:
                _write(staging / manifest.name, manifest, files)
                (staging / manifest.name).rename(target)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            _sync_folder(models)
    except OSError as error:
        raise _cannot_write(models, error) from error
    return load_pack(target)


def _same_pack(target: Path, manifest: Manifest) -> ModelPack:
    """Return the pack that is there if it is this one, whole."""
    there = load_pack(target)
    if there.manifest != manifest:
        raise ConflictError(
            f"there is another model pack called {manifest.name!r}",
            hint="Rename the folder, or change the name in its pack.json: templates are kept by that name.",
        )
    for spec in there.manifest.models:
        there.read(spec)
    return there


def _write(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True)
    text = TypeAdapter(Manifest).dump_json(manifest, indent=2)
    for name, data in {**files, MANIFEST: text + b"\n"}.items():
        with (folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(models: Path, error: OSError) -> WorkspaceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"no room left in {models}", hint="Free some space and add the pack again.")
    return WorkspaceError(
        f"{models} cannot be written ({error.strerror})",
        hint="Check who may write there, or run: antigone init",
    )
