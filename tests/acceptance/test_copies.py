"""Copies of a photo in a collection: one candidate, with the others behind it."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import MappingProxyType

from PIL import Image, ImageOps

from command_line import Cli


def test_copies_of_a_portrait_stand_behind_one_candidate(
    cli: Cli, portraits: MappingProxyType[str, Path], tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for portrait in portraits.values():
        shutil.copy(portrait, photos)
    with Image.open(portraits["hopper"]) as opened:
        photo = opened.convert("RGB")
    width, height = photo.size
    ImageOps.mirror(photo).save(photos / "mirrored.webp", quality=50)
    photo.resize((width // 2, height // 2)).save(photos / "small.jpg", quality=50)
    photo.crop((width // 10, height // 10, width, height)).save(photos / "cropped.jpg", quality=70)
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    cli("import", photos, "--into", "people")

    document = cli("search", portraits["hopper"], "--json").document
    first, second = document["candidates"]
    assert Path(first["source"]).name == portraits["hopper"].name
    names = {Path(copy["source"]).name for copy in first["duplicates"]}
    assert names == {"mirrored.webp", "small.jpg", "cropped.jpg"}
    assert (first["more_duplicates"], second["duplicates"]) == (0, [])
    assert document["crowded_out"] is False

    short = cli("search", portraits["hopper"]).out
    assert "+3" in short
    assert "mirrored.webp" not in short
    long = cli("search", portraits["hopper"], "--expand").out
    assert all(name in long for name in names)

    shown = cli("show", portraits["hopper"], "--json", code=None).document
    assert {Path(copy["source"]).name for copy in shown["near_duplicates"]} == names
    entries = cli("audit", "list", "--json").document["entries"]
    (examined,) = [entry for entry in entries if entry["kind"] == "photo-examined"]
    assert len(examined["body"]["near_duplicates"]) == len(names)
