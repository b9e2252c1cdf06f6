"""The verdict on a log, as numbered steps that a person can follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .findings import Fault, Finding
from .merkle import EMPTY_ROOT
from .notes import NoteError, PublicKey, SignedCheckpoint, encode_base64, first_signer
from .walk import Walk


class Outcome(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # what it needs was not given, or a step before it failed


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    number: int
    title: str
    outcome: Outcome
    text: str  # sentences for people


@dataclass(frozen=True, slots=True)
class Report:
    """What the verification of a log found."""

    steps: tuple[Step, ...]
    finding: Finding | None  # the first thing that is wrong; None where nothing is
    entries: int  # so many, from the first on, are proven
    checkpoints: int
    root: bytes  # of the proven entries
    keys: tuple[str, ...]  # public keys that were trusted, those that the log introduced included
    remarks: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Say whether everything that could be checked is as it should be."""
        return self.finding is None

    def document(self) -> dict[str, object]:
        """Return the report as JSON values."""
        found = self.finding
        return {
            "intact": self.intact,
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "root": encode_base64(self.root),
            "keys": list(self.keys),
            "finding": found
            and {
                "fault": found.fault.value,
                "first": found.first,
                "last": found.last,
                "message": found.message,
            },
            "steps": [
                {"number": step.number, "title": step.title, "outcome": step.outcome.value, "text": step.text}
                for step in self.steps
            ],
            "remarks": list(self.remarks),
        }


def verify_log(
    lines: Iterable[bytes], keys: Sequence[PublicKey], witnessed: Mapping[str, bytes] | None = None
) -> Report:
    """Recompute a log from its lines and hold it against public keys and witnessed checkpoints.

    ``lines`` come with their line feeds, see `lines`; ``keys`` are the public keys that the caller trusts,
    that which signed the first checkpoint first; ``witnessed`` maps a name for people to a checkpoint that
    somebody outside has kept. The steps are those of the report:

    1. Take the public keys that are trusted.
    2. Read every entry and hash it: SHA-256(0x00 || line), RFC 6962, section 2.1.
    3. At every checkpoint recompute the root of the tree (RFC 6962, section 2.1) from the entries before it,
       compare it with the signed one, and check the signature (RFC 8032).
    4. Compare the root at the size of every witnessed checkpoint. This shows that the log has only grown
       since: it recomputes what a consistency proof (RFC 6962, section 2.1.2) would show.
    """
    notes, problem = _read_witnessed(witnessed or {})
    walk = Walk(keys, (note.checkpoint.size for note in notes.values()))
    finding = walk.run(lines)
    steps = [_key_step(walk), _entry_step(walk), _tree_step(walk, finding)]
    if finding is not None:
        steps.append(Step(4, "The witness", Outcome.SKIPPED, "Not reached."))
    else:
        finding = problem or _hold_against(notes, walk)
        steps.append(_witness_step(notes, finding))
    return Report(
        steps=tuple(steps),
        finding=finding,
        entries=walk.proven.size if finding is None else min(walk.proven.size, finding.first - 1),
        checkpoints=walk.checkpoints,
        root=walk.proven.root(),
        keys=tuple(map(str, walk.keys)),
        remarks=tuple(_remarks(walk)),
    )


def _read_witnessed(
    witnessed: Mapping[str, bytes],
) -> tuple[dict[str, SignedCheckpoint], Finding | None]:
    notes, problem = {}, None
    for name, note in witnessed.items():
        try:
            notes[name] = SignedCheckpoint.parse(note)
        except NoteError as error:
            problem = Finding(Fault.MALFORMED, 1, 1, f"{name} is no checkpoint: {error}")
    return dict(sorted(notes.items(), key=lambda item: item[1].checkpoint.size)), problem


def _hold_against(notes: Mapping[str, SignedCheckpoint], walk: Walk) -> Finding | None:
    """Compare the log with what a witness has seen, the smallest checkpoint first."""
    agreed = 0
    for name, note in notes.items():
        seen = note.checkpoint
        last = max(seen.size, 1)
        try:
            signer = first_signer(note, walk.keys)
        except NoteError as error:
            return Finding(Fault.WRONG_SIGNATURE, last, last, f"{name}: {error}")
        if signer is None:
            text = f"{name} is signed by none of the keys of this log"
            return Finding(Fault.WRONG_SIGNATURE, last, last, text)
        if seen.size > walk.tree.size:
            text = (
                f"the log ends at entry {walk.tree.size:,}, and {name} covers {seen.size:,}: "
                "it was cut or rolled back to an earlier state"
            )
            return Finding(Fault.ROLLED_BACK, walk.tree.size + 1, seen.size, text)
        if walk.roots[seen.size] != seen.root:
            text = (
                f"the first {seen.size:,} entries have the root {encode_base64(walk.roots[seen.size])}, and "
                f"{name} holds {encode_base64(seen.root)}, both signed: the log was rewritten between entry "
                f"{agreed + 1:,} and entry {last:,}, or rolled back and continued otherwise, by somebody who "
                "holds its private key"
            )
            return Finding(Fault.REWRITTEN, agreed + 1, last, text)
        agreed = seen.size
    return None


def _key_step(walk: Walk) -> Step:
    text = f"Given: {_named(walk.given) or 'none'}."
    introduced = walk.keys[len(walk.given) :]
    if introduced:
        text += f" The log introduces {_named(introduced)}; each was signed for by the key before it."
    return Step(1, "The public key", Outcome.PASSED if walk.given else Outcome.FAILED, text)


def _named(keys: Sequence[PublicKey]) -> str:
    return "; ".join(f"key {key.id.hex()} of {key.name}" for key in keys)


def _entry_step(walk: Walk) -> Step:
    read = counted(walk.tree.size, "entry", "entries")
    text = f"{read} read and hashed, each as SHA-256(0x00 || line), RFC 6962, section 2.1."
    return Step(2, "The entries", Outcome.PASSED, text)


def _tree_step(walk: Walk, finding: Finding | None) -> Step:
    good = counted(walk.checkpoints, "checkpoint", "checkpoints")
    if finding is not None:
        proven = counted(walk.proven.size, "entry", "entries")
        text = f"{_capital(finding.message)}. What is proven before that: {proven} under {good}."
        return Step(3, "The tree and its signatures", Outcome.FAILED, text)
    root = "empty" if walk.proven.root() == EMPTY_ROOT else encode_base64(walk.proven.root())
    text = (
        f"{good} recomputed from the entries before each: every root and every signature is right, and "
        f"the last one covers every entry. Its root: {root}."
    )
    return Step(3, "The tree and its signatures", Outcome.PASSED, text)


def _witness_step(notes: Mapping[str, SignedCheckpoint], finding: Finding | None) -> Step:
    title = "The witness"
    if finding is not None:
        return Step(4, title, Outcome.FAILED, f"{_capital(finding.message)}.")
    if not notes:
        text = (
            "No checkpoint of an outside witness was given. So it cannot be seen whether the log was cut "
            "back, or rewritten as a whole by somebody who holds its private key."
        )
        return Step(4, title, Outcome.SKIPPED, text)
    seen = "; ".join(
        f"{name}, {counted(note.checkpoint.size, 'entry', 'entries')}" for name, note in notes.items()
    )
    return Step(4, title, Outcome.PASSED, f"The log has only grown since what the witness has seen: {seen}.")


def _remarks(walk: Walk) -> Iterable[str]:
    if walk.steps_back:
        times = f"{walk.steps_back:,} times" if walk.steps_back > 1 else "once"
        yield f"the clock of the machine was set back {times}, going by the times of the entries"
    if walk.key is not None and len(walk.in_force) > 1:
        yield f"the log was signed by several keys one after the other; now by {walk.key.id.hex()}"
    for key in walk.given:
        if walk.key is not None and key not in walk.in_force:
            yield f"the key {key.id.hex()} was given and never signed this log by itself"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
