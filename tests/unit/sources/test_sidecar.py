"""Sidecars: which file belongs to which photo, and what becomes of what it says."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import captions
from antigone.provenance import NOTHING_SAID, Provenance
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Offer
from antigone.sources.sidecar import read_sidecars
from antigone.sources.walk import Walk, make_plan

TAKEOUT: dict[str, Any] = {
    "title": "IMG_7448.jpg",
    "description": "At the station",
    "imageViews": "3",
    "creationTime": {"timestamp": "1551165960", "formatted": "Feb 26, 2019, 7:26:00 AM UTC"},
    "photoTakenTime": {"timestamp": "1551123684", "formatted": "Feb 25, 2019, 7:41:24 PM UTC"},
    "geoData": {"latitude": 50.4501, "longitude": 30.5234, "altitude": 179.5, "latitudeSpan": 0.0},
    "geoDataExif": {"latitude": 1.0, "longitude": 1.0, "altitude": 0.0},
    "people": [{"name": "Olena"}],
    "url": "https://photos.example/1",
}


def said(folder: Path) -> dict[str, Provenance]:
    """What the photos of a folder are offered with, by name."""
    settings = Settings()
    walk = Walk(make_plan([folder], settings), settings)
    offers = [met for found in walk for met in expand(found, settings)]
    assert all(isinstance(met, Offer) for met in offers)
    return {Path(met.location).name: met.provenance for met in offers if isinstance(met, Offer)}


def put(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        content = b"" if name.endswith("jpg") else captions.XMP
        (folder / name).write_bytes(json.dumps(TAKEOUT).encode() if name.endswith("json") else content)


def takeout(**changed: object) -> dict[str, Any]:
    return {name: value for name, value in {**TAKEOUT, **changed}.items() if value is not None}


def read_takeout(folder: Path, document: object) -> Provenance:
    sidecar = folder / "photo.jpg.json"
    sidecar.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return read_sidecars([str(sidecar)])


# ---- which -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        ("photo.jpg", "photo.xmp"),
        ("photo.jpg", "photo.jpg.xmp"),
        ("PHOTO.JPG", "photo.XMP"),
        ("photo.jpg", "photo.jpg.json"),
        ("photo.jpg", "photo.jpg.supplemental-metadata.json"),
        ("photo(1).jpg", "photo.jpg(1).json"),
        ("photo(1).jpg", "photo.jpg.supplemental-metadata(1).json"),
        ("0123456789012345678901234567890123.jpg", "0123456789012345678901234567890123.jpg.supplem.json"),
        (
            "01234567890123456789012345678901234567890123456789.jpg",
            "0123456789012345678901234567890123456789012345.json",
        ),
    ],
)
def test_a_sidecar_is_found_in_a_folder(tmp_path: Path, photo: str, sidecar: str) -> None:
    put(tmp_path / "f", photo, sidecar)
    assert said(tmp_path / "f")[photo].attributes["sidecar.file"] == sidecar


@pytest.mark.parametrize("sidecar", ["photo.jpg.xmp", "photo.xmp", "photo.jpg.json"])
def test_a_sidecar_is_found_beside_a_photo_that_is_named(tmp_path: Path, sidecar: str) -> None:
    put(tmp_path / "f", "photo.jpg", sidecar)
    assert said(tmp_path / "f" / "photo.jpg")["photo.jpg"].attributes["sidecar.file"] == sidecar


def test_other_files_are_nobodys_sidecar(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.jpg", "other.xmp", "photo.json", "photo.jpg.bak.xmp")
    assert said(tmp_path / "f") == {"photo.jpg": NOTHING_SAID}


def test_used_sidecars_are_not_counted_as_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "f", "a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp", "c.xmp", "b.jpg.json")
    settings = Settings()
    walk = Walk(make_plan([tmp_path], settings), settings)
    found = list(walk)
    assert [Path(place.location).name for place in found] == ["a.jpg", "b.jpg"]
    assert [len(place.sidecars) for place in found] == [1, 2]
    assert walk.ignored == 1


def test_sidecars_of_one_folder_say_nothing_of_another(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.xmp")
    put(tmp_path / "f" / "deeper", "photo.jpg")
    assert said(tmp_path / "f") == {"photo.jpg": NOTHING_SAID}


# ---- what ------------------------------------------------------------------------------------------------


def test_an_xmp_sidecar_becomes_provenance(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.jpg", "photo.xmp")
    found = said(tmp_path / "f")["photo.jpg"]
    assert found.captured_at == datetime(1984, 1, 2, 10, 11, 12, tzinfo=timezone(timedelta(hours=2)))
    assert found.subject_id is None  # five names: nobody can say which face is whose
    assert found.attributes == {
        "sidecar.file": "photo.xmp",
        "sidecar.sha256": hashlib.sha256(captions.XMP).hexdigest(),
        "sidecar.title": "Portrait",
        "sidecar.caption": "A woman",
        "sidecar.persons": "Олена Коваль; Iryna Bondar; Olena K.; Iryna B.; O. Koval",
        "sidecar.keywords": "Kyiv; family",
        "sidecar.creators": "J. Smith",
        "sidecar.rights": "Public domain",
        "sidecar.camera": "Leica M6",
        "sidecar.latitude": "-33.8568",
        "sidecar.longitude": "151.2153",
    }


def test_a_takeout_file_becomes_provenance(tmp_path: Path) -> None:
    found = read_takeout(tmp_path, TAKEOUT)
    assert found.captured_at == datetime(2019, 2, 25, 19, 41, 24, tzinfo=UTC)
    assert found.subject_id == "Olena"
    assert {
        name: found.attributes[f"sidecar.{name}"] for name in ("caption", "persons", "latitude", "url")
    } == {
        "caption": "At the station",
        "persons": "Olena",
        "latitude": "50.4501",
        "url": "https://photos.example/1",
    }
    assert found.attributes["sidecar.altitude"] == "179.5"


def test_the_first_of_two_sidecars_counts_and_both_are_named(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.jpg", "photo.jpg.xmp", "photo.jpg.json")
    found = said(tmp_path / "f")["photo.jpg"]
    assert found.attributes["sidecar.file"] == "photo.jpg.xmp; photo.jpg.json"
    assert found.attributes["sidecar.sha256"].count("; ") == 1
    assert found.attributes["sidecar.caption"] == "A woman"
    assert found.attributes["sidecar.altitude"] == "179.5"  # the first said nothing of it
    assert found.subject_id == "Olena"


@pytest.mark.parametrize(
    ("changed", "position"),
    [
        ({"geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}}, "1.0"),
        ({"geoData": None}, "1.0"),
        ({"geoData": None, "geoDataExif": None}, None),
        ({"geoData": {"latitude": 91, "longitude": 1}, "geoDataExif": "here"}, None),
        ({"geoData": {"latitude": "50", "longitude": None}, "geoDataExif": {}}, None),
    ],
)
def test_positions_of_takeout(tmp_path: Path, changed: dict[str, object], position: str | None) -> None:
    assert read_takeout(tmp_path, takeout(**changed)).attributes.get("sidecar.latitude") == position


@pytest.mark.parametrize(
    "document",
    ["[]", "{", "[" * 100_000, '{"photoTakenTime": 5}', '{"title": "photo.jpg"}', "null", '{"a": 1e999}'],
)
def test_other_json_says_nothing(tmp_path: Path, document: str) -> None:
    assert read_takeout(tmp_path, document) == NOTHING_SAID


@pytest.mark.parametrize("seconds", ["yesterday", None, [], "9" * 40, -(10**18), 1.5, {}])
def test_a_time_that_is_none_is_unknown(tmp_path: Path, seconds: object) -> None:
    document = takeout(photoTakenTime={"timestamp": seconds}, people="all", description=7)
    assert read_takeout(tmp_path, document).captured_at is None


@given(
    document=st.recursive(
        st.none() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from([*TAKEOUT, "timestamp", "latitude", "longitude", "altitude", "name"]), inner
            )
        ),
    )
)
def test_takeout_of_any_shape_never_fails(document: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    read_takeout(
        folder,
        {
            "photoTakenTime": {"timestamp": document},
            "people": document,
            "geoData": document,
            "description": document,
        },
    )


def test_a_sidecar_that_cannot_be_read_is_noted(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.jpg")
    os.mkfifo(tmp_path / "f" / "photo.xmp")
    (tmp_path / "f" / "photo.jpg.json").touch()
    found = said(tmp_path / "f")["photo.jpg"]
    assert found.attributes["sidecar.file"] == "photo.xmp; photo.jpg.json"
    assert "named pipe" in found.attributes["sidecar.problem"]
    assert "empty" in found.attributes["sidecar.problem"]


def test_a_damaged_xmp_sidecar_leaves_its_hash(tmp_path: Path) -> None:
    put(tmp_path / "f", "photo.jpg")
    (tmp_path / "f" / "photo.xmp").write_bytes(captions.XMP[:300])
    found = said(tmp_path / "f")["photo.jpg"].attributes
    assert found.keys() == {"sidecar.file", "sidecar.sha256", "sidecar.problem"}
