"""Videos from the command line, with the real models: people followed, and found again to the second."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.record_contents import Rows, contents, faults
from command_line import Cli
from filmed import Pixels, write_video

WIDTH, HEIGHT = 320, 240
WALL = (150, 140, 130)


def _portrait(path: Path, side: int) -> Pixels:
    pixels = np.asarray(Image.open(path).convert("RGB"))[:512, :512]
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _walk(portrait: Pixels, frames: int, step: int = 2) -> list[Pixels]:
    side = portrait.shape[0]
    shown = []
    for number in range(frames):
        frame = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        frame[20 : 20 + side, step * number : step * number + side] = portrait
        shown.append(frame)
    return shown


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]) -> Path:
    """Hopper walks by for three seconds, then Collins, then Hopper again; ten seconds of nobody between."""
    hopper, collins = (_portrait(portraits[name], 180) for name in ("hopper", "collins"))
    nobody = [np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)] * 50
    frames = [*_walk(hopper, 15, 5), *nobody, *_walk(collins, 15, 5), *nobody, *_walk(hopper, 15, 5)]
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", frames, rate=5)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A workspace, and what an import left in it that nobody disturbed."""

    cli: Cli
    report: dict[str, Any]
    records: dict[str, Rows]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Imported:
    cli = Cli(home=tmp_path_factory.mktemp("workspace") / "home")
    cli("init")
    cli.add_collection("film")
    cli.open_case()
    report = cli("import", film, "--into", "film", "--json").document
    assert report["tracks"] == 3
    assert report["failures"] == {}
    return Imported(cli=cli, report=report, records=contents(cli.home))


@pytest.fixture
def cli(imported: Imported) -> Cli:
    return imported.cli


def _still(video: Path, second: float, target: Path) -> Path:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= second:
                image = Image.fromarray(frame.to_ndarray(format="rgb24"))
                image.resize((image.width * 3 // 2, image.height * 3 // 2)).save(target, quality=70)
                break
    return target


@pytest.mark.parametrize(("second", "scenes"), [(1.0, [(0, 3), (26, 29)]), (14.0, [(13, 16)])])
def test_a_still_finds_its_second(
    cli: Cli, film: Path, tmp_path: Path, second: float, scenes: list[tuple[int, int]]
) -> None:
    still = _still(film, second, tmp_path / "still.jpg")
    sheet = tmp_path / "sheet.html"
    found = cli("search", still, "--in", "film", "--sheet", sheet, "--json").document
    assert found["gallery"]["references"] == 3
    alike = [candidate for candidate in found["candidates"] if candidate["score"] > 0.5]
    assert alike  # frames that are nearly the same may be shown as one candidate
    for candidate in alike:
        assert any(begins <= candidate["time"] < ends for begins, ends in scenes)
    for candidate in found["candidates"]:
        assert candidate["source"] == f"{film}#t={candidate['time']:.3f}"
    page = sheet.read_text(encoding="utf-8")
    assert page.count('class="face"') == 1 + len(found["candidates"])  # every frame is shown
    assert "at 0:1" in page


def test_the_table_tells_the_time(cli: Cli, film: Path, tmp_path: Path) -> None:
    shown = cli("search", _still(film, 1.0, tmp_path / "still.jpg"), "--in", "film").out
    assert "time" in shown
    assert "#t=" in shown


def test_the_same_film_is_known(cli: Cli, film: Path) -> None:
    report = cli("import", film, "--into", "film", "--json").document
    assert report["photos"]["new"] == report["faces"] == report["tracks"] == 0
    assert report["photos"]["known"] > 0


def test_the_index_holds_the_tracks(cli: Cli) -> None:
    checks = cli("doctor", "--json").document["checks"]
    facts = next(check["facts"] for check in checks if check["name"] == "collection film")
    assert facts["references"] == facts["indexed"] == 3


def test_a_killed_import_ends_like_an_undisturbed_one(imported: Imported, film: Path, tmp_path: Path) -> None:
    killed = Cli(home=tmp_path / "killed")
    killed("init")
    killed.add_collection("film")
    killed.open_case()
    process = subprocess.Popen(
        [sys.executable, "-m", "antigone", "import", str(film), "--into", "film"],
        env={**os.environ, "ANTIGONE_HOME": str(killed.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and _segments(killed.home) == 0:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < _segments(killed.home) < len(imported.records["segments"])
    report = killed("import", film, "--into", "film", "--json").document
    assert report == {**imported.report, "resumed": True, "seconds": report["seconds"]}
    assert contents(killed.home) == imported.records
    assert faults(killed.home) == []


def _segments(home: Path) -> int:
    with closing(sqlite3.connect(home / "records.db", timeout=30)) as database:
        return int(database.execute("SELECT count(*) FROM segments").fetchone()[0])


def test_real_clips_give_one_track_a_person(data_dir: Path, tmp_path: Path) -> None:
    clips = [data_dir / "video" / name for name in ("bird.mkv", "book.mkv")]
    if not all(clip.is_file() for clip in clips):
        pytest.skip(f"no videos in {data_dir}")
    cli = Cli(home=tmp_path / "home")
    cli("init")
    cli.add_collection("signers")
    cli.open_case()
    report = cli("import", *clips, "--into", "signers", "--json").document
    assert report["tracks"] == 2
    for clip, second in zip(clips, (1.0, 2.0), strict=True):
        still = _still(clip, second, tmp_path / f"{clip.stem}.jpg")
        best, other = cli("search", still, "--in", "signers", "--json").document["candidates"]
        assert best["source"].startswith(f"{clip}#t=")
        assert best["score"] > 0.6
        assert other["score"] < 0.4
