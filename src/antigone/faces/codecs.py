"""Pixels out of each format, by the decoder that measured best (docs/decisions/0002-image-decoding.md).

All of them let other threads run while they work, and all of them report damage instead of returning a
picture that is partly grey.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zlib

import cv2
import numpy as np
import simplejpeg
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from antigone.errors import PhotoError
from antigone.faces.containers import (
    Header,
    cut_off,
    damaged,
    png_holds_all_rows,
    without_application_segments,
)
from antigone.types import Uint8Array

BACKGROUND = 128
"""Grey level shown through transparent pixels: hair, skin and clothes of any shade keep an edge against it,
where white swallows white hair and black swallows black hair."""

# OpenCV would print each damaged WebP on stderr besides reporting it, and bury what a person should read.
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

# What libjpeg mentions and decodes all the same, as every browser does: nothing of the picture is lost.
_HARMLESS = re.compile(r"extraneous bytes before marker|unknown JFIF revision|Unknown Adobe color transform")
_PREMATURE = "Premature end of JPEG file"
_UNUSUAL_SAMPLING = "Could not determine subsampling"
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)


def decode_pixels(header: Header) -> Uint8Array:
    """Return (H, W, 3) uint8 RGB as stored, before EXIF orientation. Raises ``PhotoError`` (cannot-parse)."""
    decoder = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif}[header.format]
    pixels = decoder(header)
    if pixels.shape != (header.height, header.width, 3):
        raise damaged("the picture is not of the size that its header says")
    return pixels


def _jpeg(header: Header) -> Uint8Array:
    if header.components not in {1, 3, 4}:
        raise damaged(f"a JPEG of {header.components} colour components")
    colours = "CMYK" if header.components == 4 else "RGB"
    try:
        pixels = _libjpeg(header, colours)
    except ValueError as error:
        if _UNUSUAL_SAMPLING not in str(error):
            raise _jpeg_failure(str(error)) from error
        return _pillow(JpegImageFile, without_application_segments(header.core))
    return _from_cmyk(pixels, inverted=header.inverted) if colours == "CMYK" else pixels


def _libjpeg(header: Header, colours: str) -> Uint8Array:
    """Decode strictly; what libjpeg only warns of is an error, unless it is known to do no harm."""
    data = header.core
    try:
        pixels = simplejpeg.decode_jpeg(data, colours)
    except ValueError as error:
        if _HARMLESS.search(str(error)):
            pixels = simplejpeg.decode_jpeg(data, colours, strict=False)
        elif (
            _PREMATURE in str(error) and header.one_scan
        ):  # perhaps just the two bytes of the end mark are missing
            pixels = simplejpeg.decode_jpeg(data + b"\xff\xd9", colours)
        else:
            raise
    return np.asarray(pixels, dtype=np.uint8)


def _jpeg_failure(text: str) -> PhotoError:
    if "remature end" in text:
        return cut_off()
    return damaged(f'the JPEG decoder says "{text.removeprefix("Corrupt JPEG data: ").rstrip(".")}"')


def _from_cmyk(cmyk: Uint8Array, *, inverted: bool) -> Uint8Array:
    """Mix the inks without a colour profile: what is left of the light after colour, then after black."""
    light = cmyk if inverted else cv2.bitwise_not(cmyk)
    black = cv2.cvtColor(np.ascontiguousarray(light[..., 3]), cv2.COLOR_GRAY2RGB)
    return np.asarray(
        cv2.multiply(np.ascontiguousarray(light[..., :3]), black, scale=1 / 255), dtype=np.uint8
    )


def _png(header: Header) -> Uint8Array:
    return _pillow(PngImageFile, header.core)


def _gif(header: Header) -> Uint8Array:
    return _pillow(GifImageFile, header.core)


def _pillow(plugin: type[JpegImageFile] | type[PngImageFile] | type[GifImageFile], data: bytes) -> Uint8Array:
    # The class itself, not Image.open: that warns at a pixel limit of its own, and ours was checked before.
    try:
        with plugin(io.BytesIO(data)) as image:
            image.load()
            if plugin is PngImageFile and _may_lack_rows(image) and not png_holds_all_rows(data):
                raise cut_off()
            return _rgb(image)
    except _PILLOW_ERRORS as error:
        if "truncated" in str(error):
            raise cut_off() from error
        raise damaged("its picture cannot be decoded") from error


def _may_lack_rows(image: Image.Image) -> bool:
    """Pillow takes a stream that ends early, and leaves black what is missing."""
    last_row = image.crop((0, image.height - 1, image.width, image.height))
    return "interlace" in image.info or last_row.getbbox(alpha_only=False) is None


def _rgb(image: Image.Image) -> Uint8Array:
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip it at 255
        grey = np.asarray(image).astype(np.uint16)
        eight = cv2.convertScaleAbs(grey, alpha=255 / 65535)
        return np.asarray(cv2.cvtColor(eight, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        return _over_grey(np.array(image if image.mode == "RGBA" else image.convert("RGBA")))
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _webp(header: Header) -> Uint8Array:
    try:
        # UNCHANGED: with the alpha channel, and without a turn by EXIF, which is done for all formats alike.
        stored = cv2.imdecode(np.frombuffer(header.core, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise damaged("its picture cannot be decoded") from error
    if stored is None or stored.ndim != 3:
        raise damaged("its picture cannot be decoded")
    if stored.shape[2] == 4:
        return _over_grey(cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA))
    return np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _over_grey(rgba: Uint8Array) -> Uint8Array:
    """Lay (H, W, 4) pixels over the background."""
    alpha = np.ascontiguousarray(rgba[..., 3])
    if alpha.min() == 255:
        return np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    shown = cv2.cvtColor(cv2.cvtColor(rgba, cv2.COLOR_RGBA2mRGBA), cv2.COLOR_RGBA2RGB)
    behind = cv2.convertScaleAbs(cv2.bitwise_not(alpha), alpha=BACKGROUND / 255)
    return np.asarray(cv2.add(shown, cv2.cvtColor(behind, cv2.COLOR_GRAY2RGB)), dtype=np.uint8)
