"""Photos and material from public web servers: bounded, and never from this machine or a private network.

A web address may come from a manifest that somebody else wrote, so it must not become a way to look into the
network where Antigone runs. What counts is the address that a connection is made to, not the name in the
URL: each socket, also those after a redirect, is refused at its creation unless its address is public. A name
that resolves differently the second time gains nothing by that, and no proxy is used.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import aiohttp
from fsspec.asyn import get_loop, sync
from fsspec.spec import AbstractBufferedFile

from antigone.errors import PhotoError
from antigone.faces.reading import empty, too_large
from antigone.failures import FailureCode

_MOST_REDIRECTS = 5
_PATIENCE = 10  # a whole answer may take so many times as long as one sign of life
_CHUNK = 1 << 16
_BLOCK = 4 << 20  # bytes of material fetched at once
_PLAIN = {"Accept-Encoding": "identity"}  # what is hashed and kept is what the server holds, nothing unpacked

# Networks whose last 32 bits are an address of version 4, which alone decides: mapped (RFC 4291) and NAT64
# (RFC 6052, RFC 8215). What 6to4 and Teredo carry `ipaddress` knows.
_TRANSLATED = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
# Not for the public internet, though `ipaddress` of some Python versions says so: protocol assignments, with
# the metadata service of one cloud among them, addresses for documentation, and what once was site-local.
# The last one is public by its number, but in Azure the host of a virtual machine answers there.
_NOT_GLOBAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "3fff::/20", "5f00::/16", "fec0::/10", "168.63.129.16/32")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
T = TypeVar("T")


class NotPublicError(OSError):
    """A web address led to a machine that is not on the public internet."""


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet, and all that it may carry does too."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(each) for each in (ip, *_carried(ip)))


def _is_global(ip: Address) -> bool:
    if _is_translated(ip):
        return True  # decided by what it carries
    if any(ip.version == network.version and ip in network for network in _NOT_GLOBAL):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _is_translated(ip: Address) -> bool:
    return isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in _TRANSLATED)


def _carried(ip: Address) -> list[Address]:
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    if _is_translated(ip):
        return [ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)]
    return [each for each in (ip.sixtofour, *(ip.teredo or ())) if each is not None]


def read(url: str, *, most: int, timeout: float) -> bytes:
    """Return the content at a web address of 1 to ``most`` bytes; ``timeout`` in seconds a sign of life.

    Raises `PhotoError` (unreadable, not-allowed, empty-file, file-too-large).
    """
    data = _answer(_get(url, most=most, timeout=timeout))
    if not data:
        raise empty()
    if len(data) > most:
        raise too_large(len(data), most)
    return data


def post(url: str, body: bytes, *, headers: dict[str, str], timeout: float, inside: bool) -> int:
    """Send ``body`` and return the status of the answer, of which nothing else is read.

    No redirect is followed. ``inside`` reaches this machine and private networks too. Raises `OSError`, which
    says in a sentence why nothing was sent or answered.
    """
    try:
        return _answer(_post(url, body, headers=headers, timeout=timeout, inside=inside))
    except PhotoError as error:
        raise OSError(error.failure.message) from None


class WebFile(AbstractBufferedFile):  # type: ignore[misc]  # fsspec is not typed
    """Material at a web address, read in blocks; it can seek, for the server must serve ranges.

    Opening and reading raise `PhotoError` (unreadable, not-allowed), also where it changed meanwhile.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url, self._timeout = url, timeout
        size, self._same = _answer(_size(url, timeout=timeout))
        super().__init__(None, url, "rb", block_size=_BLOCK, cache_type="readahead", size=size)

    def _fetch_range(self, start: int, end: int) -> bytes:
        return _answer(_get_range(self._url, start, end, same=self._same, timeout=self._timeout))


def _answer(question: Coroutine[Any, Any, T]) -> T:
    """Wait for an answer, which the loop of fsspec fetches in a thread of its own."""

    async def asked() -> T:
        return await question

    try:
        answer: T = sync(get_loop(), asked)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _told(error) from None  # the cause may quote the address, with whatever it was redirected to
    return answer


def _told(error: Exception) -> PhotoError:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, NotPublicError):
        return PhotoError(
            FailureCode.NOT_ALLOWED,
            "The web address leads to this machine or into a private network, where nothing is read.",
        )
    match error:
        case aiohttp.ClientResponseError(status=status) if status:
            message = f"The web server answers with status {status}."
        case TimeoutError():
            message = "The web server does not answer in time."
        case aiohttp.TooManyRedirects():
            message = "The web server redirects without end."
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            message = "The web server cannot prove who it is: its certificate is not valid."
        case aiohttp.ClientConnectorDNSError():
            message = "The host of the web address is not known."
        case _:
            message = "The web server cannot be reached, or breaks off."
    return PhotoError(FailureCode.UNREADABLE, message)


async def _get(url: str, *, most: int, timeout: float) -> bytes:
    """Return what is there, up to one byte more than ``most``."""
    async with _session(timeout) as session, session.get(url, max_redirects=_MOST_REDIRECTS) as response:
        _check(response)
        return await _body(response, most + 1)


async def _post(url: str, body: bytes, *, headers: dict[str, str], timeout: float, inside: bool) -> int:
    async with (
        _session(timeout, inside=inside) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as response,
    ):
        return response.status


async def _get_range(url: str, start: int, end: int, *, same: dict[str, str], timeout: float) -> bytes:
    headers = {"Range": f"bytes={start}-{end - 1}", **same}
    async with (
        _session(timeout) as session,
        session.get(url, headers=headers, max_redirects=_MOST_REDIRECTS) as response,
    ):
        if response.status == 412:
            raise PhotoError(FailureCode.UNREADABLE, "The file on the web server changed while it was read.")
        _check(response)
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise PhotoError(FailureCode.UNREADABLE, "The web server stopped serving parts of the file.")
        return await _body(response, end - start)


async def _size(url: str, *, timeout: float) -> tuple[int, dict[str, str]]:
    """Return how many bytes are there, and the headers that ask for more of the very same content."""
    async with (
        _session(timeout) as session,
        session.get(url, headers={"Range": "bytes=0-0"}, max_redirects=_MOST_REDIRECTS) as response,
    ):
        if response.status == 416 or (response.status == 200 and response.content_length == 0):
            raise empty()
        _check(response)
        total = re.fullmatch(r"bytes 0-0/(\d+)", response.headers.get("Content-Range", ""))
        if total is None:
            raise PhotoError(
                FailureCode.UNREADABLE, "The web server serves no parts of a file; fetch the file first."
            )
        tag = response.headers.get("ETag", "")
        return int(total[1]), {"If-Match": tag} if tag.startswith('"') else {}


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for part in response.content.iter_chunked(_CHUNK):
        body += part[: most - len(body)]
        if len(body) == most:
            break
    return bytes(body)


def _check(response: aiohttp.ClientResponse) -> None:
    response.raise_for_status()
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise PhotoError(FailureCode.UNREADABLE, "The web server sends the file packed, though asked not to.")


def _session(timeout: float, *, inside: bool = False) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=None if inside else _public_socket),
        connector_owner=True,
        headers=_PLAIN,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_PATIENCE * timeout, connect=timeout, sock_read=timeout),
        auto_decompress=False,
        trust_env=False,  # a proxy would make the connection in our place, unchecked
    )


def _public_socket(where: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, address = where
    if not is_public(str(address[0])):
        raise NotPublicError("not on the public internet")
    return socket.socket(family, kind, protocol)
