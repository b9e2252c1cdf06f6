"""Addresses in pages: found in the attributes that hold them, made absolute, and compared.

A page seldom writes an address just as it was fetched. Two addresses count as one where every server
understands them alike (http and https, the case of a host, how a character is escaped, a fragment), and where
they differ in nothing but the number that scripts add to get past a cache.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

MAX_URL = 4_096  # characters; what is longer is data or nonsense
_CANDIDATE = re.compile(r"[\s,]*(\S+)")
_PICTURE = re.compile(r"\.(?:jpe?g|jfif|png|webp|gif|avif|bmp|heic|tiff?)(?:$|[?#:!])", re.IGNORECASE)
_LINE_BREAKS = str.maketrans("", "", "\t\r\n")  # browsers take them out of addresses
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})|([^\x21-\x7e]+|[\"<>\\^`{|}])")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PAST_CACHES = re.compile(
    r"(?:^|(?<=&))(?:_|_t|cb|cachebust(?:er)?|nocache|timestamp|ts)=\d{10,20}(?:&|$)", re.IGNORECASE
)
# An address that is in its normal form as it stands, as nearly all are.
_PLAIN = re.compile(r"https?:(//[a-z0-9-]+(?:\.[a-z0-9-]+)+(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?)")
_PORTS = {"http": 80, "https": 443}


def absolute(base: str, address: str) -> str | None:
    """Return an address of a page as a web address; None where it is none."""
    address = address.strip().translate(_LINE_BREAKS)
    if not address or len(address) > MAX_URL or address.startswith("#") or not is_text(address):
        return None
    try:
        joined = urljoin(base, address)
    except ValueError:
        return None
    return joined if joined[:5].lower() in ("http:", "https") and len(joined) <= MAX_URL else None


@lru_cache(maxsize=4_096)
def key_of(url: str) -> bytes:
    """Return 16 bytes that are the same for addresses that count as one."""
    return hashlib.blake2b(normal(url).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def normal(url: str) -> str:
    """Return the form of an address in which it is compared; of one that cannot be understood, itself."""
    plain = _PLAIN.fullmatch(url)
    if plain is not None and "/." not in plain[1]:
        return plain[1] if plain[2] is not None else f"{plain[1]}/"
    try:
        parts = urlsplit(url.strip().translate(_LINE_BREAKS))
        port = parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        return url
    host = _host(parts.hostname or "")
    if port not in (None, _PORTS[scheme]):
        host += f":{port}"
    path = _escaped(_without_dots(parts.path)) or "/"
    query = _PAST_CACHES.sub("", _escaped(parts.query)).rstrip("&")
    return f"//{host}{path}?{query}" if query else f"//{host}{path}"


def is_text(text: str) -> bool:
    """Tell whether a text can be written down: JSON can hold halves of characters."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    return "/".join(url.split("/", 3)[:3]).lower()


def in_srcset(value: str) -> Iterator[str]:
    """Yield the addresses of a ``srcset`` attribute (HTML, 4.8.4.2.1)."""
    at = 0
    while at < len(value):
        found = _CANDIDATE.match(value, at)
        if found is None:
            return
        at, address = found.end(), found[1]
        if address.endswith(","):
            yield address.rstrip(",")
            continue
        yield address
        comma = _end_of_descriptor(value, at)
        at = comma + 1


def in_css(text: str) -> Iterator[str]:
    """Yield the addresses that a style names, whatever for."""
    lower = text.lower() if text.isascii() else text
    at = 0
    while (start := lower.find("url(", at)) >= 0:
        start += len("url(")
        while text[start : start + 1].isspace():
            start += 1
        quote = text[start : start + 1]
        closing = quote if quote in ("'", '"') else ")"
        end = text.find(closing, start + (closing == quote))
        if end < 0:
            return
        if end - start > MAX_URL:
            at = max(start, end - MAX_URL)
            continue
        at = end + 1
        address = text[start:end].strip().strip("'\"")
        if address and not address.lower().startswith("data:"):
            yield address


def looks_like_picture(address: str) -> bool:
    """Tell whether an address ends as the names of picture files do."""
    return len(address) <= MAX_URL and _PICTURE.search(address) is not None


def _end_of_descriptor(value: str, at: int) -> int:
    closed = value.find(",", at)
    opened = value.find("(", at, closed) if closed >= 0 else -1
    if opened >= 0:  # a descriptor of the future may hold commas in brackets
        bracket = value.find(")", opened)
        closed = value.find(",", bracket) if bracket >= 0 else -1
    return closed if closed >= 0 else len(value)


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _escaped(text: str) -> str:
    return _ESCAPE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "".join(f"%{byte:02X}" for byte in found[2].encode("utf-8", "surrogatepass"))
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else f"%{found[1].upper()}"


def _without_dots(path: str) -> str:
    """Resolve "." and ".." in a path, as browsers do before they ask for it."""
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
