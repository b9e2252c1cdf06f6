"""The main job on real photos of many people, and what happens when it is interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from command_line import Cli

PEOPLE = 40
PATIENCE = 120.0  # seconds until an import has written its first batch


@pytest.fixture(scope="module")
def people(data_dir: Path) -> list[Path]:
    """Folders of people with at least three photos, in the order of their names."""
    folder = data_dir / "lfw"
    if not folder.is_dir():
        pytest.skip(f"no photos at {folder}")
    found = [person for person in sorted(folder.iterdir()) if len(list(person.glob("*.jpg"))) >= 3]
    return found[:PEOPLE]


def test_people_are_found_in_other_photos_of_them(people: list[Path], cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for person in people:
        shutil.copy(person / f"{person.name}_0001.jpg", photos)
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    report = cli("import", photos, "--into", "people", "--json", code=None).document
    assert report["photos"]["new"] + report["photos"]["failed"] == PEOPLE
    assert report["photos"]["new"] >= PEOPLE - 1
    found = 0
    for person in people[:4]:  # two other photos of the same person make the probe
        probe = [person / f"{person.name}_000{number}.jpg" for number in (2, 3)]
        done = cli("search", *probe, "--top", "3", "--json", "--face", "1:1", "--face", "2:1")
        best = done.document["candidates"][0]
        found += Path(best["source"]).name.startswith(person.name)
    assert found >= 3


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(
    people: list[Path], cli: Cli, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    for person in people:
        shutil.copytree(person, photos / person.name)
    total = len(list(photos.rglob("*.jpg")))
    small = Cli(home=cli.home, environment={"ANTIGONE_IMPORT_BATCH": "8"})
    small("init")
    small.add_collection("people")
    small.open_case()
    command = [sys.executable, "-m", "antigone", "import", str(photos), "--into", "people", "--json"]
    environment = {**os.environ, "ANTIGONE_HOME": str(cli.home), **small.environment}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        _wait_for_photos(cli.home, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "run the same command again" in err
    assert "Traceback" not in err
    assert '"interrupted"' in out
    written = small("collection", "show", "people", "--json").document["photos"]
    assert 0 < written < total
    report = small("import", photos, "--into", "people", "--json", code=None).document
    assert sum(report["photos"].values()) == total
    assert report["resumed"] is True
    shown = small("collection", "show", "people", "--json").document
    assert (shown["photos"], shown["imports"]) == (total, 1)


def _wait_for_photos(home: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(f"file:{home / 'records.db'}?mode=ro", uri=True)) as connection:
        while time.monotonic() < until and process.poll() is None:
            if connection.execute("select count(*) from photos").fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("the import ended before it could be interrupted")


def test_doctor_mends_a_damaged_index_and_says_so(people: list[Path], cli: Cli) -> None:
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    cli("import", *people[:3], "--into", "people", code=None)
    damaged = [
        path for path in (cli.home / "index").rglob("*") if path.is_file() and path.stat().st_size > 64
    ]
    assert damaged
    for path in damaged:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    report = cli("doctor", "--json").document
    checks = [check for check in report["checks"] if check["name"] == "collection people"]
    assert [check["status"] for check in checks] == ["ok", "warning"]
    assert "rebuilt" in checks[1]["message"]
