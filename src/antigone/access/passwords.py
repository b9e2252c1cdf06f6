"""Passwords: Argon2id with the parameters of RFC 9106, through argon2-cffi."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from antigone.errors import UsageError

SHORTEST = 12
LONGEST = 1_000

_HASHER = PasswordHasher()
# Verified against when there is no such account, so that an answer takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str, *, name: str) -> str:
    """Return what is kept of a password. Raises `UsageError` where it is too easy to guess."""
    password = _normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"a password has {SHORTEST} to {LONGEST:,} characters",
            hint="several words that do not belong together are easy to keep and hard to guess",
        )
    if len(set(password)) < 5 or name.lower() in password.lower():
        raise UsageError("this password is easy to guess", hint="leave your name and repetitions out of it")
    return _HASHER.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Tell whether it is the password; takes as long where there is none."""
    try:
        return _HASHER.verify(kept or _NOBODY, _normal(password)[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept: str) -> bool:
    """Tell whether ``kept`` was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
