"""What the log holds of one case, and the proofs of it that may leave with its report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from antigone.audit.export import proof_in
from antigone.audit.log import AuditEntry, AuditLog
from antigone.audit.verifier import EntryProof, SignedCheckpoint, leaf_hash
from antigone.records.audit import AuditFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseProofs:
    """The proofs of a case's entries under one checkpoint."""

    checkpoint: SignedCheckpoint
    note: bytes  # the checkpoint as it is signed
    entries: tuple[tuple[AuditEntry, EntryProof], ...]  # oldest first

    def leaf(self, place: int) -> str:
        """Return the leaf hash of an entry in hexadecimal digits."""
        return leaf_hash(self.entries[place][1].entry).hex()


def entries_of_case(
    log: AuditLog, number: str, *, since: datetime, searches: Collection[int]
) -> tuple[AuditEntry, ...]:
    """Return the entries that tell of a case, oldest first.

    ``searches`` are the numbers of its searches' entries: who viewed a candidate names these alone.
    """
    named = [
        entry
        for entry in log.entries(AuditFilter(since=since, mentions=f'"{number}"'))
        if number in (entry.body.get("case"), entry.body.get("of"))
    ]
    viewed = [
        entry
        for entry in log.entries(AuditFilter(since=since, kinds=("candidate-viewed",)))
        if entry.body.get("search") in searches
    ]
    return tuple(sorted(named + viewed, key=lambda entry: entry.seq))


def case_proofs(log: AuditLog, entries: Sequence[AuditEntry]) -> CaseProofs:
    """Prove entries under the newest checkpoint. Raises `NotFoundError` and `AuditError`."""
    log.checkpoint()
    with log.reading() as view:
        proofs = tuple(proof_in(view, entry.seq) for entry in entries)
    note = proofs[0].note
    return CaseProofs(
        checkpoint=SignedCheckpoint.parse(note), note=note, entries=tuple(zip(entries, proofs, strict=True))
    )
