"""Making and looking after a workspace."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from command_line import COLLECTION, Cli, Gallery


def options(**changed: str) -> list[str]:
    return [f"--{name}={text}" for name, text in {**COLLECTION, **changed}.items()]


def test_init_makes_a_private_workspace_once(cli: Cli) -> None:
    first = cli("init", "--json").document
    assert first == {"home": str(cli.home), "created": True}
    assert cli("init", "--json").document == {"home": str(cli.home), "created": False}
    assert cli.home.stat().st_mode & 0o077 == 0
    assert (cli.home / "records.db").is_file()


def test_home_may_stand_before_or_after_the_command(cli: Cli, tmp_path: Path) -> None:
    assert cli("--home", tmp_path / "a", "init", "--json").document["home"] == str(tmp_path / "a")
    assert cli("init", "--home", tmp_path / "b", "--json").document["home"] == str(tmp_path / "b")
    assert not cli.home.exists()


def test_a_folder_with_other_things_is_not_taken_for_a_workspace(cli: Cli) -> None:
    cli.home.mkdir()
    (cli.home / "letters.txt").write_text("mine")
    assert "error[workspace]" in cli("init", code=6).err
    assert [path.name for path in cli.home.iterdir()] == ["letters.txt"]


def test_collections_say_whose_they_are_and_by_what_right(cli: Cli) -> None:
    cli("init")
    added = cli("collection", "add", "people", *options(), "--json").document["collection"]
    assert added["name"] == "people"
    assert added["retain_until"] == "2100-01-01"
    said = {"name", "owner", "source", "purpose", "basis", "jurisdiction", "retain_until", "created_at"}
    assert set(added) == said
    (listed,) = cli("collection", "list", "--json").document["collections"]
    assert listed == {**added, "photos": 0, "faces": 0, "imports": 0, "failures": {}}
    assert "people" in cli("collection", "list").out
    shown = cli("collection", "show", "people").out
    assert "Test of the command line" in shown
    assert "Public domain" in shown


def test_without_a_workspace_everything_says_how_to_make_one(cli: Cli) -> None:
    assert "antigone init" in cli("search", "a.jpg", code=6).err
    assert not cli.home.exists()


def test_import_counts_what_happened_and_nothing_enters_twice(gallery: Gallery) -> None:
    again = gallery.cli("import", gallery.photos, "--into", "people", "--json", code=1).document
    assert {"import", "photos", "faces", "failures", "seconds"} <= set(again)
    assert again["photos"] == {"new": 0, "known": 3, "failed": 1}
    assert again["failures"] == {"unsupported-format": 1}
    shown = gallery.cli("collection", "show", "people", "--failures", "--json").document
    assert (shown["photos"], shown["faces"]) == (3, 2)
    assert {Path(example["source"]).name for example in shown["examples"]} == {"broken.jpg", "coffee.png"}
    text = gallery.cli("collection", "show", "people").out
    assert "unsupported-format: 1" in text
    assert f"{gallery.photos / 'broken.jpg'}: " in text


def test_import_of_nothing_but_good_photos_ends_well(gallery: Gallery, cli: Cli) -> None:
    cli("init")
    cli.add_collection("people")
    done = cli("import", gallery.photos / "hopper.jpg", gallery.photos / "coffee.png", "--into", "people")
    assert "new photos" in done.out
    assert "face-not-detected" in done.out  # counted, and no reason to fail
    empty = cli.home.parent / "empty"
    empty.mkdir()
    assert "No photo was found" in cli("import", empty, "--into", "people", code=1).err


def test_a_collection_past_its_date_takes_nothing(gallery: Gallery, cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli.add_collection("old")
    # Time passes: no command sets a date in the past.
    with closing(sqlite3.connect(cli.home / "records.db")) as connection:
        connection.execute("update collections set retain_until = '2001-01-01'")
        connection.commit()
    assert "error[collection-expired]" in cli("import", gallery.photos, "--into", "old", code=5).err
    assert "2001-01-01 (passed)" in cli("collection", "list").out


def test_doctor_finds_a_sound_workspace_healthy(gallery: Gallery) -> None:
    report = gallery.cli("doctor", "--json").document
    assert report["healthy"] is True
    assert report["home"] == str(gallery.cli.home)
    checks = {check["name"]: check for check in report["checks"]}
    assert {"models", "device", "accelerator", "workspace", "disk", "collection people"} <= set(checks)
    assert all(check["status"] != "failure" for check in report["checks"])
    facts = checks["collection people"]["facts"]
    assert (facts["references"], facts["indexed"]) == (2, 2)
    assert [len(file["sha256"]) for file in checks["models"]["facts"]["files"]] == [64, 64]
    assert checks["device"]["facts"]["engine"].startswith("OpenVINO")
    text = gallery.cli("doctor").out
    assert text.rstrip().endswith("healthy")
    assert "FAIL" not in text


def test_doctor_works_without_a_workspace_and_says_what_is_missing(cli: Cli) -> None:
    done = cli("doctor", code=1)
    assert "FAIL  workspace: there is no workspace" in done.out
    assert "ok    models" in done.out


def test_models_lists_the_default_pack_with_its_licence(cli: Cli) -> None:
    cli("init")
    (model,) = cli("models", "list", "--json").document["models"]
    assert (model["name"], model["id"], model["used"]) == ("yunet-sface", "yunet-sface-1", True)
    assert "Apache-2.0" in model["licence"]
    assert "yunet-sface" in cli("models", "list").out


def test_help_and_version_are_quick_and_complete(cli: Cli) -> None:
    assert cli("--version").out.startswith("antigone 0.")
    assert cli("version", "--json").document["antigone"] == cli("--version").out.split()[1]
    shown = cli("--help").out
    for command in ("init", "collection", "import", "search", "compare", "doctor", "models", "version"):
        assert f"\n  {command} " in shown


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    command = [sys.executable, "-m", "antigone", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("what", ["import antigone", "import antigone.cli.app"])
def test_importing_loads_nothing_heavy(what: str) -> None:
    heavy = ("numpy", "cv2", "openvino", "faiss", "sqlalchemy", "pydantic_settings")
    code = f"{what}, sys; print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
