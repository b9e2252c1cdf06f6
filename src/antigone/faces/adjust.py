"""Steps that make a probe easier to look at and to compare, on a copy: the photo itself stays as it was.

A step is data, so that a search can say what was done and anyone can do it again: the same photo and the same
steps give the same pixels. Steps are taken in their order; a crop speaks of the picture that the steps before
it left. None of them invents detail, and each is one that forensic units take by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.errors import UsageError
from antigone.faces.images import ImageLimits, check_size
from antigone.types import Uint8Array

MOST_STEPS = 12
SMALLEST_SIDE = 16  # pixels that a crop must leave
GROUND = 128  # grey level of the corners that a turn uncovers; neither dark nor light pulls at a detector


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Turned clockwise; the picture grows so that nothing is lost. Quarter turns move pixels and no more."""

    degrees: float  # in [-180, 180]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """Only a part is kept, in whole pixels."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Middle tones made lighter or darker (gamma); black and white stay."""

    value: float  # -100 (dark) to 100 (light)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Tones drawn apart from, or towards, middle grey."""

    value: float  # -100 (flat) to 100 (hard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deinterlace:
    """One of the two fields of a video frame is kept; the lines between are the mean of their neighbours."""

    keep: int  # 0: lines 0, 2, 4, ...; 1: lines 1, 3, 5, ...


Step: TypeAlias = Turn | Crop | Light | Contrast | Deinterlace
_KINDS: Mapping[str, type[Step]] = {
    "turn": Turn,
    "crop": Crop,
    "light": Light,
    "contrast": Contrast,
    "deinterlace": Deinterlace,
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "turn.degrees": (-180, 180),
    "light.value": (-100, 100),
    "contrast.value": (-100, 100),
    "deinterlace.keep": (0, 1),
    "crop.x": (0, 1_000_000),
    "crop.y": (0, 1_000_000),
    "crop.w": (SMALLEST_SIDE, 1_000_000),
    "crop.h": (SMALLEST_SIDE, 1_000_000),
}
_WHOLE = {"crop", "deinterlace"}  # steps whose numbers are whole


def read_steps(given: object) -> tuple[Step, ...]:
    """Return the steps that a JSON list of objects holds, such as ``{"do": "turn", "degrees": 12}``.

    Raises `UsageError` for anything else.
    """
    if not isinstance(given, list) or len(given) > MOST_STEPS:
        raise UsageError(f"the steps of a photo are a list of at most {MOST_STEPS}")
    return tuple(_step(one) for one in given)


def steps_document(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as JSON values, as `read_steps` takes them."""
    names = {kind: name for name, kind in _KINDS.items()}
    return [{"do": names[type(step)], **asdict(step)} for step in steps]


def adjusted(pixels: Uint8Array, steps: Sequence[Step], limits: ImageLimits) -> Uint8Array:
    """Return the copy of an (H, W, 3) photo that the steps make.

    Raises `UsageError` for a crop that lies outside and `PhotoError` for a turned picture beyond the limits.
    """
    for step in steps:
        pixels = _taken(pixels, step, limits)
    return np.ascontiguousarray(pixels)


def _step(given: object) -> Step:
    if not isinstance(given, dict) or given.get("do") not in _KINDS:
        raise UsageError(f"a step is one of {', '.join(_KINDS)}")
    name = given["do"]
    kind = _KINDS[name]
    wanted = set(kind.__dataclass_fields__)
    if set(given) != {"do", *wanted}:
        raise UsageError(f"the step {name} takes {', '.join(sorted(wanted))}")
    numbers = {field: _number(given[field], f"{name}.{field}") for field in wanted}
    made: Any = kind  # mypy knows no kind whose fields are these
    return made(**{field: round(n) if name in _WHOLE else n for field, n in numbers.items()})  # type: ignore[no-any-return]


def _number(given: object, name: str) -> float:
    low, high = _RANGES[name]
    known = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    if not known or not low <= float(given) <= high:  # type: ignore[arg-type]
        raise UsageError(f"{name} is a number from {low:g} to {high:g}")
    return round(float(given), 2)  # type: ignore[arg-type]


def _taken(pixels: Uint8Array, step: Step, limits: ImageLimits) -> Uint8Array:
    match step:
        case Turn():
            return _turned(pixels, step.degrees, limits)
        case Crop():
            return _cropped(pixels, step)
        case Light():
            return _through(pixels, 255 * (_LEVELS / 255) ** 2 ** (-step.value / 50))
        case Contrast():
            return _through(pixels, (_LEVELS - 127.5) * 2 ** (step.value / 50) + 127.5)
        case Deinterlace():
            return _one_field(pixels, step.keep)


_LEVELS = np.arange(256, dtype=np.float64)


def _through(pixels: Uint8Array, levels: NDArray[np.float64]) -> Uint8Array:
    """Give each of the 256 levels another one."""
    table = np.floor(np.clip(levels, 0, 255) + 0.5).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


def _cropped(pixels: Uint8Array, crop: Crop) -> Uint8Array:
    height, width = pixels.shape[:2]
    part = pixels[crop.y : crop.y + crop.h, crop.x : crop.x + crop.w]
    if min(part.shape[:2]) < SMALLEST_SIDE:
        raise UsageError(f"the crop lies outside of the picture, which is {width} x {height} pixels")
    return part


def _turned(pixels: Uint8Array, degrees: float, limits: ImageLimits) -> Uint8Array:
    quarters, rest = divmod(degrees, 90)
    if rest == 0:
        return np.rot90(pixels, -int(quarters) % 4)
    height, width = pixels.shape[:2]
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    wide, high = round(width * cos + height * sin), round(width * sin + height * cos)
    check_size(wide, high, limits)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    matrix[:, 2] += [(wide - width) / 2, (high - height) / 2]
    turned = cv2.warpAffine(
        np.ascontiguousarray(pixels),
        matrix,
        (wide, high),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GROUND, GROUND, GROUND),
    )
    return np.asarray(turned, np.uint8)


def _one_field(pixels: Uint8Array, keep: int) -> Uint8Array:
    made = pixels.copy()
    height = len(pixels)
    for row in range(1 - keep, height, 2):
        above = pixels[row - 1] if row else pixels[row + 1] if height > 1 else pixels[row]
        below = pixels[row + 1] if row + 1 < height else above
        made[row] = (above.astype(np.uint16) + below + 1) >> 1
    return made
