"""Searching and comparing, as a person or a program does it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from command_line import Cli, Gallery

SEARCH_FIELDS = ["case", "probe", "gallery", "model", "exact", "candidates", "audit"]
CANDIDATE_FIELDS = [
    "rank",
    "score",
    "strength",
    "collection",
    "photo",
    "face",
    "box",
    "source",
    "page_url",
    "page_title",
    "captured_at",
]


def names(document: dict[str, Any]) -> list[str]:
    return [Path(candidate["source"]).stem for candidate in document["candidates"]]


def test_a_search_finds_the_person_and_answers_in_the_form_of_the_contract(gallery: Gallery) -> None:
    document = gallery.cli("search", gallery.probes / "hopper.jpg", "--json").document
    assert list(document)[: len(SEARCH_FIELDS)] == SEARCH_FIELDS
    assert document["case"] == "C-000001"
    assert document["gallery"] == {"references": 2, "collections": ["people"]}
    assert document["model"] == "yunet-sface-1"
    assert document["exact"] is True
    assert document["audit"] > 0
    best, other = document["candidates"]
    assert list(best)[: len(CANDIDATE_FIELDS)] == CANDIDATE_FIELDS
    assert (best["rank"], best["collection"], best["face"]) == (1, "people", 1)
    assert best["source"] == str(gallery.photos / "hopper.jpg")
    assert best["score"] > 0.8
    assert other["score"] < 0.4
    assert best["strength"]["status"] == "not-calibrated"
    assert re.fullmatch("[0-9a-f]{64}", best["photo"])
    assert len(best["box"]) == 4
    (photo,) = document["probe"]["photos"]
    assert (photo["source"], photo["face"], photo["faces"]) == (str(gallery.probes / "hopper.jpg"), 1, 1)


def test_a_turned_dark_probe_is_found_too(gallery: Gallery) -> None:
    document = gallery.cli("search", gallery.probes / "collins.jpg", "--top", "1", "--json").document
    assert names(document) == ["collins"]
    assert document["candidates"][0]["score"] > 0.7


def test_people_read_a_table_and_what_a_score_is(gallery: Gallery) -> None:
    shown = gallery.cli("search", gallery.probes / "hopper.jpg", "--exact", "--in", "people").out
    assert "2 references searched in people (yunet-sface-1, exact)" in shown
    assert re.search(rf"^ +1 +0\.\d\d\d +people +1 +\d+ +{gallery.photos}/hopper.jpg$", shown, re.MULTILINE)
    assert "not calibrated" in shown
    assert "a person must compare the photos" in shown


def test_several_faces_are_an_error_that_lists_and_shows_them(gallery: Gallery, tmp_path: Path) -> None:
    pair, sheet = gallery.probes / "pair.png", tmp_path / "faces.png"
    shown = gallery.cli("search", pair, "--sheet", sheet, code=9)
    assert "error[several-faces]" in shown.err
    assert re.search(r"^  face 1  box [\d,]+  quality \d+$", shown.err, re.MULTILINE)
    assert re.search(r"^  face 2  box", shown.err, re.MULTILINE)
    with Image.open(sheet) as image:
        image.load()
    error = gallery.cli("search", pair, "--json", code=9).document["error"]
    assert error["code"] == "several-faces"
    assert [face["face"] for face in error["photos"][0]["faces"]] == [1, 2]


def test_a_face_is_chosen_by_number_or_by_box(gallery: Gallery) -> None:
    pair = gallery.probes / "pair.png"
    first = gallery.cli("search", pair, "--face", "1", "--json").document
    second = gallery.cli("search", pair, "--box", "150,40,140,160", "--json").document
    assert names(first)[0] == "hopper"
    assert names(second)[0] == "collins"
    assert second["probe"]["photos"][0]["face"] == 2


def test_several_photos_are_fused(gallery: Gallery) -> None:
    document = gallery.cli(
        "search", gallery.probes / "pair.png", gallery.photos / "hopper.jpg", "--face", "1:1", "--json"
    ).document
    assert names(document)[0] == "hopper"
    assert len(document["probe"]["photos"]) == 2
    assert document["probe"]["agreement"] > 0.8


def test_filters_leave_out_what_is_not_known_to_pass(gallery: Gallery) -> None:
    probe = gallery.probes / "hopper.jpg"
    assert names(gallery.cli("search", probe, "--kind", "file", "--json").document)[0] == "hopper"
    for wanted in (["--place", "Kharkiv"], ["--near", "0,0,9"], ["--taken-from", "2999-01-01"]):
        found = gallery.cli("search", probe, *wanted, "--json").document
        assert (found["candidates"], found["looked_at"]) == ([], 2)
    assert "circle" in gallery.cli("search", probe, "--near", "here", code=2).err


@pytest.mark.parametrize("kind", ["png", "html"])
def test_a_sheet_is_written(gallery: Gallery, tmp_path: Path, kind: str) -> None:
    sheet = tmp_path / f"candidates.{kind}"
    gallery.cli("search", gallery.probes / "hopper.jpg", "--sheet", sheet)
    content = sheet.read_bytes()
    if kind == "png":
        assert content.startswith(b"\x89PNG")
    else:
        assert str(gallery.photos / "hopper.jpg") in content.decode().replace("<wbr>", "")
        assert b"<script" not in content
        assert not re.search(rb"(?:src|href)=\"(?!data:image/jpeg;base64,)", content)


def test_a_photo_without_a_face_can_be_searched_by_a_box_only(gallery: Gallery) -> None:
    meadow = gallery.probes / "meadow.png"
    shown = gallery.cli("search", meadow, code=9)
    assert "error[probe]" in shown.err
    assert "--box" in shown.err
    error = gallery.cli("search", meadow, "--json", code=9).document["error"]
    assert error["failure"] == "face-not-detected"


def test_compare_gives_a_score_of_two_faces(gallery: Gallery) -> None:
    pair, hopper = gallery.probes / "pair.png", gallery.photos / "hopper.jpg"
    same = gallery.cli("compare", pair, hopper, "--face", "1", "--json").document
    other = gallery.cli("compare", pair, hopper, "--face", "1:2", "--json").document
    assert list(same)[:3] == ["score", "strength", "faces"]
    assert same["score"] > 0.8
    assert other["score"] < 0.4
    assert [face["face"] for face in same["faces"]] == [1, 1]
    assert other["audit"] == same["audit"] + 1
    shown = gallery.cli("compare", hopper, hopper).out
    assert shown.startswith("score 1.000")
    assert "a person must compare the photos" in shown


def test_a_hidden_list_tells_no_rank_and_no_score(gallery: Gallery) -> None:
    probe = gallery.probes / "hopper.jpg"
    document = gallery.cli("search", probe, "--hidden", "--seeds", "1", "--json").document
    assert document["hidden"] is True
    assert not [one for one in document["candidates"] if {"rank", "score", "strength"} & one.keys()]
    shown = gallery.cli("search", probe, "--hidden").out
    assert "2 candidates, shuffled" in shown
    assert "0." not in shown
    assert "hidden list" in gallery.cli("search", probe, "--seeds", "1", code=2).err
    assert "hidden list" in gallery.cli("search", probe, "--hidden", "--sheet", "s.html", code=2).err


def test_a_moved_original_does_not_spoil_the_sheet(gallery: Gallery, cli: Cli, tmp_path: Path) -> None:
    odd = tmp_path / "Архив" / "снимок\udcff № 1.jpg"
    odd.parent.mkdir()
    shutil.copy(gallery.photos / "hopper.jpg", odd)
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    cli("import", odd.parent, "--into", "people")
    document = cli("search", odd, "--json").document
    assert document["candidates"][0]["source"] == str(odd)
    odd.unlink()
    sheet = tmp_path / "sheet.html"
    shown = cli("search", gallery.probes / "hopper.jpg", "--sheet", sheet).out
    assert r"снимок\xff № 1.jpg" in shown
    assert "file no longer at its place" in sheet.read_text(encoding="utf-8")
