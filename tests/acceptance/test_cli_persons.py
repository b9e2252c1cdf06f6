"""Clusters and dossiers, as a person or a program works with them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import networkx
import pytest
from PIL import Image

from command_line import Cli


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]) -> Cli:
    """Three photos of one person, two of another, and one of both, imported into "album"."""
    folder = tmp_path_factory.mktemp("album")
    photos = folder / "photos"
    photos.mkdir()
    hopper = Image.open(portraits["hopper"]).convert("RGB")
    collins = Image.open(portraits["collins"]).convert("RGB")
    shutil.copy(portraits["hopper"], photos / "hopper-1.jpg")
    hopper.resize((256, 303)).save(photos / "hopper-2.jpg", quality=70)
    hopper.point(lambda value: value * 0.6).save(photos / "hopper-3.jpg")
    collins.save(photos / "collins-1.png")
    collins.resize((300, 300)).save(photos / "collins-2.jpg", quality=70)
    pair = Image.new("RGB", (1024, 606))
    pair.paste(collins.resize((512, 512)), (0, 0))
    pair.paste(hopper.resize((512, 606)), (512, 0))
    pair.save(photos / "pair.png")
    cli = Cli(home=folder / "home")
    cli("init")
    cli.add_collection("album")
    cli.open_case()
    cli("import", photos, "--into", "album")
    cli("cluster", "album")
    return cli


def names(faces: list[dict[str, str]]) -> set[str]:
    return {Path(face["source"]).stem for face in faces}


def test_people_are_grouped_looked_at_and_corrected(album: Cli, tmp_path: Path) -> None:
    again = album("cluster", "album", "--json").document
    assert (again["faces"], again["clusters"], again["of_several_faces"]) == (0, 2, 2)
    listed = album("cluster", "list", "album", "--json").document["listed"]
    assert [item["faces"] for item in listed] == [4, 3] or [item["faces"] for item in listed] == [3, 4]
    assert listed[0]["weakest_link"] <= listed[1]["weakest_link"]
    hopper, collins = sorted(listed, key=lambda item: -int(item["faces"]))
    sheet = tmp_path / "cluster.html"
    shown = album("cluster", "show", hopper["cluster"], "--json", "--sheet", sheet).document
    assert names(shown["faces"]) == {"hopper-1", "hopper-2", "hopper-3", "pair"}
    assert sheet.read_text(encoding="utf-8").count("data:image/jpeg") >= 4
    off = str(shown["faces"][0]["reference"])

    split = album("cluster", "split", hopper["cluster"], off, "--why", "for the test", "--json").document
    assert (split["kind"], split["faces"]) == ("split", 1)
    album("cluster", "run", "album", "--afresh")
    assert len(album("cluster", "show", hopper["cluster"], "--json").document["faces"]) == 3
    told = album("cluster", "corrections", "album").out
    assert re.search(r"1 +split +4 .*for the test", told)
    merged = album("cluster", "merge", hopper["cluster"], split["cluster"], "--why", "undone").out
    assert "overrules correction 1" in merged
    assert collins["faces"] == 3
    assert "It is no identity" in album("cluster", "list", "album").out


def test_a_search_lists_persons(album: Cli) -> None:
    probe = album.home.parent / "photos" / "hopper-1.jpg"
    found = album("search", probe, "--persons", "--json").document["candidates"]
    assert len(found) == 2
    assert found[0]["person"]["faces"] == 4
    assert "in no cluster yet" not in album("search", probe, "--persons").err


def test_a_dossier_has_photos_company_and_a_graph(album: Cli, tmp_path: Path) -> None:
    graph, page = tmp_path / "person.graphml", tmp_path / "person.html"
    probe = album.home.parent / "photos" / "collins-2.jpg"
    document = album("dossier", probe, "--graphml", graph, "--page", page, "--json").document
    assert names(document["photos"]) == {"collins-1", "collins-2", "pair"}
    (companion,) = document["companions"]
    assert len(companion["photos"]) == 1
    assert {name for photo in document["photos"] for name in photo["sources"]} == {
        source["source"] for source in document["sources"]
    }
    read = networkx.read_graphml(graph)
    assert read.number_of_nodes() == len(document["graph"]["nodes"]) == 5
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    by_hash = album("dossier", document["photos"][0]["photo"][:12], "--face", "1").out
    assert "photos of one person, probably" in by_hash
    assert "no identity" in by_hash


def test_several_faces_and_unknown_photos_are_said(album: Cli, tmp_path: Path) -> None:
    pair = album.home.parent / "photos" / "pair.png"
    error = album("dossier", pair, "--json", code=9).document["error"]
    assert error["code"] == "several-faces"
    assert album("dossier", "0" * 64, code=4).err.startswith("error[not-found]")
    album("dossier", pair, "--face", "1", "--graphml", tmp_path / "graph.txt", code=2)
    album("cluster", "show", "999", code=4)
    album("cluster", "nowhere", code=4)
