r"""The letters of PNG sheets: one packaged font, the same on every machine.

Pillow's own font draws Latin letters only, and fonts of the system differ from machine to machine. Noto
Sans covers Latin, Greek, Cyrillic and Devanagari. What it lacks is written as an escape such as ``\u4e2d``
rather than as an empty square that hides the name; an HTML sheet shows it with the reader's own fonts.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from antigone.printable import escaped, printable

_LACKING = "\U0010ffff"  # no font has this one, so its picture is the empty square
_FINER = 3  # how much larger a line is drawn before it is shrunk
BREAKS = re.compile(r"(?<=[\s/\\_\-.?&=,])(?=\S)")  # after these a long path may go on in the next line


@cache
def _font_bytes() -> bytes:
    return (files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf").read_bytes()


@cache
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    face = ImageFont.truetype(BytesIO(_font_bytes()), size)
    face.set_variation_by_axes([weight, 100])
    return face


@dataclass(frozen=True, slots=True)
class Letters:
    """Noto Sans in ``size`` pixels and a weight from 100 to 900.

    Lines are drawn larger and shrunk: at small sizes letters otherwise snap to whole pixels and stand
    unevenly.
    """

    size: int
    weight: int = 400

    def width(self, text: str) -> float:
        """Return how long ``text`` is in pixels."""
        return _font(self.size * _FINER, self.weight).getlength(text) / _FINER

    def picture(self, text: str) -> Image.Image:
        """Draw one line as a mask ("L"), as wide as the text and 1.4 times as high as the letters' size."""
        face = _font(self.size * _FINER, self.weight)
        large = Image.new("L", (math.ceil(face.getlength(text)) + _FINER, round(self.size * 1.4) * _FINER))
        ImageDraw.Draw(large).text((0, self.size * 1.08 * _FINER), text, font=face, fill=255, anchor="ls")
        return large.reduce(_FINER)


@cache
def _drawn(char: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(16, 400).getmask(char)
    return mask.size, bytes(mask)


def drawable(text: str) -> str:
    """Return ``text`` with every character that cannot be drawn written as an escape."""
    return "".join(
        char if ord(char) < 0x7F or _drawn(char) != _drawn(_LACKING) else escaped(char)
        for char in printable(text)
    )


def wrapped(text: str, letters: Letters, width: int, most: int) -> list[str]:
    """Break ``text`` into at most ``most`` lines of ``width`` pixels, preferably at separators.

    What is too long loses its middle: of a path, the beginning and the end tell most.
    """
    lines = _all_lines(text, letters, width)
    if len(lines) <= most:
        return lines
    tail = (most - 1) // 2
    head = lines[: most - tail]
    while head[-1] and letters.width(head[-1] + " …") > width:
        head[-1] = head[-1][:-1]
    head[-1] += " …"
    return head + (lines[-tail:] if tail else [])


def _all_lines(text: str, letters: Letters, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in BREAKS.split(text):
        if letters.width((line + piece).rstrip()) <= width:
            line += piece
            continue
        if line:
            lines.append(line.rstrip())
        line = ""
        for char in piece:  # a piece that is longer than a line breaks anywhere
            if line and letters.width(line + char) > width:
                lines.append(line)
                line = ""
            line += char
    if line.strip():
        lines.append(line.rstrip())
    return lines
