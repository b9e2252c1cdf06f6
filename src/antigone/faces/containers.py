"""What the headers of a photo say, read before any pixel is decoded.

Each reader walks the parts of its format (JPEG segments, PNG and WebP chunks, GIF blocks), keeps what is
needed, and raises ``PhotoError`` (cannot-parse) when the parts do not fit together or the file ends too
early. Sizes found here are checked against the limits before a decoder sees the file. The decoder of PNG gets
only the parts that make the pixels: no colour profile or text that could be a bomb, and nothing that makes it
warn.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from antigone.errors import PhotoError
from antigone.faces.formats import Format
from antigone.faces.iptc import PHOTOSHOP
from antigone.types import FailureCode

MAX_JPEG_SCANS = 64
"""Most scans of a progressive JPEG; encoders write about ten, and each costs a pass over the picture."""

_PNG_START = b"\x89PNG\r\n\x1a\n"
_SEGMENT_OR_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)  # neither a stuffed byte nor a restart
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP1, _APP13, _APP14, _APP15 = 0xE1, 0xED, 0xEE, 0xEF
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MAX_SEGMENTS = 8  # of Photoshop's resources, 64 KiB each
_MAX_TEXTS = 64  # text chunks of a PNG
_LONGEST_TEXT = 2 * 2**20  # bytes of such a chunk
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
# Of each pass of an interlaced PNG: first column and row, and the steps from there.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PNG_PIXELS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
_PNG_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One photo before decoding. Sizes are as stored, before EXIF orientation."""

    format: Format
    width: int
    height: int
    exif: bytes  # empty where there is none
    core: bytes  # the file, less the parts that a decoder has no use for
    components: int = 3  # of a JPEG: 1 grey, 3 colour, 4 CMYK
    one_scan: bool = True  # False for a JPEG whose picture comes in several layers
    inverted: bool = False  # a CMYK JPEG marked by Adobe, which stores 255 for "no ink"
    xmp: bytes = b""  # the main packet; what a JPEG spreads over further segments is left
    iptc: bytes = b""  # the resources of Photoshop that may hold it
    texts: tuple[tuple[bytes, bytes], ...] = ()  # of a PNG: name and content of its text chunks


def read_header(data: bytes, kind: Format) -> Header:
    """Read the header of a whole file in memory. Raises ``PhotoError`` (cannot-parse)."""
    reader = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif}[kind]
    try:
        header = reader(data)
    except (struct.error, IndexError) as error:
        raise cut_off() from error
    if header.width < 1 or header.height < 1:
        raise damaged("it says it has no pixels")
    return header


def damaged(what: str) -> PhotoError:
    """Return the failure of a photo whose data makes no sense."""
    return PhotoError(FailureCode.CANNOT_PARSE, f"The image data is damaged: {what}.")


def cut_off() -> PhotoError:
    """Return the failure of a photo that ends too early."""
    return PhotoError(
        FailureCode.CANNOT_PARSE, "The image data is cut off: the file ends before the picture does."
    )


# ---- JPEG (ITU-T T.81) -------------------------------------------------------------------------------------


def _jpeg(data: bytes) -> Header:
    exif = xmp = b""
    resources: list[bytes] = []
    size: tuple[int, int, int] | None = None
    progressive = inverted = False
    for marker, start, end in _segments(data):
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, start + 1)
            size = (width, height, components)
            progressive = marker in _PROGRESSIVE
        elif marker == _APP1 and not exif and data[start : start + 6] == b"Exif\0\0":
            exif = data[start:end]
        elif marker == _APP1 and not xmp and data.startswith(_XMP, start):
            xmp = data[start + len(_XMP) : end]
        elif marker == _APP13 and data.startswith(PHOTOSHOP, start) and len(resources) < _MAX_SEGMENTS:
            resources.append(data[start + len(PHOTOSHOP) : end])
        elif marker == _APP14 and data[start : start + 5] == b"Adobe":
            inverted = True
        elif marker == _SOS:
            if size is None:
                break
            width, height, components = size
            one_scan = data[start] == components and not progressive
            if not one_scan:
                _check_scans(data, start, components)
            return Header(
                format="JPEG",
                width=width,
                height=height,
                exif=exif,
                core=data,
                components=components,
                one_scan=one_scan,
                inverted=inverted,
                xmp=xmp,
                iptc=b"".join(resources),
            )
    raise damaged("a JPEG without its frame header")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of the content of each segment, up to and with the first scan header."""
    at = 2
    while True:
        if data[at] != 0xFF:  # bytes that belong to no segment: decoders skip them too
            at = _find(data, 0xFF, at)
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == _EOI:
            raise damaged("a JPEG without a picture")
        if marker in _STANDALONE or marker in {0, _SOI}:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise damaged("a JPEG segment of impossible length")
        if at + length > len(data):
            raise cut_off()
        yield marker, at + 2, at + length
        if marker == _SOS:
            return
        at += length


def _find(data: bytes, value: int, start: int) -> int:
    found = data.find(bytes([value]), start)
    if found < 0:
        raise cut_off()
    return found


def _check_scans(data: bytes, at: int, components: int) -> None:
    """Walk all scans from the header of the first, whose content starts at ``at``.

    Refuses a picture that lacks a component or the end mark, and more scans than encoders write: a small file
    could keep a decoder busy for hours with them.
    """
    seen: set[int] = set()
    for _ in range(MAX_JPEG_SCANS):
        in_scan = data[at]
        seen.update(data[at + 1 : at + 1 + 2 * in_scan : 2])
        at += 2 * in_scan + 4
        marker = _SOI
        while marker not in {_SOS, _EOI}:  # tables may come between scans
            found = _SEGMENT_OR_END.search(data, at)
            if not found:
                raise cut_off()
            marker, at = data[found.end() - 1], found.end()
            if marker not in {_SOS, _EOI} and marker not in _STANDALONE:
                at += struct.unpack_from(">H", data, at)[0]
        if marker == _EOI:
            if len(seen) < components:
                raise cut_off()
            return
        at += 2  # over the length of the scan header
    raise damaged(f"more than {MAX_JPEG_SCANS} scans, as only a JPEG made to exhaust a decoder has")


def without_application_segments(data: bytes) -> bytes:
    """Return a JPEG less its metadata, with the Adobe segment that says how its colours are meant."""
    parts = [data[:2]]
    for marker, start, end in _segments(data):
        if marker == _SOS:
            parts.append(data[start - 4 :])
        elif not _APP1 - 1 <= marker <= _APP15 or marker == _APP14:
            parts.append(data[start - 4 : end])
    return b"".join(parts)


# ---- PNG (W3C PNG third edition) ---------------------------------------------------------------------------


def _png(data: bytes) -> Header:
    exif = b""
    parts = [_PNG_START]
    texts: list[tuple[bytes, bytes]] = []
    width = height = depth = 0
    for name, start, end in _png_chunks(data):
        if name == b"eXIf":
            exif = data[start:end]
        elif name in _PNG_TEXTS and len(texts) < _MAX_TEXTS and end - start <= _LONGEST_TEXT:
            texts.append((name, data[start:end]))
        if name not in _PNG_PIXELS:
            continue
        # The chunk's length, name and checksum travel with it; the checksum is verified here, once.
        if zlib.crc32(data[start - 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise damaged(f"the checksum of its {name.decode()} part is wrong")
        if name == b"IHDR":
            width, height, depth = struct.unpack_from(">IIB", data, start)
        if name == b"tRNS" and depth == 16:
            continue  # one exact 16-bit colour as transparent: decoders disagree, photos have none
        parts.append(data[start - 8 : end + 4])
    core = b"".join(parts)
    return Header(format="PNG", width=width, height=height, exif=exif, core=core, texts=tuple(texts))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the content of each chunk, IHDR first and IEND last."""
    at = len(_PNG_START)
    first = True
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        start, end = at + 8, at + 8 + length
        if end + 4 > len(data):
            raise cut_off()
        if first and (name != b"IHDR" or length != 13):
            raise damaged("a PNG that does not start with its header")
        if not first and name == b"IHDR":
            raise damaged("a PNG with two headers")
        yield name, start, end
        if name == b"IEND":
            return
        at, first = end + 4, False


def png_holds_all_rows(core: bytes) -> bool:
    """Tell whether the data of a PNG goes on to the last row. Costs as much as decompressing it."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", core, 16)
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    missing = 0
    for x, y, step_x, step_y in passes:
        across, down = -(-(width - x) // step_x), -(-(height - y) // step_y)
        missing += down * (1 + -(-across * bits // 8)) if across > 0 and down > 0 else 0
    inflater = zlib.decompressobj()
    for name, start, end in _png_chunks(core):
        part = core[start:end] if name == b"IDAT" else b""
        while part and missing > 0 and not inflater.eof:
            missing -= len(inflater.decompress(part, 1 << 20))
            part = inflater.unconsumed_tail
    return missing <= 0


# ---- WebP (RFC 9649) ---------------------------------------------------------------------------------------


def _webp(data: bytes) -> Header:
    exif = xmp = b""
    sizes: list[tuple[int, int]] = []
    for name, start, end in _webp_chunks(data):
        if name == b"VP8X":
            sizes.append((1 + _uint24(data, start + 4), 1 + _uint24(data, start + 7)))
        elif name == b"VP8 ":
            if data[start + 3 : start + 6] != b"\x9d\x01\x2a":
                raise damaged("a WebP picture without its start code")
            across, down = struct.unpack_from("<HH", data, start + 6)
            sizes.append((across & 0x3FFF, down & 0x3FFF))
        elif name == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, start + 1)
            sizes.append((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
        elif name == b"EXIF":
            exif = data[start:end]
        elif name == b"XMP ":
            xmp = data[start:end]
    if not sizes:
        raise damaged("a WebP without a picture")
    if len(set(sizes)) > 1:
        raise damaged("a WebP whose parts differ in size")
    return Header(format="WEBP", width=sizes[0][0], height=sizes[0][1], exif=exif, core=data, xmp=xmp)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    (length,) = struct.unpack_from("<I", data, 4)
    stop = 8 + length
    if stop > len(data):
        raise cut_off()
    at = 12
    while at + 8 <= stop:
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > stop:
            raise cut_off()
        yield name, at + 8, at + 8 + size
        at += 8 + size + (size & 1)


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


# ---- GIF (89a, of 1990) ------------------------------------------------------------------------------------

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRANSPARENCY = 0x21, 0x2C, 0xF9


def _gif(data: bytes) -> Header:
    """Read up to the end of the first picture; the decoder sees neither comments nor later pictures."""
    width, height = struct.unpack_from("<HH", data, 6)
    at = 13 + _gif_colours(data[10])
    parts = [data[:at]]
    while data[at] == _GIF_EXTENSION:
        end = _gif_blocks(data, at + 2)
        if data[at + 1] == _GIF_TRANSPARENCY:
            parts.append(data[at:end])
        at = end
    if data[at] != _GIF_IMAGE:
        raise damaged("a GIF without a picture")
    left, top, across, down, flags = struct.unpack_from("<HHHHB", data, at + 1)
    end = _gif_blocks(data, at + 11 + _gif_colours(flags))
    parts += [data[at:end], b";"]
    return Header(
        format="GIF",
        width=max(width, left + across),
        height=max(height, top + down),
        exif=b"",
        core=b"".join(parts),
    )


def _gif_colours(flags: int) -> int:
    """Return the length of the table of colours that flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_blocks(data: bytes, at: int) -> int:
    """Return where the row of blocks ends that begins at ``at``; an empty one ends it."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
