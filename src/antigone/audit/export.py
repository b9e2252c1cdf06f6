"""The log on its way out: as lines for a file or for the verifier, and as the proof of a single entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from antigone.audit.events import Exported, KeyChanged
from antigone.audit.files import write_whole
from antigone.audit.log import AuditLog
from antigone.audit.proofs import inclusion_proof
from antigone.audit.verifier import EntryProof, Header, Mark, entry_line
from antigone.errors import AuditError, NotFoundError
from antigone.records.audit import AuditFilter, AuditView, StoredEntry

MOST_LEAVES = 100_000
"""So many leaf hashes are repeated beside a checkpoint. More entries than that under one checkpoint come only
from a workspace older than the tree; there the verifier finds any change, but may not name the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written."""

    entries: int
    checkpoints: int
    sha256: str  # of the file
    audit: int  # number of the entry that tells of it


def log_lines(view: AuditView, first_key: str) -> Iterator[bytes]:
    """Yield the log as `verifier.lines` describes it, exactly as it is stored, sound or not."""
    yield Header(first_key).line()
    entries, leaves = view.stored(), view.level(0)
    entry, leaf = next(entries, None), next(leaves, None)
    for checkpoint in view.checkpoints():
        while entry is not None and entry.seq <= checkpoint.size:
            yield _entry_line(entry) + b"\n"
            entry = next(entries, None)
        since: list[bytes] = []
        while leaf is not None and leaf[0] < checkpoint.size:
            since.append(leaf[1])
            leaf = next(leaves, None)
        repeated = tuple(since) if len(since) <= MOST_LEAVES else ()
        yield Mark(checkpoint.note, repeated).line()
    while entry is not None:
        yield _entry_line(entry) + b"\n"
        entry = next(entries, None)


def export_log(log: AuditLog, target: Path, *, by: int | None = None) -> ExportReport:
    """Write the whole log with its checkpoints and its first public key to ``target``, for person ``by``.

    The private key is not in it. Raises `ConflictError` where ``target`` is there already, `UsageError` where
    it cannot be written, `StorageFullError`, and `AuditError`; then nothing is left behind.
    """
    log.checkpoint()  # what is not what was signed is not exported as if it were
    digest, counts = hashlib.sha256(), {"entries": 0, "checkpoints": 0}

    def counted(lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            digest.update(line)
            counts["checkpoints"] += line.startswith(b'{"checkpoint":')
            counts["entries"] += line.startswith(b'{"at":')
            yield line

    with log.reading() as view:
        write_whole(target, counted(log_lines(view, first_key(log))))
    told = Exported(what="audit-log", of=None, items=counts["entries"], sha256=digest.hexdigest(), by=by)
    number = log.append(told.event())
    return ExportReport(
        entries=counts["entries"], checkpoints=counts["checkpoints"], sha256=digest.hexdigest(), audit=number
    )


def first_key(log: AuditLog) -> str:
    """Return the public key that signed the log first; empty where the workspace cannot tell any more."""
    try:
        change = next(iter(log.entries(AuditFilter(kinds=(KeyChanged.kind,)))), None)
        key = log.keys.load()
    except AuditError:  # damaged; the verifier will name what is wrong with the log itself
        return ""
    if change is not None:
        return str(change.body.get("old", ""))
    return "" if key is None else str(key.public)


def export_proof(log: AuditLog, number: int, target: Path, *, by: int | None = None) -> int:
    """Write the proof of entry ``number`` to ``target`` and return the number of the entry that tells of it.

    Raises the errors of `prove` and of `files.write_whole`.
    """
    text = prove(log, number).text()
    write_whole(target, [text])
    digest = hashlib.sha256(text).hexdigest()
    told = Exported(what="audit-proof", of=str(number), items=1, sha256=digest, by=by)
    return log.append(told.event())


def prove(log: AuditLog, number: int) -> EntryProof:
    """Return the proof that entry ``number`` stands in the log. Raises `NotFoundError` and `AuditError`."""
    log.checkpoint()
    with log.reading() as view:
        return proof_in(view, number)


def proof_in(view: AuditView, number: int) -> EntryProof:
    """Return the proof that entry ``number`` stands in a log as it is seen. Raises as `prove`."""
    entry = next(view.stored(number, number), None)
    checkpoint = view.checkpoint()
    if entry is None or number < 1:
        raise NotFoundError(f"the audit log has no entry {number:,}")
    if checkpoint is None or checkpoint.size < number:
        raise AuditError(
            f"no signed checkpoint covers entry {number:,}",
            hint="antigone audit verify names the first bad entry",
        )
    hashes = inclusion_proof(view, number - 1, checkpoint.size)
    return EntryProof(_entry_line(entry), number - 1, hashes, checkpoint.note)


def _entry_line(entry: StoredEntry) -> bytes:
    kind = json.dumps(entry.kind.decode("utf-8", "replace")).encode()
    return entry_line(at=entry.at, body=entry.body, kind=kind, seq=entry.seq)
