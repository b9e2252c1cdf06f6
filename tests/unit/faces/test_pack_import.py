"""A user's own model pack comes in whole and checked, or not at all.

The models are tiny stand-ins with the signatures of InsightFace's files (see ``tiny_models``).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import tiny_models
from antigone.errors import (
    ConflictError,
    ModelPackError,
    NotFoundError,
    StorageFullError,
    WorkspaceError,
)
from antigone.faces import FaceAnalyser
from antigone.faces.pack_import import INSIGHTFACE_LICENCE, add_pack
from antigone.faces.packs import MANIFEST, ModelPack, find_pack, load_pack
from antigone.settings import Settings
from tiny_models import Painted


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / "models").mkdir(parents=True)
    return path


@pytest.fixture
def buffalo(tmp_path: Path) -> Path:
    """A folder as InsightFace packs it, with the models of other tasks that lie in there too."""
    folder = tmp_path / "Buffalo L (mine)"
    folder.mkdir()
    tiny_models.save(tiny_models.scrfd(), folder / "det_10g.onnx")
    tiny_models.save(tiny_models.embedder(dimension=512), folder / "w600k_r50.onnx")
    tiny_models.save(tiny_models.embedder(dimension=212, side=192), folder / "2d106det.onnx")
    tiny_models.save(tiny_models.embedder(dimension=16, side=96), folder / "genderage.onnx")
    return folder


def packs_in(home: Path) -> list[str]:
    """What is there for every part of the program, hidden files included."""
    return sorted(str(path.relative_to(home / "models")) for path in (home / "models").glob("*/*"))


def manifest_of(folder: Path) -> dict[str, object]:
    """A manifest for the two usual files of a folder, as its owner would write it."""
    detector, embedder = ((folder / name).read_bytes() for name in ("det_10g.onnx", "w600k_r50.onnx"))
    return {
        "name": "own-pack",
        "version": 3,
        "licence": "bought",
        "notice": "for our office only",
        "detector": {
            "kind": "scrfd",
            "file": "det_10g.onnx",
            "sha256": hashlib.sha256(detector).hexdigest(),
            "colour": "RGB",
            "mean": 127.5,
            "scale": 0.0078125,
        },
        "embedder": {
            "file": "w600k_r50.onnx",
            "sha256": hashlib.sha256(embedder).hexdigest(),
            "colour": "RGB",
            "mean": 127.5,
            "scale": 1 / 127.5,
            "dimension": 512,
        },
    }


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


# ---- what works ----


def test_a_folder_of_insightface_becomes_a_pack(buffalo: Path, home: Path) -> None:
    pack = add_pack(buffalo, home)
    manifest = pack.manifest
    assert (manifest.name, manifest.version, pack.id) == ("buffalo-l-mine", 1, "buffalo-l-mine-1")
    assert manifest.licence == INSIGHTFACE_LICENCE
    assert "non-commercial research" in manifest.notice
    assert (manifest.detector.kind, manifest.detector.colour) == ("scrfd", "RGB")
    assert (manifest.detector.mean, manifest.detector.scale) == (127.5, 1 / 128)
    assert (manifest.embedder.mean, manifest.embedder.scale) == (127.5, 1 / 127.5)
    assert (manifest.embedder.dimension, manifest.embedder.colour) == (512, "RGB")
    assert pack.folder == home / "models" / "buffalo-l-mine"
    assert packs_in(home) == [
        "buffalo-l-mine/det_10g.onnx",
        "buffalo-l-mine/pack.json",
        "buffalo-l-mine/w600k_r50.onnx",
    ]
    for name in ("det_10g.onnx", "w600k_r50.onnx"):
        assert (pack.folder / name).read_bytes() == (buffalo / name).read_bytes()
    assert find_pack("buffalo-l-mine", home) == pack


def test_a_folder_with_a_manifest_keeps_what_it_says(buffalo: Path, home: Path) -> None:
    write_manifest(buffalo, manifest_of(buffalo))
    pack = add_pack(buffalo, home)
    assert pack.id == "own-pack-3"
    assert (pack.manifest.licence, pack.manifest.notice) == ("bought", "for our office only")
    assert load_pack(home / "models" / "own-pack").manifest == load_pack(buffalo).manifest


def with_a_second_embedder(folder: Path, **changes: object) -> None:
    path = tiny_models.save(tiny_models.embedder(side=150, seed=9), folder / "second.onnx")
    second = {
        "file": "second.onnx",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "colour": "RGB",
        "alignment": "dlib-150",
        "dimension": 32,
        **changes,
    }
    write_manifest(folder, {**manifest_of(folder), "further_embedders": [second]})


def test_a_pack_may_hold_a_second_embedder(buffalo: Path, home: Path) -> None:
    with_a_second_embedder(buffalo, weight=0.5)
    pack = add_pack(buffalo, home)
    assert (pack.folder / "second.onnx").is_file()
    assert (pack.manifest.dimension, len(pack.manifest.embedders)) == (544, 2)
    analyser = FaceAnalyser(Settings(home=home, pack="own-pack", threads=1))
    assert analyser.dimension == 544
    flip(pack, "second.onnx")
    with pytest.raises(ModelPackError, match=r"second\.onnx is not the file it should be"):
        FaceAnalyser(Settings(home=home, pack="own-pack", threads=1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 64}, "gives 32 numbers where the manifest says 64"),
        ({"alignment": "arcface-112"}, "112x112"),
        ({"alignment": "dlib-68"}, "not a manifest"),
        ({"centre": [0.1]}, "the centre has 1 numbers"),
        ({"weight": -1}, "weight"),
        ({"file": "absent.onnx"}, "absent.onnx"),
    ],
)
def test_a_second_embedder_is_checked_like_the_first(
    buffalo: Path, home: Path, changes: dict[str, object], message: str
) -> None:
    with_a_second_embedder(buffalo, **changes)
    refused(buffalo, home, message)


@pytest.mark.parametrize("name", ["glintr100.onnx", "my own embedder.onnx", "w600k_mbf.onnx"])
def test_any_embedder_of_112_pixels_will_do(tmp_path: Path, home: Path, name: str) -> None:
    folder = tmp_path / "antelopev2"
    folder.mkdir()
    tiny_models.save(tiny_models.scrfd(shuffled=True), folder / "scrfd_10g_bnkps.onnx")
    tiny_models.save(tiny_models.embedder(dimension=256), folder / name)
    if " " in name:
        with pytest.raises(ModelPackError, match="my own embedder"):
            add_pack(folder, home)
        return
    assert add_pack(folder, home).manifest.embedder.dimension == 256


def test_an_embedder_that_scales_pixels_itself_gets_them_plain(buffalo: Path, home: Path) -> None:
    tiny_models.save(tiny_models.embedder(scales_pixels=True), buffalo / "w600k_r50.onnx")
    embedder = add_pack(buffalo, home).manifest.embedder
    assert (embedder.mean, embedder.scale) == (0, 1)


def test_adding_the_same_pack_again_changes_nothing(buffalo: Path, home: Path) -> None:
    first = add_pack(buffalo, home)
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert add_pack(buffalo, home) == first
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_links_within_the_folder_are_followed(buffalo: Path, home: Path) -> None:
    (buffalo / "blobs").mkdir()
    (buffalo / "det_10g.onnx").rename(buffalo / "blobs" / "abc")
    (buffalo / "det_10g.onnx").symlink_to("blobs/abc")
    pack = add_pack(buffalo, home)
    assert not (pack.folder / "det_10g.onnx").is_symlink()


@pytest.mark.parametrize("device", ["cpu", "onnxruntime-cpu"])
def test_an_added_pack_finds_faces_and_gives_templates(buffalo: Path, home: Path, device: str) -> None:
    add_pack(buffalo, home)
    settings = Settings(home=home, pack="buffalo-l-mine", device=device, precision="f32", threads=1)
    analyser = FaceAnalyser(settings)
    assert (analyser.model, analyser.dimension) == ("buffalo-l-mine-1", 512)
    picture = tiny_models.canvas(320, 256)
    # A face 96 pixels wide at (96, 64), predicted by the cell of 16 pixels around its middle.
    points = (0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.34, 0.78, 0.66, 0.78)
    tiny_models.paint(
        picture,
        Painted(
            stride=16,
            row=7,
            column=9,
            anchor=1,
            score=0.97,
            distances=(3.0, 3.0, 3.0, 3.0),
            points=tuple(6 * value - 3 for value in points),
        ),
    )
    analysis = analyser.analyse(picture)
    assert len(analysis.faces) == 1
    face = analysis.faces[0]
    assert np.abs(np.array([face.box.x, face.box.y, face.box.w, face.box.h]) - (96, 64, 96, 96)).max() <= 4
    assert np.abs(face.landmarks[2] - (96 + 48, 64 + 0.6 * 96)).max() <= 4
    assert face.template.shape == (512,)


def test_the_manifest_in_the_documentation_is_one(buffalo: Path, home: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "model-packs.md").read_text(encoding="utf-8")
    manifest = json.loads(page.split("```json")[1].split("```")[0])
    for role, name in (("detector", "det_10g.onnx"), ("embedder", "w600k_r50.onnx")):
        (buffalo / name).rename(buffalo / manifest[role]["file"])
        data = (buffalo / manifest[role]["file"]).read_bytes()
        manifest[role]["sha256"] = hashlib.sha256(data).hexdigest()
    write_manifest(buffalo, manifest)
    assert add_pack(buffalo, home).id == "our-pack-1"


# ---- what is refused ----


def refused(folder: Path, home: Path, word: str, kind: type[Exception] = ModelPackError) -> None:
    with pytest.raises(kind, match=word) as caught:
        add_pack(folder, home)
    assert caught.type is kind
    assert packs_in(home) == []


@pytest.mark.parametrize(
    ("file", "model", "word"),
    [
        ("det_10g.onnx", lambda: tiny_models.scrfd(landmarks=False), "det_10g.onnx.*no landmarks"),
        ("det_10g.onnx", lambda: tiny_models.scrfd(anchors=1), "det_10g.onnx.*unknown geometry"),
        ("det_10g.onnx", lambda: tiny_models.scrfd(any_size=False), "det_10g.onnx cannot be run"),
        ("det_2.onnx", tiny_models.scrfd, "several files that could be the detector"),
        ("glintr100.onnx", tiny_models.embedder, "several files that could be the embedder"),
        (
            "w600k_r50.onnx",
            lambda: tiny_models.embedder(fixed_batch=True),
            "w600k_r50.onnx (cannot be run|gives)",
        ),
        ("w600k_r50.onnx", lambda: tiny_models.embedder(unsaid=True), "does not say how many numbers"),
        ("w600k_r50.onnx", lambda: tiny_models.embedder(constant=True), "every face the same vector"),
        ("w600k_r50.onnx", lambda: tiny_models.embedder(dimension=8), "dimension of a model pack"),
        ("w600k_r50.onnx", lambda: tiny_models.embedder(side=128), "no embedder"),
    ],
)
def test_models_that_do_not_fit_are_refused(
    buffalo: Path, home: Path, file: str, model: Callable[[], onnx.ModelProto], word: str
) -> None:
    tiny_models.save(model(), buffalo / file)
    refused(buffalo, home, word)


def test_a_detector_whose_scores_are_no_scores_is_refused(buffalo: Path, home: Path) -> None:
    tiny_models.save(tiny_models.scrfd(sigmoid=False), buffalo / "det_10g.onnx")
    with pytest.raises(ModelPackError, match="do not lie between 0 and 1"):
        add_pack(buffalo, home)


def test_external_data_is_refused(buffalo: Path, home: Path) -> None:
    tiny_models.save_with_external_data(tiny_models.scrfd(), buffalo / "det_10g.onnx")
    refused(buffalo, home, "det_10g.onnx.*external data")
    write_manifest(buffalo, manifest_of(buffalo))
    refused(buffalo, home, "det_10g.onnx.*external data")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x01", bytes(range(256)) * 9])
def test_files_that_are_no_models_are_refused(buffalo: Path, home: Path, content: bytes) -> None:
    (buffalo / "w600k_r50.onnx").write_bytes(content)
    with pytest.raises(ModelPackError, match=r"w600k_r50\.onnx.*not an ONNX model"):
        add_pack(buffalo, home)
    assert packs_in(home) == []


def test_links_out_of_the_folder_are_refused(buffalo: Path, home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "blob"
    (buffalo / "det_10g.onnx").rename(outside)
    (buffalo / "det_10g.onnx").symlink_to(outside)
    refused(buffalo, home, "det_10g.onnx is a link")
    (buffalo / "det_10g.onnx").unlink()
    (buffalo / "det_10g.onnx").symlink_to("det_10g.onnx")
    refused(buffalo, home, "det_10g.onnx is a link")


@pytest.mark.parametrize("file", ["../w600k_r50.onnx", "/etc/passwd", "sub/w600k_r50.onnx", "w600k_r50.bin"])
def test_a_manifest_names_files_of_its_folder_only(buffalo: Path, home: Path, file: str) -> None:
    manifest = manifest_of(buffalo)
    manifest["embedder"] = {**manifest["embedder"], "file": file}  # type: ignore[dict-item]
    write_manifest(buffalo, manifest)
    refused(buffalo, home, "not a manifest: embedder.file")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../evil"},
        {"name": "Upper"},
        {"name": ".hidden"},
        {"version": 0},
        {"detector": {}},
        {"surprise": 1},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    buffalo: Path, home: Path, change: dict[str, object]
) -> None:
    write_manifest(buffalo, {**manifest_of(buffalo), **change})
    refused(buffalo, home, "not a manifest")


def test_a_manifest_that_is_no_json_is_refused(buffalo: Path, home: Path) -> None:
    (buffalo / MANIFEST).write_bytes(b"\xff\xfe{")
    refused(buffalo, home, "not a manifest")


def test_a_wrong_hash_or_dimension_in_the_manifest_is_refused(buffalo: Path, home: Path) -> None:
    manifest = manifest_of(buffalo)
    write_manifest(buffalo, {**manifest, "detector": {**manifest["detector"], "sha256": "0" * 64}})  # type: ignore[dict-item]
    refused(buffalo, home, "det_10g.onnx is not the file it should be")
    write_manifest(buffalo, {**manifest, "embedder": {**manifest["embedder"], "dimension": 256}})  # type: ignore[dict-item]
    with pytest.raises(ModelPackError, match="gives 512 numbers where the manifest says 256"):
        add_pack(buffalo, home)


def test_a_file_that_is_missing_is_refused(buffalo: Path, home: Path) -> None:
    write_manifest(buffalo, manifest_of(buffalo))
    (buffalo / "w600k_r50.onnx").unlink()
    refused(buffalo, home, "w600k_r50.onnx cannot be read")
    (buffalo / MANIFEST).unlink()
    refused(buffalo, home, "no embedder")
    (buffalo / "det_10g.onnx").unlink()
    refused(buffalo, home, "no detector")


def test_no_folder_is_not_found(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        refused(path, home, "there is no folder", NotFoundError)


def test_a_taken_name_is_a_conflict(buffalo: Path, home: Path) -> None:
    add_pack(buffalo, home)
    tiny_models.save(tiny_models.embedder(dimension=512, seed=8), buffalo / "w600k_r50.onnx")
    kept = (home / "models" / "buffalo-l-mine" / "w600k_r50.onnx").read_bytes()
    with pytest.raises(ConflictError, match="another model pack"):
        add_pack(buffalo, home)
    assert (home / "models" / "buffalo-l-mine" / "w600k_r50.onnx").read_bytes() == kept


def test_the_name_of_the_default_pack_is_taken(buffalo: Path, home: Path) -> None:
    write_manifest(buffalo, {**manifest_of(buffalo), "name": "yunet-sface"})
    refused(buffalo, home, "of Antigone.s own", ConflictError)


# ---- interruptions and damage ----


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, StorageFullError), (errno.EROFS, WorkspaceError)])
def test_nothing_half_written_stays(
    buffalo: Path, home: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    calls = []

    def fail_at_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_at_second)
        with pytest.raises(kind) as caught:
            add_pack(buffalo, home)
    assert caught.type is kind
    assert packs_in(home) == []
    assert add_pack(buffalo, home).id == "buffalo-l-mine-1"


def test_what_a_killed_run_left_is_no_pack_and_no_obstacle(buffalo: Path, home: Path) -> None:
    left = home / "models" / ".part" / "buffalo-l-mine"
    left.mkdir(parents=True)
    (left / MANIFEST).write_text("{")
    assert not list((home / "models").glob(f"*/{MANIFEST}"))
    add_pack(buffalo, home)
    assert not (home / "models" / ".part").exists()


def test_a_home_that_is_not_there_is_said(buffalo: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be written"):
        add_pack(buffalo, tmp_path / "no-home")


def flip(pack: ModelPack, file: str) -> None:
    path = pack.folder / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["det_10g.onnx", "w600k_r50.onnx"])
def test_one_flipped_byte_is_noticed_at_loading_and_at_adding(buffalo: Path, home: Path, file: str) -> None:
    pack = add_pack(buffalo, home)
    flip(pack, file)
    with pytest.raises(ModelPackError, match=f"{file} is not the file it should be"):
        FaceAnalyser(Settings(home=home, pack=pack.manifest.name, threads=1))
    with pytest.raises(ModelPackError, match=f"{file} is not the file it should be"):
        add_pack(buffalo, home)
