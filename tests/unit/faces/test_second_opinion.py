"""The pack that asks dlib's network too: the network is dlib's, and the pack is the same everywhere."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from antigone.errors import ConflictError, ModelPackError, NotFoundError
from antigone.faces import FaceAnalyser
from antigone.faces.align import DLIB, aligned
from antigone.faces.dlib_resnet import FILE, to_onnx
from antigone.faces.pack_import import add_pack
from antigone.faces.packs import MANIFEST, SECOND_OPINION_PACK, ModelPack, find_pack, load_pack
from antigone.faces.second_opinion import PACKAGE, build_pack
from antigone.settings import Settings
from antigone.types import Analysis, Float32Array, Uint8Array


@pytest.fixture(scope="module")
def weights() -> Path:
    """The file of dlib's network, of the bench group of packages."""
    try:
        found = importlib.metadata.distribution(PACKAGE).locate_file(f"{PACKAGE}/models/{FILE}")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{PACKAGE} is not installed; it belongs to the group of packages 'bench'")
    return Path(str(found))


@pytest.fixture(scope="module")
def built(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the built pack as a workspace does."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    build_pack(SECOND_OPINION_PACK, home, weights)
    return home


@pytest.fixture(scope="module")
def analyses(portraits: Mapping[str, Path], analyser: FaceAnalyser) -> list[Analysis]:
    return [analyser.analyse(path) for path in portraits.values()]


@pytest.fixture(scope="module")
def chips(portraits: Mapping[str, Path], analyses: list[Analysis]) -> Uint8Array:
    """(8, 150, 150, 3) real aligned faces: both portraits, mirrored, darkened, both."""
    import cv2

    pictures = []
    for path, analysis in zip(portraits.values(), analyses, strict=True):
        photo = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        face = aligned(photo, analysis.faces[0].landmarks, DLIB)
        pictures += [face, face[:, ::-1], face // 4, face[:, ::-1] // 4]
    return np.stack(pictures)


def cosines(first: Float32Array, second: Float32Array) -> Float32Array:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray((first * second).sum(axis=1) / lengths)


def dlibs_own(weights: Path) -> tuple[Any, Any]:
    dlib = pytest.importorskip(
        "dlib", reason="dlib is not installed; it belongs to the group of packages 'bench'"
    )
    return dlib, dlib.face_recognition_model_v1(str(weights))


def test_the_network_says_what_dlib_says(weights: Path, chips: Uint8Array) -> None:
    _, network = dlibs_own(weights)
    expected = np.array([network.compute_face_descriptor(np.ascontiguousarray(chip)) for chip in chips])
    session = onnxruntime.InferenceSession(to_onnx(weights.read_bytes()), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"picture": chips.transpose(0, 3, 1, 2).astype(np.float32)})
    assert cosines(expected.astype(np.float32), found).min() >= 0.9999
    np.testing.assert_allclose(found, expected, atol=1e-4)  # lengths too, not only directions


def test_our_landmarks_cut_out_nearly_the_picture_that_dlibs_do(
    weights: Path, portraits: Mapping[str, Path], chips: Uint8Array
) -> None:
    dlib, network = dlibs_own(weights)
    predictor = dlib.shape_predictor(str(weights.with_name("shape_predictor_5_face_landmarks.dat")))
    detector = dlib.get_frontal_face_detector()
    for path, ours in zip(portraits.values(), chips[::4], strict=True):
        photo = dlib.load_rgb_image(str(path))
        face = max(detector(photo, 0), key=lambda box: box.area())
        theirs = dlib.get_face_chip(photo, predictor(photo, face), DLIB.side, 0.25)
        vectors = [np.array(network.compute_face_descriptor(np.ascontiguousarray(c))) for c in (ours, theirs)]
        assert cosines(vectors[0][None], vectors[1][None])[0] > 0.97


def test_another_file_is_no_network_of_dlib(weights: Path) -> None:
    data = weights.read_bytes()
    for wrong in (b"", data[:100_000], data[:-1_000], data.replace(b"affine_", b"affinE_")):
        with pytest.raises(ModelPackError, match="not the face recognition network of dlib"):
            to_onnx(wrong)


def test_it_is_built_once_and_is_what_we_say(built: Path, weights: Path) -> None:
    pack = find_pack(SECOND_OPINION_PACK, built)
    assert (pack.id, pack.manifest.dimension) == ("yunet-sface-dlib-1", 256)
    before = {path: path.stat().st_mtime_ns for path in pack.folder.iterdir()}
    assert build_pack(SECOND_OPINION_PACK, built, weights) == pack
    assert {path: path.stat().st_mtime_ns for path in pack.folder.iterdir()} == before


def test_a_built_pack_can_be_carried_to_another_workspace(built: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    pack = add_pack(find_pack(SECOND_OPINION_PACK, built).folder, tmp_path)
    assert pack.sha256 == find_pack(SECOND_OPINION_PACK, built).sha256


def test_a_changed_centre_or_weight_is_another_pack(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / SECOND_OPINION_PACK
    shutil.copytree(find_pack(SECOND_OPINION_PACK, built).folder, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for change in ({"weight": 2.5}, {"centre": [0.0] * 128}):
        changed = {**manifest, "further_embedders": [{**manifest["further_embedders"][0], **change}]}
        (folder / MANIFEST).write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(ModelPackError, match="is not the pack"):
            load_pack(folder)


def test_nothing_else_can_bear_its_name(tmp_path: Path) -> None:
    import tiny_models

    source = tmp_path / SECOND_OPINION_PACK
    source.mkdir()
    tiny_models.save(tiny_models.scrfd(), source / "det.onnx")
    tiny_models.save(tiny_models.embedder(), source / "w600k.onnx")
    with pytest.raises(ConflictError, match="Antigone's own"):
        add_pack(source, tmp_path)


@pytest.mark.parametrize("content", [b"", b"dlib"])
def test_another_file_of_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ModelPackError, match="not the file it should be"):
        build_pack(SECOND_OPINION_PACK, tmp_path, tmp_path / FILE)
    with pytest.raises(NotFoundError, match="cannot be read"):
        build_pack(SECOND_OPINION_PACK, tmp_path, tmp_path / "nowhere")
    with pytest.raises(NotFoundError, match="could be built"):
        build_pack("yunet-sface", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_without_the_package_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> object:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", gone)
    with pytest.raises(NotFoundError, match="not installed") as caught:
        build_pack(SECOND_OPINION_PACK, tmp_path)
    assert "pip install" in caught.value.hint
    with pytest.raises(NotFoundError) as caught:
        find_pack(SECOND_OPINION_PACK, tmp_path)
    assert "antigone models build" in caught.value.hint


@pytest.mark.parametrize("device", ["cpu", "onnxruntime-cpu"])
def test_both_opinions_make_one_template(
    built: Path, portraits: Mapping[str, Path], analyses: list[Analysis], device: str
) -> None:
    analyser = FaceAnalyser(Settings(home=built, pack=SECOND_OPINION_PACK, device=device, precision="f32"))
    assert (analyser.model, analyser.dimension) == ("yunet-sface-dlib-1", 256)
    photos = [path.read_bytes() for path in portraits.values()]
    together = list(analyser.analyse_many(photos))
    for photo, analysis, alone in zip(photos, together, analyses, strict=True):
        face = analysis.faces[0]
        assert face.template.shape == (256,)
        assert np.linalg.norm(face.template) == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(face.landmarks, alone.faces[0].landmarks, atol=2)
        boxed = analyser.analyse_box(photo, face.box).faces[0]
        assert boxed.template @ face.template > 0.9
    assert together[0].faces[0].template @ together[1].faces[0].template < 0.3  # two people


def test_the_pack_is_hashed_as_a_whole(built: Path) -> None:
    pack = find_pack(SECOND_OPINION_PACK, built)
    same = ModelPack(manifest=load_pack(pack.folder).manifest, folder=Path("elsewhere"))
    assert same.sha256 == pack.sha256
    assert len(pack.sha256) == 64
