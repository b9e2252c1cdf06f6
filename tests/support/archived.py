"""Web archives made for tests, record by record and byte by byte."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from PIL import Image

import pictures

DATE = "2024-03-05T06:07:08Z"
PAGE = "https://site.example/people/"


def photo(seed: int, side: int = 32, kind: str = "JPEG") -> bytes:
    """Return a small picture that differs from that of every other seed."""
    picture = pictures.scene(side, side)
    picture[:8, :8] = [seed * 37 % 256, seed * 91 % 256, seed * 13 % 256]
    image = Image.fromarray(picture)
    return pictures.encode(image.quantize(64) if kind == "GIF" else image, kind)


def digest(data: bytes) -> str:
    """Return the SHA-1 of data as archives write it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def record(
    kind: str, uri: str, block: bytes, *, number: int = 0, date: str = DATE, headers: Mapping[str, str] = {}
) -> bytes:
    """Return one record of a WARC file, uncompressed."""
    lines = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{UUID(int=number)}>",
        "WARC-Target-URI": uri,
        "WARC-Date": date,
        "Content-Type": f"application/http; msgtype={'request' if kind == 'request' else 'response'}",
        **headers,
        "Content-Length": str(len(block)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"WARC/1.0\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def http(body: bytes, content_type: str, *, status: int = 200, headers: Mapping[str, str] = {}) -> bytes:
    """Return an HTTP response."""
    lines = {"Content-Type": content_type, **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Told\r\n{head}\r\n".encode() + body


def response(
    uri: str,
    body: bytes,
    content_type: str = "image/jpeg",
    *,
    status: int = 200,
    number: int = 0,
    date: str = DATE,
    http_headers: Mapping[str, str] = {},
    headers: Mapping[str, str] = {},
) -> bytes:
    """Return a record of a response, with the digest of its body."""
    stated = {"WARC-Payload-Digest": digest(body), **headers}
    block = http(body, content_type, status=status, headers=http_headers)
    return record("response", uri, block, number=number, date=date, headers=stated)


def page(uri: str, html: str, **headers: str) -> bytes:
    """Return a record of a page."""
    return response(uri, html.encode(), "text/html; charset=utf-8", headers=headers)


def request(uri: str, *, referrer: str = "", accept: str = "image/avif,image/webp,*/*") -> bytes:
    """Return a record of what a browser asked for."""
    line = f"Referer: {referrer}\r\n" if referrer else ""
    block = f"GET / HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n{line}\r\n".encode()
    return record("request", uri, block)


def revisit(uri: str, *, content_type: str = "image/jpeg", **headers: str) -> bytes:
    """Return a record that refers to an earlier one; underscores in names of headers become hyphens."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    block = http(b"", content_type)
    return record("revisit", uri, block, number=99, date="2024-04-01T00:00:00Z", headers=told)


def compressed(records: Iterable[bytes]) -> bytes:
    """Return a WARC file with each record in a gzip member of its own."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def album(number: int) -> list[bytes]:
    """Return the records of a page and its photos; every other photo comes before the page."""
    photos = [response(f"{PAGE}{index}.jpg", photo(index), number=index + 1) for index in range(number)]
    html = "".join(
        f"<figure><img src={index}.jpg><figcaption>No. {index}</figcaption></figure>"
        for index in range(number)
    )
    middle = page(PAGE, f"<html lang=uk><title>An album</title><body>{html}")
    info = record(
        "warcinfo", "", b"software: a test\r\n", headers={"Content-Type": "application/warc-fields"}
    )
    return [info, *photos[::2], middle, *photos[1::2]]


def wacz(
    files: Mapping[str, bytes],
    *,
    signed: object = None,
    described: Sequence[str] | None = None,
    compression: int = zipfile.ZIP_STORED,
    digest_of: bytes | None = None,
) -> bytes:
    """Return a WACZ package; ``described`` are the files that its description lists, all without it."""
    description = json.dumps(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "resources": [
                {
                    "name": name.rpartition("/")[2],
                    "path": name,
                    "hash": f"sha256:{hashlib.sha256(files[name]).hexdigest()}",
                    "bytes": len(files[name]),
                }
                for name in (files if described is None else described)
            ],
        }
    ).encode()
    stated: dict[str, object] = {"path": "datapackage.json", "hash": hash_of(digest_of or description)}
    if signed is not None:
        stated["signedData"] = signed(stated["hash"]) if callable(signed) else signed
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as package:
        for name, data in files.items():
            package.writestr(name, data)
        package.writestr("datapackage.json", description)
        package.writestr("datapackage-digest.json", json.dumps(stated))
    return buffer.getvalue()


def hash_of(data: bytes) -> str:
    """Return a hash as descriptions of packages write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
