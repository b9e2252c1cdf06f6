"""What metadata says of a photo: everything legible, block by block, and nothing that is damaged."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import captions
import pictures
from antigone.evidence import NO_EVIDENCE
from antigone.faces.exif import read_exif
from antigone.faces.images import ImageLimits, decode
from antigone.faces.iptc import read_iptc
from antigone.faces.texts import MAX_ITEMS, MAX_TEXT, decoded
from antigone.faces.xmp import MAX_PACKET, read_xmp
from antigone.settings import Settings

LIMITS = ImageLimits.of(Settings())
MAIN = {
    0x010E: "A woman at a desk",
    0x010F: "NIKON CORPORATION",
    0x0110: "NIKON D850 ",
    0x0131: "Ver.1.20",
    0x013B: "A. Smith; B. Jones",
    0x8298: "Public domain",
}
INNER = {0xA431: "6012345"}
POSITION = {
    "latitude": -33.8568,
    "longitude": 151.2153,
    "altitude": -12.5,
    "at": "2021-05-04T03:04:05.500000+00:00",
}
SAID_BY_EXIF = {
    "make": "NIKON CORPORATION",
    "model": "NIKON D850",
    "serial": "6012345",
    "software": "Ver.1.20",
    "caption": "A woman at a desk",
    "creators": ["A. Smith", "B. Jones"],
    "rights": "Public domain",
    "position": POSITION,
}
DATASETS = [
    (5, b"Portrait"),
    (25, b"navy"),
    (25, b"computer"),
    (25, b"navy"),
    (55, b"20210504"),
    (60, b"130405+1000"),
    (80, "José".encode("latin-1")),
    (116, "© Navy".encode()),
    (120, "Контр-адмірал".encode()),
    (200, b"a preview"),
]
SAID_BY_IPTC = {
    "title": "Portrait",
    "caption": "Контр-адмірал",
    "keywords": ["navy", "computer"],
    "creators": ["José"],
    "rights": "© Navy",
    "created_at": "2021-05-04T13:04:05+10:00",
}


def said(photo: bytes) -> dict[str, Any]:
    return decode(photo, LIMITS).facts.evidence.document()


def position(**changed: object) -> Any:
    block = read_exif(captions.exif({}, captions.gps(**changed))).block
    return block and block.document().get("position")


# ---- found -------------------------------------------------------------------------------------------------


def test_a_jpeg_says_what_its_three_blocks_say() -> None:
    exif = captions.exif(MAIN, captions.gps(), INNER)
    photo = captions.jpeg(exif=exif, xmp=captions.XMP, resources=captions.iptc(DATASETS))
    assert said(photo) == {"exif": SAID_BY_EXIF, "iptc": SAID_BY_IPTC, "xmp": captions.SAID_BY_XMP}


def test_a_webp_says_what_its_two_blocks_say() -> None:
    photo = captions.webp(exif=captions.exif(MAIN, captions.gps(), INNER), xmp=captions.XMP)
    assert said(photo) == {"exif": SAID_BY_EXIF, "xmp": captions.SAID_BY_XMP}


@pytest.mark.parametrize("compressed", [False, True])
def test_a_png_says_what_its_texts_say(compressed: bool) -> None:
    texts = {
        "Title": "Portrait",
        "Description": "Жінка",  # goes into an iTXt chunk, the others into tEXt or zTXt
        "Author": "A. Smith",
        "Copyright": "none",
        "Software": "Scanner 2",
        "Parameters": "nothing that is wanted",
    }
    photo = captions.png(texts=texts, packet=captions.XMP, compressed=compressed)
    expected = {
        "software": "Scanner 2",
        "title": "Portrait",
        "caption": "Жінка",
        "creators": ["A. Smith"],
        "rights": "none",
    }
    assert said(photo) == {"xmp": captions.SAID_BY_XMP, "png": expected}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_without_metadata_says_nothing(kind: str) -> None:
    assert decode(pictures.encode(captions.PHOTO, kind), LIMITS).facts.evidence is NO_EVIDENCE


def test_datasets_are_found_behind_a_block_with_a_name() -> None:
    for name in (b"", b"odd", b"even"):
        block = read_iptc(captions.iptc(DATASETS, name=name))
        assert block is not None
        assert block.document() == SAID_BY_IPTC


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_packet_is_read_in_every_encoding_that_marks_itself(encoding: str) -> None:
    text = captions.XMP.decode().replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    block = read_xmp(mark + text.encode(encoding))
    assert block is not None
    assert block.document() == captions.SAID_BY_XMP


# ---- where -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"latitude_ref": "n"}, {"latitude": 33.8568}),
        ({"longitude_ref": "W"}, {"longitude": -151.2153}),
        ({"latitude": (33.0, 51.408, 0.0)}, {"latitude": -33.8568}),
        ({"latitude": (33.0, 59.0, 60.0)}, {"latitude": -34.0}),
        ({"latitude": (90.0, 0.0, 0.0)}, {"latitude": -90.0}),
        ({"altitude_ref": None}, {"altitude": 12.5}),
        ({"altitude": 8_848.86, "altitude_ref": b"\0"}, {"altitude": 8848.86}),
    ],
)
def test_a_position_is_converted(changed: dict[str, object], expected: dict[str, float]) -> None:
    assert position(**changed) == {**POSITION, **expected}


@pytest.mark.parametrize(
    "changed",
    [
        {"latitude_ref": None},
        {"longitude_ref": None},
        {"latitude_ref": "X"},
        {"latitude": None},
        {"latitude": (33.0, 51.0)},
        {"latitude": (90.0, 0.0, 1.0)},
        {"latitude": (33.0, 61.0, 0.0)},
        {"latitude": (33.0, 0.0, 61.0)},
        {"longitude": (180.0, 1.0, 0.0)},
        {"latitude": (0.0, 0.0, 0.0), "longitude": (0.0, 0.0, 0.0)},
    ],
)
def test_no_position_is_guessed(changed: dict[str, object]) -> None:
    assert position(**changed) is None


@pytest.mark.parametrize(
    ("missing", "changed"),
    [
        ("altitude", {"altitude": None}),
        ("altitude", {"altitude": 1e9}),
        ("at", {"time": None}),
        ("at", {"date": None}),
        ("at", {"date": "2021:02:30"}),
        ("at", {"date": "yesterday"}),
        ("at", {"time": (25.0, 0.0, 0.0)}),
    ],
)
def test_the_rest_stays_when_a_part_of_a_position_is_damaged(
    missing: str, changed: dict[str, object]
) -> None:
    expected = {name: value for name, value in SAID_BY_EXIF["position"].items() if name != missing}  # type: ignore[attr-defined]
    assert position(**changed) == expected


def test_a_fraction_over_zero_is_unknown() -> None:
    block = bytearray(captions.exif({}, captions.gps()))
    at = block.find(struct.pack("<II", 51, 1))
    if at < 0:
        at = block.find(struct.pack(">II", 51, 1))
    assert at > 0
    block[at + 4 : at + 8] = bytes(4)
    found = read_exif(bytes(block)).block
    assert found is not None
    assert found.position is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('exif:GPSLatitude="50,27,0.36N" exif:GPSLongitude="30,31.402E"', (50.4501, 30.5233667)),
        ('exif:GPSLatitude="50,27.006N"', None),
        ('exif:GPSLatitude="50.45" exif:GPSLongitude="30.52"', None),
        ('exif:GPSLatitude="50,27,0.36E" exif:GPSLongitude="30,31.402N"', None),
        ('exif:GPSLatitude="0,0.0N" exif:GPSLongitude="0,0.0E"', None),
        ('exif:GPSLatitude="91,0.0N" exif:GPSLongitude="0,1.0E"', None),
    ],
)
def test_positions_of_xmp(written: str, expected: tuple[float, float] | None) -> None:
    block = read_xmp(captions.xmp(written))
    found = block and block.position
    assert (found and (found.latitude, found.longitude)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('photoshop:DateCreated="2020-01-02T03:04:05Z"', "2020-01-02T03:04:05+00:00"),
        ('xmp:CreateDate="2020-01-02T03:04"', "2020-01-02T03:04:00"),
        (
            'photoshop:DateCreated="2020" exif:DateTimeOriginal="2020-01-02T03:04:05.25"',
            "2020-01-02T03:04:05.250000",
        ),
        ('photoshop:DateCreated="2020-01-02"', None),
        ('photoshop:DateCreated="2020-02-30T10:00:00"', None),
    ],
)
def test_moments_of_xmp(written: str, expected: str | None) -> None:
    block = read_xmp(captions.xmp(written))
    assert (block and block.document().get("created_at")) == expected


# ---- hostile -----------------------------------------------------------------------------------------------


def test_a_document_type_is_refused_unread() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "lol">{lines}]><x:xmpmeta xmlns:x="adobe:ns:meta/">&e9;</x:xmpmeta>'
    assert read_xmp(bomb.encode()) is None
    assert read_xmp(bomb.encode("utf-16")) is None
    local = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    assert read_xmp(captions.XMP.replace(b"<x:xmpmeta", local.encode() + b"<x:xmpmeta")) is None


def test_an_encoding_that_a_packet_claims_hides_nothing() -> None:
    hidden = b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x>'
    assert read_xmp(hidden + captions.xmp('xmp:CreateDate="2020-01-02T03:04"')) is None


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 100,
        b"<x",
        b"\xff\xfe\x00",
        captions.XMP[:-200],
        b"<a>" * 100_000,
        captions.XMP + b" " * MAX_PACKET,
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>&nothing;</x:xmpmeta>",
        captions.XMP.decode().encode("utf-16-le"),
    ],
)
def test_a_packet_that_is_none_says_nothing(packet: bytes) -> None:
    assert read_xmp(packet) is None


def test_texts_and_lists_are_bounded() -> None:
    block = read_iptc(captions.iptc([(25, str(n).encode()) for n in range(5_000)] + [(120, b"x" * 30_000)]))
    assert block is not None
    assert block.description is not None
    assert len(block.description.keywords) == MAX_ITEMS
    assert block.description.caption == "x" * (MAX_TEXT - 1) + "…"


def test_of_a_text_that_unfolds_far_only_the_beginning_is_read() -> None:
    packed = zlib.compress(b"x" * 50_000_000, 9)
    packet = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(captions.XMP + b" " * 50_000_000, 9)
    chunks = pictures.png_chunk(b"zTXt", b"Description\0\0" + packed) + pictures.png_chunk(b"iTXt", packet)
    photo = pictures.insert_png_chunk(pictures.encode(captions.PHOTO, "PNG"), chunks)
    tracemalloc.start()
    try:
        assert said(photo) == {"png": {"caption": "x" * (MAX_TEXT - 1) + "…"}, "xmp": captions.SAID_BY_XMP}
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    finally:
        tracemalloc.stop()


def test_only_the_first_of_many_texts_is_unfolded() -> None:
    chunks = b"".join(pictures.png_chunk(b"tEXt", b"Title\0" + str(n).encode()) for n in range(1_000))
    photo = pictures.insert_png_chunk(pictures.encode(captions.PHOTO, "PNG"), chunks)
    assert said(photo) == {"png": {"title": "0"}}


def test_metadata_never_decides_whether_a_photo_is_read() -> None:
    photo = captions.jpeg(exif=captions.exif(MAIN)[:40], xmp=b"<broken", resources=b"8BIM\4\4\xff")
    assert said(photo) == {}


@pytest.mark.parametrize("data", [captions.iptc(DATASETS, name=b"a name")])
def test_cut_off_resources_give_what_lies_before_the_cut(data: bytes) -> None:
    for length in range(len(data)):
        block = read_iptc(data[:length])
        shown = block.document() if block else {}
        assert shown.keys() <= SAID_BY_IPTC.keys()


@settings(max_examples=300)
@given(
    data=st.binary(max_size=300), start=st.sampled_from([b"", b"8BIM\4\4\0\0", b"8BIM\4\4\0\0\0\0\1\0\x1c\2"])
)
def test_random_resources_never_fail(data: bytes, start: bytes) -> None:
    read_iptc(start + data)


@settings(max_examples=300)
@given(at=st.integers(0, len(captions.XMP) - 1), new=st.binary(min_size=1, max_size=4))
def test_altered_packets_never_fail(at: int, new: bytes) -> None:
    read_xmp(captions.XMP[:at] + new + captions.XMP[at + len(new) :])


@settings(max_examples=300)
@given(data=st.data())
def test_altered_exif_never_fails(data: st.DataObject) -> None:
    block = bytearray(captions.exif(MAIN, captions.gps(), INNER))
    for _ in range(data.draw(st.integers(1, 4))):
        block[data.draw(st.integers(6, len(block) - 1))] = data.draw(st.integers(0, 255))
    found = read_exif(bytes(block)).block
    place = None if found is None else found.position
    assert place is None or (abs(place.latitude) <= 90 and abs(place.longitude) <= 180)


@given(text=st.text(max_size=40), cut=st.integers(0, 3))
def test_texts_come_back(text: str, cut: int) -> None:
    stripped = text.replace("\0", "").strip()
    assert decoded(text.encode()) == stripped
    data = text.encode()
    if cut < len(data):
        assert stripped.startswith(decoded(data[: len(data) - cut], cut=True)[:1])


def test_latin_text_keeps_its_last_letter() -> None:
    assert decoded("José".encode("latin-1")) == "José"


def test_pillow_reads_the_same_metadata() -> None:
    photo = captions.jpeg(exif=captions.exif(MAIN, captions.gps(), INNER), xmp=captions.XMP)
    witness = Image.open(io.BytesIO(photo))
    assert witness.getexif()[0x010F] == "NIKON CORPORATION"
    assert witness.info["xmp"] == captions.XMP
