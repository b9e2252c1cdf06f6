"""A small gallery that several tests search."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from command_line import Cli, Gallery


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A command line without a workspace."""
    return Cli(home=tmp_path / "home")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]) -> Gallery:
    """Two portraits, one photo without a face and one that is no photo, imported into "people"."""
    folder = tmp_path_factory.mktemp("gallery")
    photos, probes = folder / "photos", folder / "probes"
    photos.mkdir()
    probes.mkdir()
    for name, source in portraits.items():
        shutil.copy(source, photos / f"{name}{source.suffix}")
    shutil.copy(portraits["collins"].with_name("coffee.png"), photos / "coffee.png")
    (photos / "broken.jpg").write_text("no photo")
    _make_probes(portraits, probes)
    cli = Cli(home=folder / "home")
    cli("init")
    cli.add_collection("people")
    cli.open_case()
    cli("import", photos, "--into", "people", code=1)
    return Gallery(cli=cli, photos=photos, probes=probes)


def _make_probes(portraits: Mapping[str, Path], folder: Path) -> None:
    hopper = Image.open(portraits["hopper"]).convert("RGB")
    collins = Image.open(portraits["collins"]).convert("RGB")
    hopper.resize((256, 303)).save(folder / "hopper.jpg", quality=60)
    collins.rotate(90, expand=True).point(lambda value: value * 0.5).save(folder / "collins.jpg", quality=40)
    pair = Image.new("RGB", (1024, 606))
    pair.paste(collins.resize((512, 512)), (0, 0))
    pair.paste(hopper.resize((512, 606)), (512, 0))
    pair.save(folder / "pair.png")
    Image.new("RGB", (400, 300), (90, 120, 90)).save(folder / "meadow.png")
