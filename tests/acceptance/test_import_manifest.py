"""Manifests and object storage in real processes: what a person sees, and that a kill loses nothing."""

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.kill_resume import Imports, torture
from command_line import Cli
from s3_server import upload

COPIES = 20  # of each portrait, no two files alike


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]) -> Path:
    """Photos of two people, each named by several rows of a manifest, and rows with trouble."""
    folder = tmp_path_factory.mktemp("material")
    rows = []
    for name, source in portraits.items():
        photo: Image.Image = Image.open(source).convert("RGB")
        photo.thumbnail((320, 320))
        for number in range(COPIES):
            path = folder / "photos" / f"{name}-{number}.jpg"
            path.parent.mkdir(exist_ok=True)
            photo.save(path, quality=70 + number)
            rows += [(f"photos/{path.name}", name, f"{name}/{number}/{page}") for page in range(4)]
    (folder / "photos" / "broken.jpg").write_bytes(path.read_bytes()[:900])
    rows += [("photos/broken.jpg", "", "broken"), ("photos/none.jpg", "", "none"), ("", "", "nameless")]
    rows += [
        ("http://127.0.0.1/secret.jpg", "", "inside"),
        ("photos/hopper-1.jpg", "a", "b\N{SNOWMAN}\x1b[31m"),
    ]
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "subject_id", "page_url", "page_title", "captured_at"])
        for named, subject, page in rows:
            title = f"Page {page}"
            writer.writerow([named, subject, f"https://pages.example/{page}", title, "1943-05-01T10:00:00Z"])
        file.write("photos/hopper-1.jpg,ragged\n")
    return folder


OUTCOME = {
    "photos": {"new": 2 * COPIES, "known": 2 * COPIES * 3 + 1, "failed": 5},
    "faces": 2 * COPIES,
    "failures": {
        "cannot-parse": 1,
        "not-allowed": 1,
        "row-unreadable": 1,
        "row-without-photo": 1,
        "unreadable": 1,
    },
}


def outcome(document: Mapping[str, object]) -> dict[str, object]:
    return {name: document[name] for name in OUTCOME}


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    cli = Cli(home=tmp_path / "home")
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    return cli


def test_a_manifest_is_imported_its_pages_are_found_and_no_other_table_is_taken(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    done = cli("import", folder / "table.csv", "--into", "people", "--json", code=1)
    assert outcome(done.document) == OUTCOME
    shown = cli("collection", "show", "people", "--failures")
    assert f"{folder / 'table.csv'}#row=166: The row has 2 fields where the header has 5." in shown.out
    assert "Web addresses are read only where ANTIGONE_ALLOW_HTTP=true says so." in shown.out
    cli("case", "open", "Test", "--purpose", "identity-check", "--basis", "Test", code=None)
    sheet = tmp_path / "sheet.png"
    found = cli("search", folder / "photos" / "hopper-7.jpg", "--sheet", sheet, "--json").document
    best = found["candidates"][0]
    assert best["score"] > 0.99
    assert best["page_url"].startswith("https://pages.example/hopper/")
    assert best["page_title"].startswith("Page hopper/")
    assert best["captured_at"].startswith("1943-05-01")
    with Image.open(sheet) as drawn:
        assert drawn.width > 500
    table = tmp_path / "table.csv"
    table.write_text("bild,name\n1.jpg,x\n")
    ended = cli("import", table, "--into", "people", code=2)
    assert 'It has no column "photo"; its first line says: bild,name' in ended.err
    assert "hint: a manifest has a column" in ended.err


def test_a_killed_import_of_a_manifest_ends_as_an_undisturbed_one(folder: Path, tmp_path: Path) -> None:
    result = torture(Imports(paths=[folder / "table.csv"], folder=tmp_path, batch=8), kills=2, seed=4)
    assert result.problems == []
    assert result.photos == 2 * COPIES * 4 + 6
    assert len(result.kills) == 2


def test_a_store_is_imported_searched_and_shown_like_a_folder(
    s3: str, s3_environment: Mapping[str, str], folder: Path, tmp_path: Path
) -> None:
    """Over real HTTP; the server, moto's, stands in for S3."""
    material = tmp_path / "material"
    material.mkdir()
    for name in ("photos/hopper-1.jpg", "photos/hopper-2.jpg", "photos/collins-1.jpg"):
        (material / name).parent.mkdir(exist_ok=True)
        os.link(folder / name, material / name)
    rows = {"photo": ["hopper-2.jpg", f"s3://{s3}/photos/collins-1.jpg", "../../x.jpg", "/etc/passwd"]}
    pq.write_table(
        pa.table({**rows, "page_url": ["https://pages.example/1"] * 4}), material / "photos" / "t.parquet"
    )
    upload(material, s3)
    cli = Cli(home=tmp_path / "home", environment=s3_environment)
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    url = f"s3://{s3}/photos"
    report = cli("import", url, "--into", "people", "--json").document
    assert report["photos"] == {"new": 3, "known": 0, "failed": 0}
    assert report["ignored"] == 1  # the manifest, which nobody has named
    report = cli("import", f"{url}/t.parquet", "--into", "people", "--json", code=1).document
    assert report["photos"] == {"new": 0, "known": 2, "failed": 2}
    assert report["failures"] == {"not-allowed": 2}
    cli("case", "open", "Test", "--purpose", "identity-check", "--basis", "Test", code=None)
    sheet = tmp_path / "sheet.html"
    found = cli("search", folder / "photos" / "hopper-9.jpg", "--sheet", sheet, "--json").document
    assert f"{url}/hopper-1.jpg" in json.dumps(found["candidates"])
    assert "no longer at its place" not in sheet.read_text()
    assert sheet.read_text().count("data:image/") >= 3  # the probe, and a photo of each person from the store
    refused = cli("import", f"s3://key:secret@{s3}/photos", "--into", "people", code=2)
    assert "secret" not in refused.err
