"""Encryption of the few secrets that must be readable again, such as those of one-time codes.

The key lies beside the database, not in it: a copy of the database alone gives nothing away.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from antigone.errors import WorkspaceError

KEY_FILE = "vault.key"


class Vault:
    """Encrypts with the workspace's key, which is made at first use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def seal(self, secret: bytes) -> bytes:
        """Return ``secret`` encrypted."""
        return self._cipher().encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed. Raises `WorkspaceError` when the key is another one."""
        try:
            return self._cipher().decrypt(sealed)
        except InvalidToken as error:
            raise WorkspaceError(
                f"{self._home / KEY_FILE} is not the key of this workspace's records",
                hint="restore it from the backup that the records come from",
            ) from error

    def _cipher(self) -> Fernet:
        path = self._home / KEY_FILE
        try:
            if not path.exists():
                _make(path)
            return Fernet(path.read_bytes())
        except (OSError, ValueError) as error:
            raise WorkspaceError(f"the key {path} cannot be used: {error}") from error


def _make(path: Path) -> None:
    """Write a new key; of two processes that try at once, the first one's stays."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)
