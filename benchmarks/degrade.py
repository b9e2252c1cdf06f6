"""Conditions that make a photo harder, each defined to the digit and seeded.

A condition turns an RGB photo into what the analyser is given: an array, or encoded bytes where the coding
itself is the condition.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

SMALL_FACE_SIDE = 32  # pixels of the longer side of the face's box
STOPS_UNDER = 4  # exposure divided by 2**4
COVER = 40  # grey of what hides a part of the face, as dark glasses and scarves are
FULL_WELL = 10_000.0  # electrons at white, as on a small sensor
READ_NOISE = 8.0  # electrons, standard deviation
GAMMA = 2.2
JPEG_QUALITY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A clean photo and what some conditions need to know of it."""

    name: str  # seeds the noise
    pixels: Rgb
    box: tuple[float, float, float, float]  # x, y, w, h of the face in the clean photo, in pixels

    @property
    def face_side(self) -> float:
        """Longer side of the face's box."""
        return max(self.box[2:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """The photo file as it is."""

    name: str = "clean"
    text: str = "the photo file as it is"

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the pixels unchanged."""
        return source.pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """The photo turned clockwise about its centre, on a canvas grown to hold all of it, corners black.

    Right angles are exact; others are interpolated bilinearly.
    """

    degrees: int

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return f"turned-{self.degrees}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        return f"turned {self.degrees}° clockwise, canvas grown, corners black"

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the turned pixels."""
        quarters, rest = divmod(self.degrees % 360, 90)
        if rest == 0:
            return np.ascontiguousarray(np.rot90(source.pixels, -quarters))
        height, width = source.pixels.shape[:2]
        # OpenCV counts angles anticlockwise; pixel centres lie at whole numbers.
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -self.degrees, 1.0)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        grown = (int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos)))
        matrix[:, 2] += [(grown[0] - width) / 2, (grown[1] - height) / 2]
        return np.asarray(
            cv2.warpAffine(source.pixels, matrix, grown, flags=cv2.INTER_LINEAR), dtype=np.uint8
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """The photo shrunk by area averaging until the face's longer side has so many pixels, and given so."""

    side: int = SMALL_FACE_SIDE

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return f"small-{self.side}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        return f"shrunk (area average) until the face's longer side is {self.side} px"

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the shrunk pixels; a photo whose face is smaller already stays as it is."""
        factor = min(1.0, self.side / source.face_side)
        height, width = source.pixels.shape[:2]
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        return np.asarray(cv2.resize(source.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """The photo as a camera would take it with too little light: a sixteenth of it for four stops.

    Linear light is value ** 2.2; electrons are light / 2 ** stops * 10,000, with Poisson noise and 8
    electrons of read noise; nothing is brightened afterwards.
    """

    stops: int = STOPS_UNDER

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return "dark" if self.stops == STOPS_UNDER else f"dark-{self.stops}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        return (
            f"{self.stops} stops under-exposed (light / {2**self.stops}, gamma {GAMMA}), Poisson noise at a "
            f"full well of {FULL_WELL:,.0f} electrons, read noise {READ_NOISE:g} electrons"
        )

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the dark pixels; the noise depends on the photo's name alone."""
        rng = np.random.default_rng(zlib.crc32(source.name.encode()))
        light = (source.pixels / 255.0) ** GAMMA / 2**self.stops
        electrons = rng.poisson(light * FULL_WELL) + rng.normal(0, READ_NOISE, light.shape)
        value = np.clip(electrons / FULL_WELL, 0, 1) ** (1 / GAMMA)
        return np.asarray(np.round(value * 255), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeavyJpeg:
    """The photo coded again as JPEG of a low quality, given as the coded bytes."""

    quality: int = JPEG_QUALITY

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return f"jpeg-{self.quality}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        return f"coded again as JPEG of quality {self.quality} (4:2:0), given as bytes"

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the coded bytes."""
        done, coded = cv2.imencode(
            ".jpg", cv2.cvtColor(source.pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, self.quality]
        )
        if not done:
            raise RuntimeError("OpenCV could not code a JPEG")
        return coded.tobytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blurred:
    """The photo out of focus: a Gaussian of a width in per cent of the face's longer side."""

    percent: int

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return f"blur-{self.percent}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        return f"blurred, standard deviation {self.percent} % of the face's longer side"

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the blurred pixels."""
        sigma = self.percent / 100 * source.face_side
        return np.asarray(cv2.GaussianBlur(source.pixels, (0, 0), sigma), dtype=np.uint8)


# Left, top, right and bottom of what is hidden, in parts of the face's box.
COVERED_PARTS = {
    "eyes": (-0.05, 0.27, 1.05, 0.52),
    "mouth": (-0.05, 0.62, 1.05, 1.05),
    "half": (-0.05, -0.05, 0.5, 1.05),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A dark grey bar over a part of the face: its eyes, its mouth, or the half on the left of the photo."""

    part: str

    @property
    def name(self) -> str:
        """Short name, part of a file name."""
        return f"covered-{self.part}"

    @property
    def text(self) -> str:
        """What is done, for people."""
        left, top, right, bottom = COVERED_PARTS[self.part]
        return (
            f"a dark grey bar over the {'left half' if self.part == 'half' else self.part}: {left:g} to "
            f"{right:g} of the width and {top:g} to {bottom:g} of the height of the face's box"
        )

    def apply(self, source: Source) -> Rgb | bytes:
        """Return the pixels with the bar."""
        x, y, w, h = source.box
        left, top, right, bottom = COVERED_PARTS[self.part]
        columns = slice(max(0, round(x + left * w)), max(0, round(x + right * w)))
        rows = slice(max(0, round(y + top * h)), max(0, round(y + bottom * h)))
        pixels = source.pixels.copy()
        pixels[rows, columns] = COVER
        return pixels


Condition = Clean | Turned | Small | Dark | HeavyJpeg | Blurred | Covered

CLEAN = Clean()
# In the order in which they are printed; the number is the loss of rank-1 in points that is allowed.
ALLOWED_LOSS: tuple[tuple[Condition, float | None], ...] = (
    (Turned(degrees=90), 1.0),
    (Turned(degrees=180), 1.0),
    (Turned(degrees=270), 1.0),
    (Turned(degrees=35), 2.0),
    (Small(), None),
    (Dark(), None),
    (HeavyJpeg(), None),
)
