"""Keys and checkpoints, also against an example that other tools for signed notes are documented with."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antigone.audit.keys import SigningKey, sign
from antigone.audit.verifier import Checkpoint, NoteError, PublicKey, SignedCheckpoint, first_signer

# From the documentation of golang.org/x/mod/sumdb/note.
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

KEY = SigningKey(public=PublicKey.parse(PUBLIC), private=SigningKey.parse(PRIVATE).private)
BODY = Checkpoint("PeterNeumann", 7, bytes(range(32)))
NOTE = sign(BODY, KEY)


def test_keys_are_those_of_other_tools() -> None:
    assert str(PublicKey.parse(PUBLIC)) == PUBLIC
    assert KEY.text() == PRIVATE + "\n"
    assert KEY.public == SigningKey.parse(PRIVATE).public
    assert PRIVATE not in repr(KEY)


def test_signatures_are_those_of_other_tools() -> None:
    import base64

    made = base64.b64decode(SIGNATURE)
    assert made[:4] == KEY.public.id
    assert KEY.public.verifies(made[4:], TEXT.encode())
    assert KEY.private.sign(TEXT.encode()) == made[4:]
    assert not KEY.public.verifies(made[4:], TEXT.encode() + b"\n")


def test_a_checkpoint_comes_back() -> None:
    note = SignedCheckpoint.parse(NOTE)
    assert note.checkpoint == BODY
    assert note.signed_by(KEY.public)
    assert first_signer(note, [SigningKey.generate("other").public, KEY.public]) == KEY.public


def test_what_is_signed_is_name_size_and_root() -> None:
    lines = NOTE.decode().split("\n")
    assert lines[:4] == ["PeterNeumann", "7", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert lines[4].startswith("\N{EM DASH} PeterNeumann ")


def test_signatures_of_strangers_are_passed_over() -> None:
    witness = SigningKey.generate("witness.example/1")
    same_name = SigningKey.generate("PeterNeumann")
    note = SignedCheckpoint.parse(sign(BODY, witness, same_name))
    assert not note.signed_by(KEY.public)
    assert first_signer(note, [KEY.public]) is None
    assert SignedCheckpoint.parse(sign(BODY, witness, KEY)).signed_by(KEY.public)


def test_a_wrong_signature_of_a_known_key_is_an_error() -> None:
    note = SignedCheckpoint.parse(NOTE.replace(b"\n7\n", b"\n8\n"))
    with pytest.raises(NoteError, match="signature of key c74f20a3 is wrong"):
        note.signed_by(KEY.public)


def test_a_key_speaks_for_its_own_log_only() -> None:
    note = sign(Checkpoint("another-log", 7, bytes(32)), KEY)
    assert not SignedCheckpoint.parse(note).signed_by(KEY.public)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (b"", "empty line"),
        (NOTE[:-1], "empty line"),
        (NOTE.replace(b"\n\n", b"\n"), "empty line"),
        (NOTE.replace(b"\n7\n", b"\n07\n"), "number of entries"),
        (NOTE.replace(b"\n7\n", b"\n-7\n"), "number of entries"),
        (NOTE.replace(b"\n7\n", b"\n" + b"7" * 19 + b"\n"), "number of entries"),
        (NOTE.replace(b"\n7\n", b"\n\n"), "three lines"),
        (NOTE.replace(b"Gxwd", b"Gxw"), "base64"),
        (NOTE.replace(b"\nAAEC", b"\nAAEC\x00"), "control characters"),
        (NOTE.replace(b"Peter", b"Pet\xff"), "UTF-8"),
        (NOTE.replace("\N{EM DASH}".encode(), b"-"), "no signature"),
        (NOTE.replace(b"Hh8=", b"Hh9="), "stray bits"),
        (NOTE.split(b"\n\n")[0] + b"\n\n\xe2\x80\x94 PeterNeumann AAAA\n", "no signature"),
        (b"x" * 200_000, "longer than"),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: bytes, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        SignedCheckpoint.parse(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        PUBLIC.replace("c74f20a3", "c74f20a4"),
        PUBLIC.replace("PeterNeumann", "Peter Neumann"),
        PUBLIC.replace("+ARpc", "+Axpc"),
        PUBLIC[:-4],
        PRIVATE,
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        PublicKey.parse(text)


@pytest.mark.parametrize("text", ["", PUBLIC, PRIVATE[:-4], PRIVATE.replace("c74f20a3", "c74f20a4")])
def test_what_is_no_private_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NoteError) as caught:
        SigningKey.parse(text)
    assert "AYEK" not in str(caught.value)


def test_new_keys_differ() -> None:
    one, other = SigningKey.generate("log"), SigningKey.generate("log")
    assert one.public.id != other.public.id
    assert isinstance(one.private, Ed25519PrivateKey)
