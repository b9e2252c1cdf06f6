"""The proof that one entry stands in a log, to be shown without the rest of the log.

The form is that of https://c2sp.org/tlog-proof; its ``extra`` line carries the entry itself:

    c2sp.org/tlog-proof@v1
    extra eyJhdCI6…            the entry, base64
    index 811                  its place, counted from 0
    gSKyXoYZUgZ6jduW…          hashes from the leaf's neighbour up (RFC 6962, section 2.1.1)

    antigone-log/9f3c…         a signed checkpoint, see `notes`
    …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .findings import Fault, Finding
from .merkle import leaf_hash, root_by_inclusion
from .notes import NoteError, PublicKey, SignedCheckpoint, decode_base64, encode_base64, first_signer
from .report import Outcome, Report, Step

FIRST_LINE = "c2sp.org/tlog-proof@v1"
_LONGEST_PROOF = 64  # hashes; a tree of 2**64 entries needs as many


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry, where it stands, and the hashes that lead from it to a checkpoint's root."""

    entry: bytes  # the line, without a line feed
    index: int  # counted from 0
    hashes: tuple[bytes, ...]
    note: bytes

    def text(self) -> bytes:
        """Return the proof as a file."""
        hashes = "".join(f"{encode_base64(hash_)}\n" for hash_ in self.hashes)
        head = f"{FIRST_LINE}\nextra {encode_base64(self.entry)}\nindex {self.index}\n{hashes}\n"
        return head.encode() + self.note

    @classmethod
    def parse(cls, text: bytes) -> EntryProof:
        """Read a proof. Raises `NoteError`."""
        head, found, note = text.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
            name, extra, index, *hashes = lines
        except ValueError as error:
            raise NoteError("this is no proof of an entry") from error
        if (
            not found
            or name != FIRST_LINE
            or not extra.startswith("extra ")
            or not index.startswith("index ")
        ):
            raise NoteError("this is no proof of an entry")
        place = index.removeprefix("index ")
        if not (place.isdecimal() and len(place) < 19 and str(int(place)) == place):
            raise NoteError("the index of a proof is a whole number")
        if len(hashes) > _LONGEST_PROOF:
            raise NoteError("the proof is too long")
        entry = decode_base64(extra.removeprefix("extra "))
        return cls(entry, int(place), tuple(map(decode_base64, hashes)), note)


def verify_proof(text: bytes, keys: Sequence[PublicKey]) -> Report:
    """Check that one entry stands in the log that ``keys`` signed; the steps are those of the report.

    1. Take the public keys that are trusted.
    2. Hash the entry: SHA-256(0x00 || line), RFC 6962, section 2.1.
    3. Compute the root from the entry and the hashes beside it (RFC 6962, section 2.1.1), compare it with the
       checkpoint's, and check the checkpoint's signature (RFC 8032).
    """
    steps = [
        Step(1, "The public key", Outcome.PASSED, f"Trusted: {', '.join(key.id.hex() for key in keys)}.")
    ]
    number, size, root, finding = 1, 0, b"", None
    try:
        proof = EntryProof.parse(text)
        number = proof.index + 1
        note = SignedCheckpoint.parse(proof.note)
        size = note.checkpoint.size
        steps.append(_entry_step(proof))
        root = root_by_inclusion(proof.index, size, leaf_hash(proof.entry), proof.hashes)
        if first_signer(note, keys) is None:
            finding = Finding(Fault.WRONG_SIGNATURE, number, number, "no given key signed the checkpoint")
        elif root != note.checkpoint.root:
            text_ = (
                f"entry {number:,} does not lead to the signed root: it, its number or the proof was changed"
            )
            finding = Finding(Fault.CHANGED, number, number, text_)
    except NoteError as error:
        finding = Finding(Fault.MALFORMED, number, number, str(error))
    except ValueError as error:
        finding = Finding(Fault.CHANGED, number, number, str(error))
    if finding is None:
        text_ = f"The entry leads to the root that is signed for the first {size:,} entries."
        steps.append(Step(len(steps) + 1, "The tree and its signature", Outcome.PASSED, text_))
    else:
        text_ = finding.message[:1].upper() + finding.message[1:] + "."
        steps.append(Step(len(steps) + 1, "The tree and its signature", Outcome.FAILED, text_))
    return Report(
        steps=tuple(steps),
        finding=finding,
        entries=int(finding is None),
        checkpoints=int(finding is None),
        root=root,
        keys=tuple(map(str, keys)),
    )


def _entry_step(proof: EntryProof) -> Step:
    return Step(
        2,
        "The entry",
        Outcome.PASSED,
        f"Entry {proof.index + 1:,}, leaf hash {leaf_hash(proof.entry).hex()}.",
    )
