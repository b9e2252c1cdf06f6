"""The verifier on a workspace: the log as an outsider would see it, then the tree that is kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from antigone.audit.export import first_key, log_lines
from antigone.audit.log import AuditLog
from antigone.audit.verifier import Fault, Finding, Outcome, PublicKey, Report, Step, verify_log
from antigone.audit.verifier.merkle import node_hash
from antigone.records.audit import AuditView

OWN_KEY = (
    "the public key was taken from the workspace itself, where whoever rewrote the log could have replaced "
    "it; give one that was kept elsewhere with --key FILE"
)


def verify_workspace(
    log: AuditLog, keys: Sequence[PublicKey] = (), witnessed: Mapping[str, bytes] | None = None
) -> Report:
    """Verify the log of a workspace; without ``keys`` its own are taken, and the report says so.

    The steps of `verifier.verify_log`, and one more:

    5. Recompute every subtree that is kept beside the log, from which proofs are made.
    """
    with log.reading() as view:
        trusted = tuple(keys) or log.keys.public()
        report = verify_log(log_lines(view, first_key(log)), trusted, witnessed)
        finding = _first_wrong_subtree(view, report.entries) if report.intact else None
    title = "The stored tree"
    if not report.intact:
        step = Step(5, title, Outcome.SKIPPED, "Not reached.")
    elif finding is None:
        step = Step(5, title, Outcome.PASSED, "Every subtree that is kept to make proofs is right.")
    else:
        step = Step(5, title, Outcome.FAILED, f"{finding.message[0].upper()}{finding.message[1:]}.")
    remarks = report.remarks if keys else (*report.remarks, OWN_KEY)
    return replace(report, steps=(*report.steps, step), finding=report.finding or finding, remarks=remarks)


def _first_wrong_subtree(view: AuditView, entries: int) -> Finding | None:
    """Compare every stored subtree with the two below it. The leaves were compared with the entries."""
    level = 0
    while entries >> level:
        level += 1
        for position, (made, kept) in enumerate(zip_longest(_parents(view, level), view.level(level))):
            if kept != (position, made):
                first, last = (position << level) + 1, min((position + 1) << level, entries)
                text = f"the entries are right, but the tree kept over {first:,} to {last:,} is not theirs"
                return Finding(Fault.MALFORMED, first, max(first, last), text)
    return None


def _parents(view: AuditView, level: int) -> Iterator[bytes]:
    """Yield the hash of every complete subtree of ``level`` from those of the level below."""
    left: bytes | None = None
    for _, hash_ in view.level(level - 1):
        if left is None:
            left = hash_
        else:
            yield node_hash(left, hash_)
            left = None
