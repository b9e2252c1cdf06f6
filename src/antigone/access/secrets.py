"""Secrets that are given out once, and of which only a digest is kept.

They are 256 random bits, so a plain SHA-256 cannot be searched backwards; passwords are not of that kind,
see `passwords`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret on its way to its owner."""

    text: str = field(repr=False)  # to be shown once
    digest: bytes = field(repr=False)  # to be kept


def new_secret(kind: str) -> NewSecret:
    """Make a secret. ``kind`` is a short prefix by which a leaked one is recognised, such as "agt"."""
    text = f"{kind}_{secrets.token_urlsafe(32)}"
    return NewSecret(text, digest_of(text))


def digest_of(text: str) -> bytes:
    """Return the digest under which a secret is found again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
