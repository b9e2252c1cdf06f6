"""Real imports that are stopped: by Ctrl-C, by SIGTERM, by another import, by a full disk."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.record_contents import contents, faults, visited
from command_line import Cli

PHOTOS = 160  # more than the pipeline looks ahead, so that a stop always leaves some
SMALL_BATCHES = {"ANTIGONE_IMPORT_BATCH": "4"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]) -> Path:
    """Many photos of two people, no two files alike."""
    folder = tmp_path_factory.mktemp("photos")
    for name, source in portraits.items():
        photo = Image.open(source).convert("RGB")
        photo.thumbnail((320, 320))
        for quality in range(15, 15 + PHOTOS // 2):
            photo.save(folder / f"{name} {quality}.jpg", quality=quality)
    return folder


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    cli = Cli(home=tmp_path / "home", environment=SMALL_BATCHES)
    cli("init")
    cli.add_collection("people")
    return cli


def start(cli: Cli, photos: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "antigone", "import", str(photos), "--into", "people", "--json"],
        env={**os.environ, "ANTIGONE_HOME": str(cli.home), **cli.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_begun(home: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.OperationalError):
            if visited(home) > 0:
                return
        time.sleep(0.01)
    process.kill()
    process.communicate()
    pytest.fail("the import never wrote a batch")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_is_followed_and_the_next_run_goes_on(
    cli: Cli, photos: Path, number: signal.Signals
) -> None:
    process = start(cli, photos)
    wait_until_begun(cli.home, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run the same command again" in err
    assert "interrupted" in out
    done = visited(cli.home)
    assert 4 <= done < PHOTOS
    assert faults(cli.home) == []
    report = cli("import", photos, "--into", "people", "--json").document
    assert report["photos"] == {"new": PHOTOS, "known": 0, "failed": 0}
    assert report["resumed"]
    again = cli("import", photos, "--into", "people", "--json").document
    assert again["photos"] == {"new": 0, "known": PHOTOS, "failed": 0}
    assert not again["resumed"]


def test_a_second_import_into_the_same_collection_is_refused(cli: Cli, photos: Path) -> None:
    process = start(cli, photos)
    wait_until_begun(cli.home, process)
    process.send_signal(signal.SIGSTOP)  # it keeps its lock, and does not end before the other has begun
    refused = cli("import", photos, "--into", "people", code=None)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=120)
    assert refused.code == 5
    assert "collection-busy" in refused.err
    assert process.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 8 MiB, where this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no mount command here")
    if made.returncode != 0:
        pytest.skip("this user may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_ends_an_import_that_goes_on_once_there_is_room(
    small_disk: Path, tmp_path: Path, photos: Path
) -> None:
    cli = Cli(home=small_disk / "home", environment=SMALL_BATCHES)
    cli("init")
    cli.add_collection("people")
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(b"x" * (room.f_bavail * room.f_frsize - 160 * 1024))
    ended = cli("import", photos, "--into", "people", code=6)
    assert "error[disk-full]" in ended.err
    assert "hint: free some space" in ended.err
    ballast.unlink()
    assert faults(cli.home) == []
    before = visited(cli.home)
    assert before < PHOTOS
    report = cli("import", photos, "--into", "people", "--json").document
    assert report["photos"] == {"new": PHOTOS, "known": 0, "failed": 0}
    undisturbed = Cli(home=tmp_path / "roomy", environment=SMALL_BATCHES)
    undisturbed("init")
    undisturbed.add_collection("people")
    undisturbed("import", photos, "--into", "people")
    assert contents(cli.home) == contents(undisturbed.home)
