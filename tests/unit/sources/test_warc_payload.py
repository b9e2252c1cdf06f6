"""What records carry: chunks and encodings undone, as far as they are there, and never beyond a bound."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import zlib

import brotli
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archived
from antigone.provenance import CheckOutcome
from antigone.sources.warc_bytes import Budget
from antigone.sources.warc_payload import (
    Body,
    Message,
    body_of,
    check_digest,
    read_message,
    read_on,
    unchunked,
)
from antigone.sources.warc_records import Record, read_records

DATA = random.Random(3).randbytes(300_000) + bytes(range(256)) * 300
MOST = 1 << 20


def record(block: bytes, **headers: str) -> Record:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    data = archived.record("response", "http://a/", block, headers=told)
    met = next(read_records(io.BytesIO(data), Budget(inflated_bytes=1 << 30, records=9)))
    assert isinstance(met, Record)
    return met


def message(body: bytes, **headers: str) -> Message:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_message(record(archived.http(body, "image/jpeg", headers=told)), MOST)


def chunked(data: bytes, size: int = 1000, line: bytes = b"\r\n") -> bytes:
    parts = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(b"%x%b%b%b" % (len(part), line, part, line) for part in parts) + b"0" + line * 2


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def zstandard(data: bytes) -> bytes:
    packed: bytes = pyarrow.compress(data, codec="zstd", asbytes=True)
    return packed


ENCODED = {
    "gzip": gzip.compress(DATA),
    "x-gzip": gzip.compress(DATA),
    "deflate": zlib.compress(DATA),
    "br": brotli.compress(DATA),
    "zstd": zstandard(DATA),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_content_encodings_are_undone(encoding: str) -> None:
    body = body_of(message(ENCODED[encoding], Content_Encoding=encoding), MOST)
    assert (body.data, body.exceeds, body.trouble) == (DATA, False, "")


def test_deflate_without_its_header_is_undone_too() -> None:
    assert body_of(message(raw_deflate(DATA), Content_Encoding="deflate"), MOST).data == DATA


def test_encodings_are_undone_in_reverse() -> None:
    twice = gzip.compress(brotli.compress(DATA))
    assert body_of(message(twice, Content_Encoding="br, gzip"), MOST).data == DATA
    everything = chunked(twice)
    headers = {"Content_Encoding": "br, gzip", "Transfer_Encoding": "chunked"}
    assert body_of(message(everything, **headers), MOST).data == DATA


@pytest.mark.parametrize("encoding", ENCODED)
def test_an_encoding_that_is_stated_but_not_there_is_passed_over(encoding: str) -> None:
    picture = archived.photo(1)
    assert (
        body_of(message(picture, Content_Encoding=encoding, Transfer_Encoding="chunked"), MOST).data
        == picture
    )


@pytest.mark.parametrize("encoding", ENCODED)
def test_an_encoding_that_is_cut_off_says_so(encoding: str) -> None:
    body = body_of(
        message(ENCODED[encoding][: len(ENCODED[encoding]) * 2 // 3], Content_Encoding=encoding), MOST
    )
    assert body.trouble or not body.data.startswith(DATA[:100])
    assert DATA.startswith(body.data) or body.data == ENCODED[encoding][: len(body.data)]


def test_an_unknown_encoding_is_no_guess() -> None:
    body = body_of(message(DATA, Content_Encoding="exotic"), MOST)
    assert body.data == b""
    assert "exotic" in body.trouble


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param((gzip.compress(bytes(1 << 26)), "gzip"), id="gzip"),
        pytest.param((brotli.compress(bytes(1 << 26), quality=1), "br"), id="br"),
        pytest.param((zstandard(bytes(1 << 26)), "zstd"), id="zstd"),
        pytest.param((gzip.compress(gzip.compress(bytes(1 << 26))), "gzip, gzip"), id="nested"),
    ],
)
def test_a_bomb_is_not_unfolded_beyond_the_bound(bomb: tuple[bytes, str]) -> None:
    data, encoding = bomb
    body = body_of(message(data, Content_Encoding=encoding), 10_000)
    assert body.exceeds
    assert len(body.data) == 10_000


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_chunks_are_put_together(size: int, line: bytes) -> None:
    assert unchunked(chunked(DATA[:5000], size, line)) == DATA[:5000]


def test_chunks_with_extensions_and_trailers_are_put_together() -> None:
    assert unchunked(b"5;name=value\r\nHello\r\n0\r\nExpires: never\r\n\r\n") == b"Hello"


def test_chunks_that_break_off_give_what_is_there() -> None:
    assert unchunked(chunked(DATA, 1000)[:-2000]) == DATA[: len(unchunked(chunked(DATA, 1000)[:-2000]))]
    assert unchunked(b"5\r\nHello\r\n7") == b"Hello"


@given(st.binary(max_size=200))
def test_what_was_not_sent_in_chunks_comes_back(data: bytes) -> None:
    for start in (b"\xff\xd8\xff\xe0", b"<html>", b"\x89PNG\r\n\x1a\n"):
        assert unchunked(start + data) == start + data


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip,br"]))
def test_any_body_ends_in_a_body(data: bytes, encoding: str) -> None:
    body = body_of(message(data, Content_Encoding=encoding, Transfer_Encoding="chunked"), 1000)
    assert isinstance(body, Body)
    assert len(body.data) <= 1000


def test_a_message_is_read_in_two_steps_as_in_one() -> None:
    block = archived.http(DATA, "IMAGE/JPEG; charset=x", status=404, headers={"Location": "/b"})
    first = read_message(opened := record(block), 1000)
    assert len(first.block) == 1000
    both = read_on(opened, first, MOST)
    assert both == read_message(record(block), MOST)
    assert (both.status, both.content_type, both.charset, both.target) == (404, "image/jpeg", "x", "/b")
    assert body_of(both, MOST).data == DATA


def test_a_resource_is_its_own_body() -> None:
    found = read_message(record(DATA, Content_Type="image/png"), MOST)
    assert (found.status, found.content_type, found.body_at) == (None, "image/png", 0)
    assert body_of(found, MOST).data == DATA


@pytest.mark.parametrize(
    "block", [b"", b"HTTP/1.1", b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n", b"\0" * 100, b"\xff" * 9]
)
def test_a_broken_message_has_no_more_than_it_has(block: bytes) -> None:
    found = read_message(record(block), MOST)
    assert body_of(found, MOST).data in (b"", block[found.body_at :])


# ---- digests ----


def hexadecimal(name: str, data: bytes) -> str:
    return f"{name}:{hashlib.new(name.replace('-', ''), data).hexdigest()}"


@pytest.mark.parametrize(
    "stated",
    [
        archived.digest(DATA),
        archived.digest(DATA).lower(),
        hexadecimal("sha1", DATA),
        hexadecimal("sha256", DATA),
        hexadecimal("sha-256", DATA).upper(),
        hexadecimal("sha512", DATA),
        hexadecimal("md5", DATA),
    ],
)
def test_a_digest_is_recognised_in_every_spelling(stated: str) -> None:
    block = archived.http(DATA, "image/jpeg")
    for digest, outcome in (
        (stated, CheckOutcome.PASSED),
        (stated[:-3] + "aa" + stated[-1], CheckOutcome.FAILED),
    ):
        found = read_message(opened := record(block, WARC_Payload_Digest=digest), MOST)
        assert check_digest(opened, found, body_of(found, MOST)) is outcome


def test_a_digest_may_be_taken_before_or_after_encodings() -> None:
    stored = chunked(gzip.compress(DATA))
    block = archived.http(stored, "x/y", headers={"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"})
    for form in (stored, gzip.compress(DATA), DATA):
        found = read_message(opened := record(block, WARC_Payload_Digest=archived.digest(form)), MOST)
        assert check_digest(opened, found, body_of(found, MOST)) is CheckOutcome.PASSED


def test_without_a_payload_digest_that_of_the_block_counts() -> None:
    block = archived.http(DATA, "image/jpeg")
    for headers, outcome in (
        ({"WARC_Block_Digest": archived.digest(block)}, CheckOutcome.PASSED),
        ({"WARC_Block_Digest": archived.digest(DATA)}, CheckOutcome.FAILED),
        (
            {"WARC_Payload_Digest": "whirlpool:00", "WARC_Block_Digest": archived.digest(block)},
            CheckOutcome.PASSED,
        ),
        ({"WARC_Payload_Digest": "whirlpool:00"}, CheckOutcome.ABSENT),
        ({}, CheckOutcome.ABSENT),
    ):
        found = read_message(opened := record(block, **headers), MOST)
        assert check_digest(opened, found, body_of(found, MOST)) is outcome
