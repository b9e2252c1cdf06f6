"""The demonstration is the first thing that anybody runs: it has to work, and find whom it looks for."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


def _demo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "demo" / "demo.py", *arguments], capture_output=True, text=True, check=False
    )


def test_finds_the_person_on_the_damaged_probe(tmp_path: Path) -> None:
    done = _demo("--output", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    first = next(line for line in done.stdout.splitlines() if line.split()[:1] == ["1"])
    assert "eileen-collins.png" in first
    with Image.open(tmp_path / "out" / "candidates.png") as sheet:
        assert sheet.width > 300
        assert sheet.height > 200
    assert "<html" in (tmp_path / "out" / "candidates.html").read_text(encoding="utf-8")


def test_takes_own_photos(tmp_path: Path, portraits: dict[str, Path]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    with Image.open(portraits["hopper"]) as photo:
        photo.save(photos / "hopper.jpg", quality=60)
    done = _demo("--photos", photos, "--probe", portraits["hopper"], "--output", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hopper.jpg" in done.stdout
    assert "demo/output" not in done.stdout


@pytest.mark.parametrize("option", ["--photos", "--probe"])
def test_says_that_photos_and_probe_go_together(option: str, tmp_path: Path) -> None:
    done = _demo(option, tmp_path, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "go together" in done.stderr
    assert not (tmp_path / "out").exists()
