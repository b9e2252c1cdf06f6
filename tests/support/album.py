"""Photos of two people over years, alone and together, and pages they stood on: made of two portraits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageEnhance

_PLACES = (
    (
        "2019-05-04T10:00:00",
        "https://news.example/1",
        "A visit to the yard",
        "Press office",
        "An officer visits.",
    ),
    (
        "2020-09-12T14:30:00",
        "https://news.example/2",
        "Two guests",
        "Press office",
        "Both guests at the ceremony.",
    ),
    ("2021-02-20T09:15:00", "https://blog.example/a", "From my album", "anna", "The two of them again."),
    ("2022-11-01T18:45:00", "https://blog.example/b", "An evening", "anna", "Together in the evening."),
    ("2024-06-30T12:00:00", "https://news.example/3", "Looking back", "Press office", "A portrait."),
)


def make_album(folder: Path, portraits: Mapping[str, Path]) -> Path:
    """Write five photos and a manifest that names them; return the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    hopper = Image.open(portraits["hopper"]).convert("RGB")
    collins = Image.open(portraits["collins"]).convert("RGB")
    photos = (
        ImageEnhance.Brightness(hopper).enhance(0.85),
        _beside(collins, hopper),
        _beside(ImageEnhance.Brightness(hopper).enhance(1.15), ImageEnhance.Color(collins).enhance(0.3)),
        _beside(
            collins.transpose(Image.Transpose.FLIP_LEFT_RIGHT), ImageEnhance.Contrast(hopper).enhance(0.8)
        ),
        hopper.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    )
    lines = []
    for number, (photo, said) in enumerate(zip(photos, _PLACES, strict=True), 1):
        name = f"photo-{number}.jpg"
        photo.save(folder / name, quality=90)
        at, url, title, author, text = said
        row = {
            "photo": name,
            "source_url": f"{url}/photo.jpg",
            "captured_at": at,
            "page_url": url,
            "page_title": title,
            "author": author,
            "text": text,
            "licence": "Public domain",
        }
        lines.append(json.dumps(row))
    manifest = folder / "album.jsonl"
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return manifest


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (1_024, 606), (200, 205, 210))
    whole.paste(left.resize((500, 590)), (6, 8))
    whole.paste(right.resize((500, 590)), (518, 8))
    return whole
