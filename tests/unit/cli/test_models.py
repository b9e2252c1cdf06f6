from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import tiny_models
from command_line import Shell


@pytest.fixture
def buffalo(tmp_path: Path) -> Path:
    """A folder with InsightFace's file names."""
    folder = tmp_path / "buffalo_tiny"
    folder.mkdir()
    tiny_models.save(tiny_models.scrfd(), folder / "det_10g.onnx")
    tiny_models.save(tiny_models.embedder(dimension=32), folder / "w600k_r50.onnx")
    return folder


def test_an_own_pack_is_added_chosen_and_left_again(shell: Shell, buffalo: Path) -> None:
    out, err = shell("models", "add", buffalo)
    assert "non-commercial research only" in out  # the licence notice is shown
    assert "antigone models use" in err
    added, default = shell.document("models", "list")["models"][::-1]
    assert (added["used"], default["used"]) == (False, True)
    assert added["dimension"] == 32
    assert shell.document("models", "use", added["name"])["id"] == added["id"]
    assert [model["used"] for model in shell.document("models", "list")["models"]] == [False, True]
    assert f"*  {added['name']}" in shell("models", "list")[0]
    shell("models", "use", default["name"])
    assert [model["used"] for model in shell.document("models", "list")["models"]] == [True, False]


@pytest.mark.skipif(
    importlib.util.find_spec("face_recognition_models") is None,
    reason="face_recognition_models is not installed; it belongs to the group of packages 'bench'",
)
def test_a_pack_of_our_own_is_built_and_used_by_two_commands(shell: Shell) -> None:
    out, err = shell("models", "build", "yunet-sface-dlib")
    assert "yunet-sface-dlib-1" in out
    assert "antigone models use yunet-sface-dlib" in err
    shell("models", "use", "yunet-sface-dlib")
    (used,) = (model for model in shell.document("models", "list")["models"] if model["used"])
    assert (used["id"], used["dimension"], used["embedders"]) == ("yunet-sface-dlib-1", 256, 2)
    checks = shell.document("doctor")["checks"]
    (models,) = (check for check in checks if check["name"] == "models")
    assert models["facts"]["sha256"] == used["sha256"]


def test_what_cannot_be_built_is_said(shell: Shell, tmp_path: Path) -> None:
    weights = tmp_path / "weights.dat"
    weights.write_bytes(b"other")
    assert "models build yunet-sface-dlib" in shell("models", "build", "nobody", code=4)[1]
    assert (
        "not the file it should be"
        in shell("models", "build", "yunet-sface-dlib", "--weights", weights, code=7)[1]
    )


def test_doctor_finds_one_flipped_byte_in_a_model(shell: Shell, buffalo: Path) -> None:
    name = shell.document("models", "add", buffalo)["name"]
    shell("models", "use", name)
    (model,) = shell.home.glob("models/*/w600k_r50.onnx")
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.chmod(0o600)
    model.write_bytes(content)
    report = shell.document("doctor", code=1)
    assert report["healthy"] is False
    (failed,) = (check for check in report["checks"] if check["status"] == "failure")
    assert failed["name"] == "models"
    assert failed["facts"]["code"] == "model-pack"
    assert "w600k_r50.onnx" in failed["message"]
    assert "FAIL  models" in shell("doctor", code=1)[0]
