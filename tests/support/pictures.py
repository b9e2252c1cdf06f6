"""Small pictures made for tests, in every shape that photos come in."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def scene(width: int = 60, height: int = 48) -> Pixels:
    """Return smooth (H, W, 3) RGB pixels that look different after every turn and mirroring."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x / width, y / height
    blob = np.exp(-((x - 0.3) ** 2 + (y - 0.25) ** 2) * 12)
    channels = (40 + 180 * x, 30 + 190 * y, 20 + 200 * blob)
    return np.stack(channels, axis=-1).clip(0, 255).astype(np.uint8)


def encode(picture: Pixels | Image.Image, kind: str, **options: object) -> bytes:
    """Encode with Pillow."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, content: bytes = b"") -> bytes:
    """Return one PNG chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2, interlaced: bool = False
) -> bytes:
    """Return a PNG of raw filtered rows."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    data = png_chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data + png_chunk(b"IEND")


def interlaced_rows(picture: Pixels) -> bytes:
    """Return the raw rows of an Adam7 interlaced PNG: seven small pictures, one for each grid of pixels."""
    grids = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    grid_rows = (picture[y::down, x::across] for x, y, across, down in grids)
    return b"".join(b"\0" + row.tobytes() for rows in grid_rows for row in rows if row.size)


def insert_png_chunk(data: bytes, chunk: bytes) -> bytes:
    """Put a chunk right after the header of a PNG."""
    return data[:33] + chunk + data[33:]


def exif(
    *,
    orientation: int | None = None,
    taken: str | None = None,
    offset: str | None = None,
    order: str = "<",
) -> bytes:
    """Return an EXIF block with its prefix, written field by field from the TIFF layout."""
    texts = [(0x9003, taken), (0x9011, offset)]
    inner = [(tag, text.encode() + b"\0") for tag, text in texts if text is not None]
    main: list[tuple[int, int, int]] = []
    if orientation is not None:
        main.append((0x0112, 3, orientation))
    inner_at = 8 + 2 + 12 * (len(main) + bool(inner)) + 4
    if inner:
        main.append((0x8769, 4, inner_at))
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    block += struct.pack(order + "H", len(main))
    for tag, kind, value in main:
        packed = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
        block += struct.pack(order + "HHI", tag, kind, 1) + packed
    block += bytes(4)
    if inner:
        text_at = inner_at + 2 + 12 * len(inner) + 4
        tail = b""
        block += struct.pack(order + "H", len(inner))
        for tag, content in inner:
            block += struct.pack(order + "HHII", tag, 2, len(content), text_at + len(tail))
            tail += content
        block += bytes(4) + tail
    return b"Exif\0\0" + block


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """Put an EXIF segment at the start of a JPEG."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]
