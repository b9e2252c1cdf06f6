"""The proofs of many entries in one file, one after the other, such as those that come with a case's report.

Each is a whole proof as `proof` describes it. A document that an entry tells of, by its SHA-256, can be held
against them: so a report is known to be the one that was written when the entry was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from .findings import Fault, Finding
from .merkle import leaf_hash
from .notes import PublicKey
from .proof import FIRST_LINE, EntryProof, verify_proof
from .report import Outcome, Report, Step, counted

_START = f"{FIRST_LINE}\n".encode()


def join_proofs(proofs: Sequence[EntryProof]) -> bytes:
    """Return proofs as one file."""
    return b"\n".join(proof.text() for proof in proofs)


def split_proofs(text: bytes) -> tuple[bytes, ...]:
    """Return the proofs of a file, each as a text of its own; what is no proof comes back whole."""
    if not text.startswith(_START):
        return (text,)
    parts = text[len(_START) :].split(b"\n" + _START)
    return tuple(_START + part for part in parts)


def verify_proofs(text: bytes, keys: Sequence[PublicKey], document: str | None = None) -> Report:
    """Check that each entry of a file of proofs stands in the log that ``keys`` signed.

    The steps of `verify_proof` for each, and with ``document``, the SHA-256 of a file, one more:

    4. Look for the entry that tells of a document with this hash.
    """
    parts = split_proofs(text)
    reports = [verify_proof(part, keys) for part in parts]
    bad = next((report for report in reports if not report.intact), None)
    if bad is not None or (len(parts) == 1 and document is None):
        return bad or reports[0]
    entries = [EntryProof.parse(part) for part in parts]
    steps = [reports[0].steps[0]]
    leaves = ", ".join(f"{entry.index + 1:,} ({leaf_hash(entry.entry).hex()[:12]})" for entry in entries[:20])
    more = f", and {len(entries) - 20:,} more" if len(entries) > 20 else ""
    number = counted(len(entries), "entry", "entries")
    steps.append(
        Step(2, "The entries", Outcome.PASSED, f"{number}, by number and leaf hash: {leaves}{more}.")
    )
    text_ = "Every one of them leads to a root that is signed."
    steps.append(Step(3, "The tree and its signature", Outcome.PASSED, text_))
    finding = None
    if document is not None:
        found = [entry.index + 1 for entry in entries if _tells_of(entry, document)]
        if found:
            text_ = f"Entry {found[-1]:,} tells of a document with the SHA-256 {document}."
            steps.append(Step(4, "The document", Outcome.PASSED, text_))
        else:
            message = f"no entry here tells of a document with the SHA-256 {document}"
            finding = Finding(Fault.CHANGED, entries[0].index + 1, entries[-1].index + 1, message)
            steps.append(Step(4, "The document", Outcome.FAILED, f"{message[0].upper()}{message[1:]}."))
    return Report(
        steps=tuple(steps),
        finding=finding,
        entries=len(entries),
        checkpoints=1,
        root=reports[-1].root,
        keys=reports[0].keys,
    )


def _tells_of(proof: EntryProof, document: str) -> bool:
    try:
        entry = json.loads(proof.entry)
    except (ValueError, RecursionError):  # proven, but not what Antigone writes
        return False
    body = entry.get("body") if isinstance(entry, dict) and entry.get("kind") == "export" else None
    return isinstance(body, dict) and body.get("sha256") == document
