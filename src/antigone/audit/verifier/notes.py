"""Signed checkpoints: what a log promises about its first N entries, in a text that other tools read too.

The form is that of https://c2sp.org/tlog-checkpoint within https://c2sp.org/signed-note:

    antigone-log/9f3c…            the name of the log
    1234                          how many entries it holds
    CsUYapGGPo4dkMgIAUqom/Xa…     the root of their Merkle tree (RFC 6962, section 2.1), base64

    — antigone-log/9f3c… Az3grl…  key id and Ed25519 signature (RFC 8032) over the lines above
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_NOTE = 128 * 1024  # bytes; sixteen signatures of the longest kind in use fit in
ED25519 = b"\x01"  # signature type of c2sp.org/signed-note
_SIGNATURE = re.compile("\N{EM DASH} ([^\\s+]+) ([A-Za-z0-9+/]+=*)")
_SIZE = re.compile("0|[1-9][0-9]{0,17}")
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


class NoteError(ValueError):
    """A text is no checkpoint, no public key, or a known key's signature on it is wrong."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key with the name of the log that it speaks for."""

    name: str
    raw: bytes  # 32 bytes, RFC 8032

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read ``name+id+base64``, the form of a verifier key in c2sp.org/signed-note. Raises `NoteError`."""
        match = _KEY.fullmatch(text.strip())
        if match is None:
            raise NoteError("a public key has the form NAME+ID+BASE64")
        material = decode_base64(match[3])
        if len(material) != 33 or material[:1] != ED25519:
            raise NoteError("this is no Ed25519 key")
        key = cls(match[1], material[1:])
        if key.id.hex() != match[2]:
            raise NoteError(f"the key does not have the id {match[2]}: it was altered or miscopied")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that tell which key made a signature: the beginning of a hash of name and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode_base64(ED25519 + self.raw)}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key made the Ed25519 ``signature`` over ``message`` (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is promised: the first ``size`` entries of the log ``origin`` have this ``root``."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures; it says nothing until a trusted key has been found on it."""

    checkpoint: Checkpoint
    text: str  # exactly what was signed
    signatures: tuple[tuple[str, bytes, bytes], ...]  # key name, key id, signature

    @classmethod
    def parse(cls, note: bytes) -> SignedCheckpoint:
        """Read a checkpoint without believing it yet. Raises `NoteError`."""
        text, signatures = _split(note)
        lines = text.split("\n")[:-1]
        if len(lines) < 3 or not all(lines):
            raise NoteError("a checkpoint has at least three lines: name, number of entries, root")
        if _SIZE.fullmatch(lines[1]) is None:
            raise NoteError("the second line of a checkpoint is the number of entries")
        root = decode_base64(lines[2])
        if len(root) != 32:
            raise NoteError("the third line of a checkpoint is a SHA-256 hash in base64")
        return cls(Checkpoint(lines[0], int(lines[1]), root), text, signatures)

    def signed_by(self, key: PublicKey) -> bool:
        """Say whether ``key`` signed this. Raises `NoteError` when it bears a wrong signature of that key.

        Signatures of keys that are not known, such as those of witnesses, are passed over, as
        c2sp.org/signed-note demands.
        """
        theirs = [made for name, id_, made in self.signatures if (name, id_) == (key.name, key.id)]
        if not all(key.verifies(made, self.text.encode()) for made in theirs):
            raise NoteError(f"the signature of key {key.id.hex()} is wrong")
        return bool(theirs) and self.checkpoint.origin == key.name


def first_signer(note: SignedCheckpoint, keys: Iterable[PublicKey]) -> PublicKey | None:
    """Return the first of ``keys`` that signed ``note``. Raises `NoteError` for a wrong signature."""
    return next((key for key in keys if note.signed_by(key)), None)


def encode_base64(data: bytes) -> str:
    """Return base64 as in RFC 4648, section 4."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Read base64, only in the one form that `encode_base64` writes. Raises `NoteError`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("this is no base64") from error
    if encode_base64(data) != text:
        raise NoteError("this base64 has stray bits")
    return data


def _split(note: bytes) -> tuple[str, tuple[tuple[str, bytes, bytes], ...]]:
    """Split a signed note at its last empty line into the text and the signatures."""
    if len(note) > LONGEST_NOTE:
        raise NoteError(f"a checkpoint is longer than {LONGEST_NOTE:,} bytes")
    try:
        written = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("a checkpoint is text in UTF-8") from error
    if any(char < " " and char != "\n" for char in written):
        raise NoteError("a checkpoint holds no control characters")
    text, empty_line, below = written.rpartition("\n\n")
    if not empty_line or not below.endswith("\n"):
        raise NoteError("a checkpoint is a text, an empty line, and signatures")
    signatures = []
    for line in below[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        made = decode_base64(match[2]) if match else b""
        if match is None or len(made) < 5:
            raise NoteError("a line below the empty line is no signature")
        signatures.append((match[1], made[:4], made[4:]))
    return text + "\n", tuple(signatures)
