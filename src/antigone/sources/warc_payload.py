"""What a record of an archive carries: the bytes that a browser would have been given, bounded.

The message is taken apart as HTTP has it (RFC 9110, RFC 9112): headers, chunks, content encodings. Recorders
differ in what they undo and in whether the headers still tell of it, so an encoding that is stated and
plainly not there is passed over. No digest is believed before it has been computed.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import brotli
from fastwarc.stream_io import ZstdReader
from fastwarc.warc import HeaderMap

from antigone.provenance import CheckOutcome
from antigone.sources.warc_records import MAX_HEADER_BYTES, Record

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"\s*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
_PIECE = 64 << 10
_MAX_ENCODINGS = 4  # one on top of the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The beginning of a record's block, or all of it."""

    status: int | None = None  # of HTTP; None for a record that is no HTTP response
    content_type: str = ""  # in lower case, without parameters; empty where it states none
    charset: str | None = None
    language: str | None = None
    target: str | None = None  # where a redirection leads, as it is written
    referrer: str | None = None  # of a request
    wants_picture: bool = False  # of a request: the browser said that it asked for a picture
    block: bytes = field(repr=False)
    body_at: int = 0  # where the body begins in the block
    chunked: bool = False
    encodings: tuple[str, ...] = ()  # as stated, the one that was applied first in front


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A decoded body."""

    data: bytes = field(repr=False)
    exceeds: bool = False  # there is more than was allowed
    trouble: str = ""  # why it ends early, as a sentence; empty when all is well


def read_message(record: Record, most: int) -> Message:
    """Read up to ``most`` bytes of a record's block, and what its headers say."""
    block = record.read(most)
    stated = record.headers.get("Content-Type") or ""
    if not stated.lower().startswith("application/http"):
        kind, charset = _content_type(stated)
        return Message(content_type=kind, charset=charset, block=block)
    end = _END_OF_HEADERS.search(block, 0, MAX_HEADER_BYTES)
    at = end.end() if end else len(block)
    headers = HeaderMap()
    headers.parse(io.BytesIO(block[:at]), has_status_line=True)
    if record.kind == "request":
        accepts = (headers.get("Accept") or "").lower()
        return Message(
            referrer=headers.get("Referer"),
            wants_picture=accepts.startswith("image/") or headers.get("Sec-Fetch-Dest") == "image",
            block=block,
            body_at=at,
        )
    kind, charset = _content_type(headers.get("Content-Type") or "")
    return Message(
        status=headers.status_code,
        content_type=kind,
        charset=charset,
        language=headers.get("Content-Language"),
        target=headers.get("Location"),
        block=block,
        body_at=at,
        chunked="chunked" in (headers.get("Transfer-Encoding") or "").lower(),
        encodings=_encodings(headers.get("Content-Encoding")),
    )


def read_on(record: Record, message: Message, most: int) -> Message:
    """Return the message with up to ``most`` bytes of its block."""
    more = record.read(most - len(message.block)) if len(message.block) < most else b""
    return replace(message, block=message.block + more) if more else message


def body_of(message: Message, most: int) -> Body:
    """Decode the body of a message, up to ``most`` bytes of it."""
    if not message.chunked and not message.encodings:
        data = message.block[message.body_at : message.body_at + most + 1]
        return Body(data=data[:most], exceeds=len(data) > most)
    data = message.block[message.body_at :]
    if message.chunked:
        data = unchunked(data)
    for encoding in reversed(message.encodings[:_MAX_ENCODINGS]):
        decoder = _DECODERS.get(encoding)
        if decoder is None:
            return Body(data=b"", trouble=f"Its content encoding ({encoding[:40]}) is not known.")
        decoded, trouble = _decode(decoder, data, most)
        if trouble and not decoded:
            continue  # stated, and plainly not there
        if trouble or len(decoded) > most:
            return Body(data=decoded[:most], exceeds=len(decoded) > most, trouble=trouble)
        data = decoded
    return Body(data=data[:most], exceeds=len(data) > most)


def unchunked(data: bytes) -> bytes:
    """Undo chunked transfer as far as it goes; data that was not sent in chunks comes back as it is."""
    parts, at = [], 0
    while size := _CHUNK_SIZE.match(data, at):
        length = int(size[1], 16)
        if length == 0:
            at = len(data)
            break
        end = size.end() + length
        if end < len(data) and data[end : end + 1] not in (b"\r", b"\n"):
            break
        parts.append(data[size.end() : end])
        at = end + (2 if data[end : end + 2] == b"\r\n" else 1)
    return b"".join(parts) if at else data


def check_digest(record: Record, message: Message, body: Body) -> CheckOutcome:
    """Check the digests that a record states of its payload or of its whole block.

    ``message`` and ``body`` must be whole. Tools differ in whether a payload's digest is taken before or
    after chunks and content encodings are undone (the standard leaves room for it); any of the three counts.
    """
    stated = record.headers.get("WARC-Payload-Digest")
    stored = message.block[message.body_at :]
    forms: tuple[Callable[[], bytes], ...] = (
        lambda: stored,
        lambda: unchunked(stored),
        lambda: body.data,
    )
    if not _can_check(stated):
        stated, forms = record.headers.get("WARC-Block-Digest"), (lambda: message.block,)
    if stated is None or not _can_check(stated):
        return CheckOutcome.ABSENT
    algorithm, _, value = stated.strip().partition(":")
    name = _ALGORITHMS[algorithm.lower()]
    expected = _bytes_of(value.strip(), hashlib.new(name).digest_size)
    matches = (hashlib.new(name, form()).digest() == expected for form in forms)
    return CheckOutcome.PASSED if any(matches) else CheckOutcome.FAILED


_ALGORITHMS = {name: name.replace("-", "") for name in ("sha1", "sha256", "sha384", "sha512", "md5")}
_ALGORITHMS |= {name: name.replace("-", "") for name in ("sha-1", "sha-256", "sha-384", "sha-512")}


def _can_check(stated: str | None) -> bool:
    return stated is not None and stated.strip().partition(":")[0].lower() in _ALGORITHMS


_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


def _bytes_of(written: str, size: int) -> bytes | None:
    """Return a digest that is written in hexadecimal or base 32; None where it is neither."""
    try:
        if len(written) == 2 * size:
            return bytes.fromhex(written)
        # What `base64.b32decode` does, in a fraction of its time.
        digits = written.rstrip("=").upper()
        number = int(digits.translate(_BASE32), 32) >> 5 * len(digits) - 8 * size
        return number.to_bytes(size, "big")
    except (ValueError, OverflowError):
        return None


def _encodings(stated: str | None) -> tuple[str, ...]:
    if not stated:
        return ()
    names = (part.strip() for part in stated.lower().split(","))
    return tuple(name for name in names if name not in ("", "identity", "none", "binary"))


def _content_type(stated: str) -> tuple[str, str | None]:
    if ";" not in stated:
        return stated.strip().lower(), None
    kind, *parameters = stated.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return kind.strip().lower(), value.strip().strip("\"'")[:40] or None
    return kind.strip().lower(), None


# ---- content encodings -------------------------------------------------------------------------------------

_Decoder = Callable[[bytes], Iterator[bytes]]


def _decode(decoder: _Decoder, data: bytes, most: int) -> tuple[bytes, str]:
    """Return at most a little over ``most`` bytes, and why they end early."""
    parts: list[bytes] = []
    size = 0
    try:
        for part in decoder(data):
            parts.append(part)
            size += len(part)
            if size > most:
                break
    except (zlib.error, brotli.error, OSError, EOFError):
        return b"".join(parts), "Its content encoding is damaged or cut off."
    return b"".join(parts), ""


def _inflated(data: bytes) -> Iterator[bytes]:
    """Undo gzip, zlib, and deflate without a header, which is what some servers call "deflate"."""
    wraps = (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS) if data[:2] != b"\x1f\x8b" else (zlib.MAX_WBITS | 32,)
    for wrap in wraps:
        inflater = zlib.decompressobj(wrap)
        try:
            first = inflater.decompress(data, _PIECE)
        except zlib.error:
            if wrap == wraps[-1]:
                raise
            continue
        yield first
        while inflater.unconsumed_tail and not inflater.eof:
            yield inflater.decompress(inflater.unconsumed_tail, _PIECE)
        if not inflater.eof:
            raise EOFError
        return


def _unbrotlied(data: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    yield decoder.process(data, output_buffer_limit=_PIECE)
    while not decoder.is_finished():
        part = decoder.process(b"", output_buffer_limit=_PIECE)
        if not part:
            raise EOFError
        yield part


def _unzstandarded(data: bytes) -> Iterator[bytes]:
    with ZstdReader(io.BytesIO(data)) as reader:
        while part := reader.read(_PIECE):
            yield part


_DECODERS: dict[str, _Decoder] = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstandarded,
}
