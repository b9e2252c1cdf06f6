"""Ways in which copies of a photo come about, each defined to the digit and seeded.

A way turns an RGB picture into the bytes of a file. Those in ``COPIES`` are what near-duplicates must bear;
those in ``FURTHER`` go beyond.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageOps

Step = Callable[[Image.Image, np.random.Generator], Image.Image]
SHARE = 0.1  # of a side that is cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A copy: what is done to the pixels, and how they are coded then."""

    name: str
    steps: tuple[Step, ...] = field(default=())
    coding: str = "JPEG"
    quality: int = 90

    def copy(self, picture: Image.Image, name: str) -> bytes:
        """Return the file; what is random in it depends on the name of the photo and of the way alone."""
        rng = np.random.default_rng(zlib.crc32(f"{name} {self.name}".encode()))
        for step in self.steps:
            picture = step(picture, rng)
        stream = io.BytesIO()
        picture.save(stream, self.coding, quality=self.quality)
        return stream.getvalue()


def scaled(factor: float) -> Step:
    """Scale both sides, bicubic."""

    def scale(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        size = (max(round(picture.width * factor), 1), max(round(picture.height * factor), 1))
        return picture.resize(size, Image.Resampling.BICUBIC)

    return scale


def cut(*, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Step:
    """Cut off shares of width and height."""

    def crop(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        width, height = picture.size
        return picture.crop(
            (
                round(left * width),
                round(top * height),
                round((1 - right) * width),
                round((1 - bottom) * height),
            )
        )

    return crop


def cut_anywhere(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Keep nine tenths of width and height, wherever chance puts them."""
    width, height = round((1 - SHARE) * picture.width), round((1 - SHARE) * picture.height)
    x, y = int(rng.integers(picture.width - width + 1)), int(rng.integers(picture.height - height + 1))
    return picture.crop((x, y, x + width, y + height))


def mirrored(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Swap left and right."""
    return ImageOps.mirror(picture)


def grey(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Leave out the colours."""
    return picture.convert("L")


def brighter(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Make every value 15 % and 15 steps brighter."""
    return picture.point(lambda value: min(255, round(1.15 * value + 15)))


ALL_SIDES = cut(left=SHARE, top=SHARE, right=SHARE, bottom=SHARE)
COPIES = (
    Way(name="JPEG 30", quality=30),
    Way(name="JPEG 50", quality=50),
    Way(name="JPEG 70", quality=70),
    Way(name="WebP 50", coding="WEBP", quality=50),
    Way(name="scaled to 50 %", steps=(scaled(0.5),)),
    Way(name="scaled to 200 %", steps=(scaled(2),)),
    Way(name="10 % cut off left", steps=(cut(left=SHARE),)),
    Way(name="10 % cut off above", steps=(cut(top=SHARE),)),
    Way(name="10 % cut off right", steps=(cut(right=SHARE),)),
    Way(name="10 % cut off below", steps=(cut(bottom=SHARE),)),
    Way(name="10 % cut off each side", steps=(ALL_SIDES,)),
    Way(name="10 % cut off anywhere", steps=(cut_anywhere,)),
    Way(name="mirrored", steps=(mirrored,)),
    Way(name="mirrored, JPEG 50", steps=(mirrored,), quality=50),
    Way(name="mirrored, cut, WebP 50", steps=(mirrored, cut_anywhere), coding="WEBP", quality=50),
    Way(name="cut, scaled to 50 %, JPEG 50", steps=(cut_anywhere, scaled(0.5)), quality=50),
    Way(name="mirrored, cut, 50 %, JPEG 30", steps=(mirrored, cut_anywhere, scaled(0.5)), quality=30),
)
FURTHER = (
    Way(name="25 % cut off each side", steps=(cut(left=0.25, top=0.25, right=0.25, bottom=0.25),)),
    Way(name="grey, JPEG 80", steps=(grey,), quality=80),
    Way(name="brighter, JPEG 80", steps=(brighter,), quality=80),
    Way(name="scaled to 40 %, JPEG 70", steps=(scaled(0.4),), quality=70),
)
