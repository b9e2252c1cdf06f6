"""Runs the main job from end to end with the real command line, on photos that are really there.

Without arguments it takes the public-domain portraits that lie inside the development packages. They hold no
second photo of the same person, so the probe is a damaged copy of one of them: turned by 90 degrees, dark,
and heavily compressed. With ``--photos`` and ``--probe`` it runs on your own.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

ANTIGONE = Path(sys.executable).with_name("antigone")

# Where the packaged photos lie below the package's folder. The last two show no face: an import counts them.
PACKAGED = {
    "grace-hopper.jpg": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "eileen-collins.png": ("skimage", "data/astronaut.png"),
    "cat.png": ("skimage", "data/chelsea.png"),
    "coffee.png": ("skimage", "data/coffee.png"),
}
PROBE_OF = "eileen-collins.png"
DARKNESS = 0.35  # the share of light that is left
JPEG_QUALITY = 20
PARTLY_FAILED = 1  # an import that read what could be read, and counted the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What one demonstration searches for, and in what."""

    photos: Path
    probe: Path
    source: str
    basis: str


def main() -> int:
    """Import, search, show; the exit code is that of the first command that failed."""
    options = _options()
    output: Path = options.output
    shutil.rmtree(output, ignore_errors=True)  # a demonstration starts from nothing, each time
    output.mkdir(parents=True)
    material = _own(options.photos, options.probe) if options.photos else _packaged(output)
    home, png, html = output / "home", output / "candidates.png", output / "candidates.html"
    collection = {
        "owner": "Demonstration",
        "source": material.source,
        "purpose": "Show how a search works",
        "basis": material.basis,
        "retain-until": "2030-12-31",
    }
    for command in [
        ["init"],
        ["collection", "add", "demo", *(f"--{name}={value}" for name, value in collection.items())],
        ["import", str(material.photos), "--into", "demo"],
        ["case", "open", "Demonstration", "--purpose", "Show how a search works", "--basis", material.basis],
        ["search", str(material.probe), "--in", "demo", "--sheet", str(png)],
        ["search", str(material.probe), "--in", "demo", "--sheet", str(html)],
    ]:
        code = _run(home, command)
        if code and not (command[0] == "import" and code == PARTLY_FAILED):
            return code
    print(f"\nContact sheet, to look at:\n  {png}\n  {html}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Find a face, end to end.")
    parser.add_argument("--photos", type=Path, help="folder of photos to search in")
    parser.add_argument("--probe", type=Path, help="photo of the person to look for")
    parser.add_argument("--output", type=Path, default=_beside_this_file("output"))
    options = parser.parse_args()
    if (options.photos is None) != (options.probe is None):
        parser.error("PHOTOS and PROBE go together: a folder to search in, and a photo of whom to look for")
    return options


def _beside_this_file(name: str) -> Path:
    return Path(os.path.relpath(Path(__file__).resolve().parent / name))  # short to read


def _own(photos: Path, probe: Path) -> Material:
    return Material(
        photos=photos,
        probe=probe,
        source=f"The folder {photos}",
        basis="The right of whoever runs this demonstration to use these photos",
    )


def _packaged(output: Path) -> Material:
    """Lay out the packaged photos, and damage a copy of one of them to look for."""
    folder = output / "photos"
    folder.mkdir()
    for name, (package, inside) in PACKAGED.items():
        shutil.copy(_package_folder(package) / inside, folder / name)
    probe = output / "probe.jpg"
    with Image.open(folder / PROBE_OF) as photo:
        turned = photo.convert("RGB").transpose(Image.Transpose.ROTATE_90)
        turned.point(lambda value: round(value * DARKNESS)).save(probe, quality=JPEG_QUALITY)
    print(
        f"Looking for the person on {probe}:\n"
        f"a copy of {PROBE_OF}, turned by 90 degrees, with {DARKNESS:.0%} of its light, JPEG quality "
        f"{JPEG_QUALITY}.\n"
        "It is the same photo, damaged: the packages hold no second one of the same person. So this shows\n"
        "that the parts work together, not how accurate they are."
    )
    return Material(
        photos=folder,
        probe=probe,
        source="Public-domain portraits inside the packages matplotlib and scikit-image",
        basis="Public domain",
    )


def _package_folder(package: str) -> Path:
    """Find an installed package without importing it: that would take seconds."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed; run `make setup`")
    return Path(spec.origin).parent


def _run(home: Path, command: list[str]) -> int:
    print(f"\n$ antigone {shlex.join(command)}", flush=True)
    return subprocess.run([ANTIGONE, "--home", home, *command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
