"""Every kind of good photo becomes the pixels that a person sees."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import pictures
from antigone.faces.images import DecodedPhoto, ImageLimits, decode
from antigone.settings import Settings

LIMITS = ImageLimits.of(Settings())
SCENE = pictures.scene()


def decoded(data: bytes) -> DecodedPhoto:
    photo = decode(data, LIMITS)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.shape == (photo.facts.height, photo.facts.width, 3)
    return photo


def far_apart(first: pictures.Pixels, second: pictures.Pixels) -> int:
    assert first.shape == second.shape
    return int(np.abs(first.astype(int) - second.astype(int)).max())


def test_limits_come_from_the_settings() -> None:
    limits = ImageLimits.of(Settings(max_file_bytes=2048, max_pixels=2_000_000, max_side=1500))
    assert limits == ImageLimits(max_file_bytes=2048, max_pixels=2_000_000, max_side=1500)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_decodes_as_pillow_decodes_it(quality: int, subsampling: int, progressive: bool) -> None:
    data = pictures.encode(
        SCENE, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive, optimize=True
    )
    photo = decoded(data)
    assert photo.facts.format == "JPEG"
    assert far_apart(photo.pixels, np.asarray(Image.open(io.BytesIO(data)))) <= 2


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"compress_level": 0}])
def test_a_png_keeps_every_pixel(options: dict[str, object]) -> None:
    photo = decoded(pictures.encode(SCENE, "PNG", **options))
    assert photo.facts.format == "PNG"
    assert np.array_equal(photo.pixels, SCENE)


def test_a_lossless_webp_keeps_every_pixel_and_a_lossy_one_nearly() -> None:
    photo = decoded(pictures.encode(SCENE, "WEBP", lossless=True))
    assert photo.facts.format == "WEBP"
    assert np.array_equal(photo.pixels, SCENE)
    assert far_apart(decoded(pictures.encode(SCENE, "WEBP", quality=95)).pixels, SCENE) < 30


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_grey_photos_get_three_equal_channels(kind: str) -> None:
    grey = SCENE[..., 0]
    pixels = decoded(pictures.encode(grey, kind, **({"lossless": True} if kind == "WEBP" else {}))).pixels
    assert far_apart(pixels, np.repeat(grey[..., np.newaxis], 3, axis=-1)) <= (3 if kind == "JPEG" else 0)


# ---- orientation and facts ----


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(kind: str, orientation: int, order: str) -> None:
    block = pictures.exif(orientation=orientation, order=order)
    options: dict[str, object] = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {"lossless": True}
    plain = pictures.encode(SCENE, kind, **options)
    if kind == "JPEG":
        turned = pictures.with_exif(plain, block)
    elif kind == "PNG":
        turned = pictures.insert_png_chunk(plain, pictures.png_chunk(b"eXIf", block[6:]))
    else:
        turned = pictures.encode(SCENE, kind, **options, exif=block)
    # Pillow's own reading of the tag is the witness.
    witness = Image.open(io.BytesIO(turned))
    expected = np.asarray(ImageOps.exif_transpose(witness).convert("RGB"))
    photo = decoded(turned)
    assert far_apart(photo.pixels, expected) <= 2
    assert (photo.facts.width, photo.facts.height) == ((60, 48) if orientation < 5 else (48, 60))


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2019:07:21 18:03:59", None, datetime(2019, 7, 21, 18, 3, 59)),
        (
            "2019:07:21 18:03:59",
            "+02:00",
            datetime(2019, 7, 21, 18, 3, 59, tzinfo=timezone(timedelta(hours=2))),
        ),
        (
            "2019:07:21 18:03:59",
            "-09:30",
            datetime(2019, 7, 21, 18, 3, 59, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
        ),
        ("2019-07-21 18:03:59", "rubbish", datetime(2019, 7, 21, 18, 3, 59)),
        ("2019:07:21 18:03:59", "+99:99", datetime(2019, 7, 21, 18, 3, 59)),
        ("0000:00:00 00:00:00", None, None),
        ("2019:02:30 10:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("yesterday", "+02:00", None),
        ("", None, None),
        (None, "+02:00", None),
    ],
)
def test_the_time_of_taking_comes_from_exif(
    taken: str | None, offset: str | None, expected: datetime | None
) -> None:
    block = pictures.exif(taken=taken, offset=offset)
    photo = decoded(pictures.with_exif(pictures.encode(SCENE, "JPEG"), block))
    assert photo.facts.captured_at == expected
    if expected is not None and photo.facts.captured_at is not None:
        assert photo.facts.captured_at.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_impossible_orientation_is_ignored(orientation: int) -> None:
    block = pictures.exif(orientation=orientation)
    photo = decoded(pictures.with_exif(pictures.encode(SCENE, "JPEG"), block))
    assert (photo.facts.width, photo.facts.height) == (60, 48)


# ---- colour ----


def test_an_adobe_cmyk_jpeg_shows_its_colours() -> None:
    data = pictures.encode(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert b"Adobe" in data
    assert far_apart(decoded(data).pixels, SCENE) < 12


def test_a_cmyk_jpeg_without_the_adobe_mark_is_not_inverted() -> None:
    inverted = Image.fromarray(255 - np.asarray(Image.fromarray(SCENE).convert("CMYK")), "CMYK")
    data = pictures.encode(inverted, "JPEG", quality=95, subsampling=0)  # Pillow inverts it once more
    start = data.index(b"\xff\xee")
    length = struct.unpack_from(">H", data, start + 2)[0]
    plain = data[:start] + data[start + 2 + length :]
    assert far_apart(decoded(plain).pixels, SCENE) < 12


def test_an_rgb_jpeg_marked_by_adobe_keeps_its_colours() -> None:
    data = pictures.encode(SCENE, "JPEG", quality=95, keep_rgb=True)
    assert far_apart(decoded(data).pixels, SCENE) < 12


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 48 * 60).reshape(48, 60).astype(np.uint16)
    pixels = decoded(pictures.encode(Image.fromarray(ramp), "PNG")).pixels
    assert far_apart(pixels[..., 0], np.round(ramp / 257).astype(np.uint8)) <= 1
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (6, 4)])
def test_sixteen_bit_colour_is_scaled_and_not_clipped(colour: int, channels: int) -> None:
    deep = np.full((48, 60, channels), 65535, np.uint16)
    deep[..., :3] = SCENE.astype(np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    pixels = decoded(pictures.png(60, 48, rows, depth=16, colour=colour)).pixels
    assert far_apart(pixels, SCENE) <= 1


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_shallow_grey_reaches_black_and_white(depth: int) -> None:
    per_byte = 8 // depth
    row = bytes([0b00011011 if depth == 2 else 0x0F]) * (32 // per_byte)
    pixels = decoded(pictures.png(32, 4, (b"\0" + row) * 4, depth=depth, colour=0)).pixels
    assert pixels.min() == 0
    assert pixels.max() == 255


def test_a_palette_shows_its_colours() -> None:
    image = Image.fromarray(SCENE).quantize(64)
    assert np.array_equal(decoded(pictures.encode(image, "PNG")).pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_pixels_show_mid_grey(kind: str) -> None:
    alpha = np.full(SCENE.shape[:2], 255, np.uint8)
    alpha[:, :20] = 0
    alpha[:, 20:40] = 100
    data = pictures.encode(
        np.dstack([SCENE, alpha]), kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {})
    )
    share = alpha[..., np.newaxis] / 255
    expected = np.round(SCENE * share + 128 * (1 - share)).astype(np.uint8)
    pixels = decoded(data).pixels
    assert far_apart(pixels, expected) <= 2
    assert np.all(pixels[:, :20] == 128)
    assert np.array_equal(pixels[:, 40:], SCENE[:, 40:])


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGB", "1"])
def test_every_kind_of_png_transparency_shows_mid_grey(mode: str) -> None:
    if mode == "LA":
        grey = np.full((8, 8, 2), 200, np.uint8)
        grey[..., 1] = 0
        data = pictures.encode(Image.fromarray(grey, "LA"), "PNG")
    elif mode == "P":
        image = Image.new("P", (8, 8), 3)
        image.putpalette(list(range(30)))
        data = pictures.encode(image, "PNG", transparency=3)
    elif mode == "RGB":
        data = pictures.encode(Image.new("RGB", (8, 8), (9, 8, 7)), "PNG", transparency=(9, 8, 7))
    else:
        data = pictures.encode(Image.new(mode, (8, 8), 0), "PNG", transparency=0)
    assert np.all(decoded(data).pixels == 128)


# ---- variants ----


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.fromarray(np.roll(SCENE, shift, axis=1)) for shift in (0, 20, 40)]
    data = pictures.encode(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=40, lossless=True
    )
    assert np.array_equal(decoded(data).pixels, SCENE)


def test_a_multi_picture_jpeg_gives_its_first_picture() -> None:
    second = Image.fromarray(SCENE[:, ::-1])
    data = pictures.encode(SCENE, "MPO", save_all=True, append_images=[second], quality=95, subsampling=0)
    assert far_apart(decoded(data).pixels, SCENE) < 12


def test_an_interlaced_png_decodes() -> None:
    data = pictures.png(60, 48, pictures.interlaced_rows(SCENE), interlaced=True)
    assert np.array_equal(decoded(data).pixels, SCENE)


def _flat_jpeg(sampling: tuple[int, int, int]) -> bytes:
    """Return a mid-grey JPEG of one block row with given luma, Cb and Cr sampling bytes."""
    template = pictures.encode(np.full((8, 8, 3), 128, np.uint8), "JPEG", quality=75, subsampling=0)
    blocks = [(byte >> 4) * (byte & 15) for byte in sampling]
    # With the standard tables: luma DC difference 0 is "00" and end of block "1010", chroma "00" and "00".
    bits = "001010" * blocks[0] + "0000" * (blocks[1] + blocks[2])
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big")
    data = bytearray(template)
    frame = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, 8 * (sampling[0] & 15), 8 * (sampling[0] >> 4))
    for component, byte in enumerate(sampling):
        data[frame + 11 + 3 * component] = byte
    scan = data.index(b"\xff\xda")
    return bytes(data[: scan + 14]) + coded + b"\xff\xd9"


@pytest.mark.parametrize("sampling", [(0x11, 0x11, 0x11), (0x31, 0x11, 0x11), (0x22, 0x21, 0x11)])
def test_jpegs_of_unusual_colour_sampling_decode(sampling: tuple[int, int, int]) -> None:
    pixels = decoded(_flat_jpeg(sampling)).pixels
    assert pixels.shape == (8 * (sampling[0] & 15), 8 * (sampling[0] >> 4), 3)
    assert np.all(np.abs(pixels.astype(int) - 128) <= 1)


def test_bytes_that_browsers_skip_do_no_harm() -> None:
    data = pictures.encode(SCENE, "JPEG", quality=95)
    odd = data[:-2] + b"\x11\x22\x33" + data[-2:]
    assert np.array_equal(decoded(odd).pixels, decoded(data).pixels)
    assert np.array_equal(decoded(data + b"appended by a camera").pixels, decoded(data).pixels)


def test_a_jpeg_that_lacks_just_its_end_mark_is_whole() -> None:
    data = pictures.encode(SCENE, "JPEG", quality=95)
    assert data.endswith(b"\xff\xd9")
    assert np.array_equal(decoded(data[:-2]).pixels, decoded(data).pixels)


def test_a_path_and_its_bytes_decode_alike(tmp_path: Path) -> None:
    data = pictures.encode(SCENE, "JPEG")
    path = tmp_path / "misnamed œuvre 写真.png"
    path.write_bytes(data)
    from_path, from_bytes = decode(path, LIMITS), decode(data, LIMITS)
    assert from_path.facts == from_bytes.facts
    assert np.array_equal(from_path.pixels, from_bytes.pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_tiny_photos_decode(kind: str, size: tuple[int, int]) -> None:
    photo = decoded(pictures.encode(pictures.scene(*size), kind))
    assert (photo.facts.width, photo.facts.height) == size


def test_a_twelve_megapixel_photo_keeps_its_full_size() -> None:
    picture = pictures.scene(4000, 3000)
    pixels = decoded(pictures.encode(picture, "JPEG", quality=95)).pixels
    assert pixels.shape == (3000, 4000, 3)
    assert np.abs(pixels[::50, ::50].astype(int) - picture[::50, ::50]).max() < 12


def test_many_threads_get_what_one_gets(portraits: dict[str, Path]) -> None:
    files = list(portraits.values())
    alone = [decode(path, LIMITS) for path in files]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda path: decode(path, LIMITS), files * 4))
    for index, photo in enumerate(together):
        assert photo.facts == alone[index % len(files)].facts
        assert np.array_equal(photo.pixels, alone[index % len(files)].pixels)
