"""Where material may lie: paths and URLs, told apart, and which of them may be read and kept.

An address comes from the operator, or from a manifest that the operator names. No secret in it is ever used,
stored or shown: keys for a store belong into the environment.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from antigone.errors import PhotoError
from antigone.failures import FailureCode
from antigone.settings import Settings

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

# Names of query parameters that let the bearer in: signed URLs of the large stores, and common tokens.
_SECRET = re.compile(
    r"x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig|awsaccesskeyid|googleaccessid"
    r"|(?:access|auth|id|refresh)[-_]?token|token|api[-_]?key|password|passwd|pwd|secret",
    re.IGNORECASE,
)


class Reach(IntEnum):
    """How far away a place lies, from near to far."""

    MACHINE = 0  # a path, or a file URL
    STORE = 1  # object storage to which the operator holds the keys
    WEB = 2


_REACH = {
    "file": Reach.MACHINE,
    "memory": Reach.STORE,  # within the process: fsspec's store for trials
    "s3": Reach.STORE,
    "http": Reach.WEB,
    "https": Reach.WEB,
}


def is_url(address: str) -> bool:
    """Tell whether an address is a URL, of whatever kind, and not a path."""
    return _URL.match(address) is not None


def scheme_of(address: str) -> str:
    """Return the scheme of a URL in lower case, or "" for a path."""
    match = _URL.match(address)
    return match[1].lower() if match is not None else ""


def reach_of(address: str) -> Reach:
    """Tell how far away a path or an allowed URL lies."""
    return _REACH.get(scheme_of(address), Reach.MACHINE)


def name_of(address: str) -> str:
    """Return what names the file in an address: for a web address, its path without query and fragment."""
    if reach_of(address) is Reach.WEB:
        return re.split("[?#]", address, maxsplit=1)[0]
    return address


def allowed(address: str, settings: Settings) -> str:
    """Return a path, or a URL in the form in which it is read and stored; a file URL becomes a path.

    Raises `PhotoError` (not-allowed) for a URL of another kind, one that carries credentials, and a web
    address unless ``settings.allow_http`` is set.
    """
    scheme = scheme_of(address)
    if not scheme:
        return address
    if scheme not in _REACH:
        known = ", ".join(sorted(_REACH.keys() - {"memory"}))
        _refuse(f"URLs of the kind {scheme}:// are not read.", f"Use one of {known}, or a path.")
    rest = address[len(scheme) + len("://") :]
    match _REACH[scheme]:
        case Reach.MACHINE:
            return _path_of(rest)
        case Reach.STORE:
            return _in_store(scheme, rest)
        case Reach.WEB:
            if not settings.allow_http:
                _refuse("Web addresses are read only where ANTIGONE_ALLOW_HTTP=true says so.")
            return _on_web(address)


def without_secrets(url: str) -> str:
    """Return a URL that is kept as a statement, such as a page's, less whatever would let its reader in."""
    if "@" not in url and "=" not in url:
        return url
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url.rpartition("@")[2]
    if any(_SECRET.fullmatch(name) for name, _ in query):
        shown = [(name, "removed" if _SECRET.fullmatch(name) else value) for name, value in query]
        parts = parts._replace(query=urlencode(shown))
    elif "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _path_of(rest: str) -> str:
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        _refuse("A file URL must name a file on this machine.", "Write file:///folder/photo.jpg, or a path.")
    return unquote("/" + path, errors="surrogateescape")


def _in_store(scheme: str, rest: str) -> str:
    bucket, slash, key = rest.partition("/")
    if "@" in bucket:
        _refuse_credentials()
    if not bucket:
        _refuse("The URL names no bucket.", f"Write {scheme}://bucket/folder/photo.jpg.")
    return f"{scheme}://{bucket}{slash}{key}"


def _on_web(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, query = parts.hostname, parse_qsl(parts.query, keep_blank_values=True)
        port = parts.port
    except ValueError:
        _refuse("The web address cannot be understood.", "Check its spelling.")
    if not host or port == 0:
        _refuse("The web address names no host.", "Check its spelling.")
    if "@" in parts.netloc or any(_SECRET.fullmatch(name) for name, _ in query):
        _refuse_credentials()
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), fragment=""))


def _refuse_credentials() -> NoReturn:
    _refuse(
        "The URL carries credentials, which Antigone neither uses nor keeps.",
        "Put keys into the environment (AWS_ACCESS_KEY_ID and so on), or fetch signed links first.",
    )


def _refuse(message: str, hint: str = "") -> NoReturn:
    raise PhotoError(FailureCode.NOT_ALLOWED, message, hint=hint)
