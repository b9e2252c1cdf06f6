"""Whatever bytes come in: upright pixels or one PhotoError, never a crash, a warning or half a picture."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import pictures
from antigone.errors import PhotoError
from antigone.faces.containers import MAX_JPEG_SCANS
from antigone.faces.exif import read_exif
from antigone.faces.images import ImageLimits, decode
from antigone.settings import Settings
from antigone.types import FailureCode

LIMITS = ImageLimits.of(Settings())
SMALL = ImageLimits(max_file_bytes=1 << 20, max_pixels=1 << 20, max_side=4096)
PICTURE = pictures.scene(20, 16)
ALPHA = np.dstack([PICTURE, np.full((16, 20), 90, np.uint8)])
FRAMES = [Image.fromarray(np.roll(PICTURE, shift, axis=1)) for shift in (0, 7)]
BLOCK = pictures.exif(orientation=6, taken="2019:07:21 18:03:59", offset="+02:00")
SAMPLES = {
    "jpeg": pictures.encode(PICTURE, "JPEG"),
    "jpeg-progressive": pictures.encode(PICTURE, "JPEG", progressive=True),
    "jpeg-exif": pictures.with_exif(pictures.encode(PICTURE, "JPEG"), BLOCK),
    "jpeg-grey": pictures.encode(PICTURE[..., 0], "JPEG"),
    "jpeg-cmyk": pictures.encode(Image.fromarray(PICTURE).convert("CMYK"), "JPEG"),
    "jpeg-restart": pictures.encode(PICTURE, "JPEG", restart_marker_blocks=1),
    "png": pictures.encode(PICTURE, "PNG"),
    "png-alpha": pictures.encode(ALPHA, "PNG"),
    "png-palette": pictures.encode(Image.fromarray(PICTURE).quantize(16), "PNG", transparency=3),
    "png-16": pictures.encode(Image.fromarray(PICTURE[..., 0].astype(np.uint16) * 257), "PNG"),
    "png-animated": pictures.encode(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]),
    "webp": pictures.encode(PICTURE, "WEBP", exif=BLOCK),
    "webp-lossless": pictures.encode(PICTURE, "WEBP", lossless=True),
    "webp-alpha": pictures.encode(ALPHA, "WEBP"),
    "webp-animated": pictures.encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "gif": pictures.encode(Image.fromarray(PICTURE).quantize(64), "GIF"),
    "gif-grey": pictures.encode(PICTURE[..., 0], "GIF", comment=b"made for a test"),
    "gif-transparent": pictures.encode(Image.fromarray(PICTURE).quantize(16), "GIF", transparency=3),
    "gif-animated": pictures.encode(FRAMES[0].quantize(32), "GIF", save_all=True, append_images=FRAMES[1:]),
}


def failure(data: bytes, limits: ImageLimits = LIMITS) -> FailureCode:
    with pytest.raises(PhotoError) as caught:
        decode(data, limits)
    message = caught.value.failure.message
    assert message == caught.value.message
    assert message[0].isupper()
    assert message.endswith((".", '".'))
    assert "Error" not in message
    assert "0x7f" not in message
    return caught.value.failure.code


def pixels_or_failure(data: bytes, limits: ImageLimits = SMALL) -> pictures.Pixels | None:
    """Decode; anything but a PhotoError fails the test, and so does a warning (pytest raises those)."""
    try:
        photo = decode(data, limits)
    except PhotoError as error:
        return None if error.failure.message else PICTURE
    assert photo.pixels.shape == (photo.facts.height, photo.facts.width, 3)
    return photo.pixels


# ---- damage ----


@pytest.mark.parametrize("name", SAMPLES)
def test_a_cut_photo_is_whole_or_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = SAMPLES[name]
    whole = decode(data, LIMITS).pixels
    for length in range(len(data)):
        pixels = pixels_or_failure(data[:length])
        assert pixels is None or np.array_equal(pixels, whole), f"half a picture after {length} bytes"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("jpeg")])
def test_a_cut_jpeg_with_an_end_mark_is_not_shown_half_grey(name: str) -> None:
    data = SAMPLES[name]
    start = data.index(b"\xff\xda") + 14
    whole = decode(data, LIMITS).pixels
    for length in range(start, len(data) - 2):
        pixels = pixels_or_failure(data[:length] + b"\xff\xd9")
        if pixels is not None and name == "jpeg-progressive":
            # A cut between two scans leaves a coarser picture of the whole, which is a valid JPEG.
            assert np.abs(pixels.mean((0, 1)) - whole.mean((0, 1))).max() < 16
        else:
            assert pixels is None or np.array_equal(pixels, whole)


@pytest.mark.parametrize("name", SAMPLES)
def test_one_changed_byte_never_escapes_as_another_error(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(SAMPLES[name])
    for position in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            data[position] ^= change
            pixels_or_failure(bytes(data))
            data[position] ^= change
    assert capfd.readouterr() == ("", "")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_random_damage_never_escapes_as_another_error(name: str, draw: st.DataObject) -> None:
    data = bytearray(SAMPLES[name])
    for _ in range(draw.draw(st.integers(1, 6))):
        start = draw.draw(st.integers(0, len(data) - 1))
        data[start : start + draw.draw(st.integers(0, 9))] = draw.draw(st.binary(max_size=12))
        if not data:
            return
    pixels_or_failure(bytes(data))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 "]),
    st.binary(max_size=400),
)
def test_random_bytes_never_escape_as_another_error(start: bytes, rest: bytes) -> None:
    pixels_or_failure(start + rest)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"Exif\0\0"]))
def test_random_exif_gives_facts(rest: bytes, start: bytes) -> None:
    assert 1 <= read_exif(start + rest).orientation <= 8


@pytest.mark.parametrize("order", ["<", ">"])
def test_damaged_exif_gives_facts(order: str) -> None:
    block = bytearray(pictures.exif(orientation=6, taken="2019:07:21 18:03:59", offset="+02:00", order=order))
    assert read_exif(bytes(block)).orientation == 6
    for length in range(len(block)):
        assert 1 <= read_exif(bytes(block[:length])).orientation <= 8
    for position in range(len(block)):
        for change in (0x01, 0x10, 0x80, 0xFF):
            block[position] ^= change
            assert 1 <= read_exif(bytes(block)).orientation <= 8
            block[position] ^= change


def test_damaged_data_is_cannot_parse() -> None:
    jpeg, png, webp = SAMPLES["jpeg"], SAMPLES["png"], SAMPLES["webp-lossless"]
    assert failure(jpeg[: len(jpeg) // 2]) is FailureCode.CANNOT_PARSE
    assert failure(png[: len(png) // 2]) is FailureCode.CANNOT_PARSE
    assert failure(webp[: len(webp) // 2]) is FailureCode.CANNOT_PARSE
    assert failure(jpeg[:4]) is FailureCode.CANNOT_PARSE
    assert failure(b"\xff\xd8\xff\xd9") is FailureCode.CANNOT_PARSE
    assert failure(png[:60] + bytes([png[60] ^ 1]) + png[61:]) is FailureCode.CANNOT_PARSE
    no_picture = b"RIFF" + struct.pack("<I", 4) + b"WEBP"
    assert failure(no_picture) is FailureCode.CANNOT_PARSE


def test_a_png_with_too_few_pixels_in_it_is_cannot_parse() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in PICTURE)
    assert np.array_equal(decode(pictures.png(20, 16, rows), LIMITS).pixels, PICTURE)
    assert failure(pictures.png(20, 16, rows[: len(rows) // 2])) is FailureCode.CANNOT_PARSE
    assert failure(pictures.png(20, 16, rows[:-1])) is FailureCode.CANNOT_PARSE
    assert failure(pictures.png(0, 16, rows)) is FailureCode.CANNOT_PARSE


def test_a_png_that_ends_in_black_rows_is_whole() -> None:
    picture = PICTURE.copy()
    picture[8:] = 0
    assert np.array_equal(decode(pictures.encode(picture, "PNG"), LIMITS).pixels, picture)


@pytest.mark.parametrize("size", [(16, 16), (5, 3), (1, 1), (9, 2)])
def test_an_interlaced_png_with_too_few_pixels_in_it_is_cannot_parse(size: tuple[int, int]) -> None:
    picture = pictures.scene(*size)
    rows = pictures.interlaced_rows(picture)
    assert np.array_equal(decode(pictures.png(*size, rows, interlaced=True), LIMITS).pixels, picture)
    assert failure(pictures.png(*size, rows[:-1], interlaced=True)) is FailureCode.CANNOT_PARSE


def test_a_jpeg_that_lacks_the_scans_of_a_colour_is_cannot_parse() -> None:
    data = SAMPLES["jpeg-progressive"]
    first = data.index(b"\xff\xda")
    only_luma = data[: first + 4] + b"\1\1\0\0\0\1" + data[first + 14 : -2] + b"\xff\xd9"
    assert failure(only_luma) is FailureCode.CANNOT_PARSE


# ---- other formats ----


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (pictures.encode(PICTURE, "TIFF"), "TIFF"),
        (pictures.encode(PICTURE, "BMP"), "BMP"),
        (pictures.encode(PICTURE, "ICO"), "icon"),
        (pictures.encode(PICTURE, "JPEG2000"), "JPEG 2000"),
        (pictures.encode(PICTURE, "AVIF"), "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- x --><svg/>", "SVG"),
        (b"\n <!DOCTYPE html><html><title>404</title>", "web page"),
        (b"%PDF-1.7\n", "PDF"),
        ("Dies ist Text, kein Bild. Grüße.".encode(), "text"),
        (("é" * 700).encode(), "text"),
        (bytes(range(256)), "unknown"),
        (b"\0", "unknown"),
        (b"RIFF\0\0\0\0WAVEfmt ", "unknown"),
    ],
)
def test_other_formats_are_named(data: bytes, word: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(PhotoError, match=word) as caught:
        decode(path, LIMITS)
    assert caught.value.failure.code is FailureCode.UNSUPPORTED_FORMAT
    assert "JPEG, PNG, WebP and GIF" in caught.value.message
    assert caught.value.hint


def test_no_bytes_and_too_many_bytes_are_told_apart() -> None:
    assert failure(b"") is FailureCode.EMPTY
    data = SAMPLES["png"]
    limits = ImageLimits(max_file_bytes=len(data) - 1, max_pixels=1000, max_side=100)
    assert failure(data, limits) is FailureCode.FILE_TOO_LARGE


# ---- bombs ----


def _resized(data: bytes, width: int, height: int) -> bytes:
    """Return the picture with another size in its header."""
    if data[:2] == b"\xff\xd8":
        frame = data.index(b"\xff\xc0")
        return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]
    if data[:4] == b"\x89PNG":
        header = struct.pack(">II", width, height) + data[24:29]
        return data[:8] + pictures.png_chunk(b"IHDR", header) + data[33:]
    assert data[12:16] == b"VP8L"
    bits = (width - 1) | (height - 1) << 14 | 1 << 31
    return data[:21] + struct.pack("<I", bits & 0xFFFFFFFF) + data[25:]


@pytest.mark.parametrize("name", ["jpeg", "png", "webp-lossless"])
def test_a_photo_is_refused_by_its_header_before_any_memory_is_taken(name: str) -> None:
    side = {"jpeg": 50_000, "png": 50_000, "webp-lossless": 16_000}[name]
    data = _resized(SAMPLES[name], side, side)
    tracemalloc.start()
    try:
        assert failure(data) is FailureCode.TOO_MANY_PIXELS
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_real_png_bomb_is_refused() -> None:
    side = 50_000
    squeezer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    block = b"".join(squeezer.compress(row) for _ in range(side)) + squeezer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        pictures.png_chunk(name, content)
        for name, content in ((b"IHDR", header), (b"IDAT", block), (b"IEND", b""))
    )
    assert len(bomb) < 1 << 20
    assert failure(bomb) is FailureCode.TOO_MANY_PIXELS


def test_size_limits_hold_at_their_edge() -> None:
    data = SAMPLES["png"]  # 20 x 16
    exact = ImageLimits(max_file_bytes=1 << 20, max_pixels=320, max_side=20)
    assert decode(data, exact).facts.width == 20
    fewer = ImageLimits(max_file_bytes=1 << 20, max_pixels=319, max_side=20)
    assert failure(data, fewer) is FailureCode.TOO_MANY_PIXELS
    shorter = ImageLimits(max_file_bytes=1 << 20, max_pixels=320, max_side=19)
    assert failure(data, shorter) is FailureCode.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "chunk",
    [
        pictures.png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 26), 9)),
        pictures.png_chunk(b"iTXt", b"XML\0\1\0\0\0" + zlib.compress(bytes(1 << 26), 9)),
        pictures.png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(1 << 26), 9)),
        pictures.png_chunk(b"acTL", bytes(8)),
        pictures.png_chunk(b"fcTL", bytes(26)),
        pictures.png_chunk(b"iCCP", b"garbage"),
        pictures.png_chunk(b"gAMA", b""),
        pictures.png_chunk(b"eXIf", b"II*\0garbage"),
        pictures.png_chunk(b"prVt", b"private"),
    ],
)
def test_metadata_of_a_png_can_neither_explode_nor_cost_the_photo(chunk: bytes) -> None:
    data = pictures.insert_png_chunk(SAMPLES["png"], chunk)
    tracemalloc.start()
    try:
        assert np.array_equal(decode(data, LIMITS).pixels, PICTURE)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_progressive_jpeg_with_endless_scans_is_refused() -> None:
    data = SAMPLES["jpeg-progressive"]
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    assert data.count(b"\xff\xda") < 20
    bomb = data[:-2] + scan * MAX_JPEG_SCANS + data[-2:]
    assert failure(bomb) is FailureCode.CANNOT_PARSE


def test_a_jpeg_without_sense_in_its_segments_is_refused() -> None:
    data = SAMPLES["jpeg"]
    for segment in (b"\xff\xe0\0\0", b"\xff\xe0\0\x01", b"\xff\xe0\xff\xff", b"\xff" * 9):
        assert failure(data[:2] + segment) is FailureCode.CANNOT_PARSE
    frame = data.index(b"\xff\xc0")
    end = frame + 2 + struct.unpack_from(">H", data, frame + 2)[0]
    assert failure(data[:frame] + data[end:]) is FailureCode.CANNOT_PARSE  # no frame header
    two = bytearray(data)
    two[frame + 9] = 2  # two colour components
    assert failure(bytes(two)) is FailureCode.CANNOT_PARSE
