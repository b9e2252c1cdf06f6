"""What the quick start tells people to type works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

QUICKSTART = (Path(__file__).resolve().parents[2] / "docs" / "quickstart.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", QUICKSTART, re.MULTILINE | re.DOTALL)


@pytest.fixture
def reader(tmp_path: Path, portraits: Mapping[str, Path]) -> dict[str, str]:
    """The environment of somebody who follows the page, with photos under the names that it uses."""
    (tmp_path / "photos").mkdir()
    shutil.copy(portraits["hopper"], tmp_path / "photos" / "hopper.jpg")
    shutil.copy(portraits["collins"], tmp_path / "photos" / "collins.png")
    for name in ("unknown.jpg", "one.jpg", "two.jpg"):
        shutil.copy(portraits["hopper"], tmp_path / name)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "HOME": str(tmp_path), "PATH": path}


def test_every_command_of_the_quick_start_works(tmp_path: Path, reader: dict[str, str]) -> None:
    shell = next(block for block in _blocks("sh") if "antigone init" in block)
    done = subprocess.run(
        ["bash", "-e", "-c", shell], cwd=tmp_path, env=reader, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "candidates.html").is_file()

    (python,) = _blocks("python")
    reader["ANTIGONE_HOME"] = str(tmp_path / "antigone")
    done = subprocess.run(
        [sys.executable, "-c", python], cwd=tmp_path, env=reader, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first = next(line for line in done.stdout.splitlines() if line.startswith("1 "))
    assert first.endswith("hopper.jpg")
