"""The private key that signs the log's checkpoints: where it lies, and how it is replaced.

It lies in ``audit/signing.key`` of the workspace, readable by the owner alone, in the one-line form that Go's
note package and other tools for signed notes read: ``PRIVATE+KEY+NAME+ID+BASE64``. It is never exported.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from antigone.audit.verifier import Checkpoint, NoteError, PublicKey, decode_base64, encode_base64
from antigone.audit.verifier.notes import ED25519
from antigone.errors import AuditError, StorageFullError
from antigone.printable import printable
from antigone.records.sqlite import is_storage_full

FOLDER = "audit"
FILE = "signing.key"
PUBLIC = "public.keys"  # every public key there was, one a line, oldest first
NEXT = "signing.key.next"  # written before a change of keys is on record, then renamed
_PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SigningKey:
    """A private key with the name of its log."""

    public: PublicKey
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """Make a key for the log ``name``."""
        return cls._of(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read a key. Raises `NoteError`; the message never repeats it."""
        parts = text.strip().removeprefix(_PREFIX).split("+", 2)
        if not text.startswith(_PREFIX) or len(parts) != 3:
            raise NoteError("a private key has the form PRIVATE+KEY+NAME+ID+BASE64")
        material = decode_base64(parts[2])
        if len(material) != 33 or material[:1] != ED25519:
            raise NoteError("this is no private Ed25519 key")
        key = cls._of(parts[0], Ed25519PrivateKey.from_private_bytes(material[1:]))
        if key.public.id.hex() != parts[1]:
            raise NoteError("the private key is damaged: name, id and key do not belong together")
        return key

    def text(self) -> str:
        """Return the key in the form of its file."""
        seed = self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return f"{_PREFIX}{self.public.name}+{self.public.id.hex()}+{encode_base64(ED25519 + seed)}\n"

    @classmethod
    def _of(cls, name: str, private: Ed25519PrivateKey) -> SigningKey:
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(public=PublicKey(name, raw), private=private)


def sign(checkpoint: Checkpoint, *keys: SigningKey) -> bytes:
    """Return a signed note over ``checkpoint`` (c2sp.org/signed-note), one line a key."""
    text = checkpoint.text()
    lines = [
        f"\N{EM DASH} {key.public.name} {encode_base64(key.public.id + key.private.sign(text.encode()))}\n"
        for key in keys
    ]
    return f"{text}\n{''.join(lines)}".encode()


def new_log_name() -> str:
    """Make up a name for a new log that no other log has."""
    return f"antigone-log/{secrets.token_hex(16)}"


class KeyFolder:
    """The folder of the private key of one workspace."""

    def __init__(self, home: Path) -> None:
        self.path = home / FOLDER

    @property
    def file(self) -> Path:
        """The file that holds the key."""
        return self.path / FILE

    def load(self) -> SigningKey | None:
        """Read the key; None where there is none. Raises `AuditError` where it cannot be read."""
        return self._read(self.file)

    def make(self) -> SigningKey:
        """Make a new key for a new log."""
        key = SigningKey.generate(new_log_name())
        self._write(self.file, key.text())
        self.publish(key)
        return key

    def make_next(self, name: str) -> SigningKey:
        """Make the key that is to follow; `take_next` puts it in force once that is on record."""
        key = SigningKey.generate(name)
        self._write(self.path / NEXT, key.text())
        return key

    def next(self) -> SigningKey | None:
        """Read the key that is to follow, where a change of keys is under way or was cut off."""
        return self._read(self.path / NEXT)

    def take_next(self) -> None:
        """Put the next key in force. Another process may have done so already."""
        following = self.next()
        with suppress(FileNotFoundError):
            if following is not None:
                self.publish(following)
            (self.path / NEXT).replace(self.file)
            self._sync()

    def drop_next(self) -> None:
        """Forget a next key of which nothing is on record."""
        (self.path / NEXT).unlink(missing_ok=True)

    def publish(self, key: SigningKey) -> None:
        """Put a key's public half on the list of public keys, if it is not there."""
        file = self.path / PUBLIC
        known = file.read_text(encoding="ascii", errors="backslashreplace") if file.exists() else ""
        if f"{key.public}\n" not in known:
            self._write(file, f"{known}{key.public}\n")

    def public(self) -> tuple[PublicKey, ...]:
        """Return every public key of this log, oldest first. Raises `AuditError` where they are damaged."""
        file = self.path / PUBLIC
        try:
            return read_public_keys(file)
        except FileNotFoundError:
            key = self.load()
            return () if key is None else (key.public,)

    def last_public(self) -> str:
        """Return the newest public key; empty where none is known."""
        return "".join(map(str, self.public()[-1:]))

    def is_private(self) -> bool:
        """Say whether only the owner may read the key."""
        return self.file.stat().st_mode & 0o077 == 0

    def _read(self, file: Path) -> SigningKey | None:
        try:
            return SigningKey.parse(file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AuditError(
                f"the signing key {printable(str(file))} cannot be read: {error.strerror}",
                hint="check who may read it; without it nothing can be answered",
            ) from error
        except (NoteError, ValueError) as error:
            raise AuditError(
                f"the signing key {printable(str(file))} is damaged",
                hint="restore it from a backup, or begin with another: antigone audit new-key --lost",
            ) from error

    def _write(self, file: Path, text: str) -> None:
        part = file.with_suffix(".part")
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            part.unlink(missing_ok=True)
            part.touch(mode=0o600, exist_ok=False)  # nobody else may read it, not even for a moment
            with part.open("w", encoding="ascii") as target:
                target.write(text)
                target.flush()
                os.fsync(target.fileno())
            part.replace(file)
            self._sync()
        except OSError as error:
            if is_storage_full(error):
                raise StorageFullError(
                    "there is no room for the key of the audit log", hint="free some space and try again"
                ) from error
            raise AuditError(
                f"the signing key {printable(str(file))} cannot be written: {error.strerror}",
                hint="check who may write to the workspace",
            ) from error

    def _sync(self) -> None:
        """Make a new name in the folder last through a power cut."""
        opened = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def read_public_keys(file: Path) -> tuple[PublicKey, ...]:
    """Read public keys, one a line. Raises `AuditError` where they are none, and `OSError`."""
    try:
        keys = tuple(PublicKey.parse(line) for line in file.read_text(encoding="ascii").splitlines() if line)
    except (NoteError, UnicodeDecodeError) as error:
        raise AuditError(
            f"{printable(str(file))} holds something that is no public key: {error}",
            hint="it should hold public keys, one a line, as antigone audit key prints them",
        ) from error
    if not keys:
        raise AuditError(f"{printable(str(file))} is empty", hint="it should hold public keys, one a line")
    return keys
