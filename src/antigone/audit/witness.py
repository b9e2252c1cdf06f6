"""Checkpoints on their way to somebody outside, who keeps them so that the log cannot be cut or rewritten.

A file on a stick in a safe will do, another agency, or a server that keeps what it is sent. What a witness
holds is one small text; it tells nothing of what was searched.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from antigone.audit.events import CheckpointHandedOver
from antigone.audit.files import read_small, write_whole
from antigone.audit.log import AuditLog
from antigone.audit.proofs import consistency_proof
from antigone.audit.verifier import (
    NoteError,
    SignedCheckpoint,
    encode_base64,
    first_signer,
    is_consistent,
)
from antigone.errors import AuditError, ConflictError, UsageError
from antigone.printable import printable

TIMEOUT = 30  # seconds
Method = Literal["PUT", "POST"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A checkpoint that was given away."""

    note: bytes
    size: int
    root: str  # base64
    audit: int  # number of the entry that tells of it


def hand_over_file(log: AuditLog, target: Path) -> HandedOver:
    """Write the newest checkpoint to ``target``.

    A checkpoint that is there already is replaced, but only when the log has merely grown since: else
    `AuditError`, and the old one stays as proof. Raises `ConflictError` for a file that is something else.
    """
    note = log.checkpoint()
    there = target.exists()
    if there:
        check_extends(log, note, _old_checkpoint(target))
    write_whole(target, [note], replace=there)
    return _told(log, note, "file")


def hand_over_http(log: AuditLog, url: str, *, allowed: str, method: Method) -> HandedOver:
    """Send the newest checkpoint to ``url``, which must be the one that the settings name.

    Raises `UsageError` for any other address, and `AuditError` where it is not accepted.
    """
    if not allowed or url != allowed:
        raise UsageError(
            f"checkpoints may not be sent to {printable(url)}",
            hint="set ANTIGONE_WITNESS_URL to this very address; nothing is sent anywhere else",
        )
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError("a witness has an address that begins with https:// or http://")
    note = log.checkpoint()
    _send(url, note, method)
    return _told(log, note, "http")


def check_extends(log: AuditLog, note: bytes, old: SignedCheckpoint) -> None:
    """Make sure that the log has only grown from ``old`` to ``note``. Raises `AuditError` where it has not.

    This computes and checks a consistency proof (RFC 6962, section 2.1.2).
    """
    new = SignedCheckpoint.parse(note).checkpoint
    before = old.checkpoint
    try:
        known = first_signer(old, log.keys.public()) is not None
    except NoteError:
        known = False
    if not known:
        raise AuditError(
            "that checkpoint was not signed by this log", hint="it may belong to another workspace"
        )
    if before.size <= new.size:
        with log.reading() as view:
            proof = consistency_proof(view, before.size, new.size)
        if is_consistent((before.size, before.root), (new.size, new.root), proof):
            return
    raise AuditError(
        f"this log does not extend the checkpoint over {before.size:,} entries that it signed before: "
        "it was cut, rolled back or rewritten",
        hint="keep that checkpoint; antigone audit verify --checkpoint FILE tells more",
    )


def _old_checkpoint(target: Path) -> SignedCheckpoint:
    try:
        return SignedCheckpoint.parse(read_small(target))
    except NoteError as error:
        raise ConflictError(
            f"{printable(str(target))} is there already and is no checkpoint", hint="name another file"
        ) from error


def _told(log: AuditLog, note: bytes, way: str) -> HandedOver:
    given = SignedCheckpoint.parse(note).checkpoint
    root = encode_base64(given.root)
    number = log.append(CheckpointHandedOver(size=given.size, root=root, way=way).event())
    return HandedOver(note=note, size=given.size, root=root, audit=number)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the checkpoint goes to the address that was allowed, or nowhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _send(url: str, note: bytes, method: Method) -> None:
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "antigone"}
    request = urllib.request.Request(url, data=note, method=method, headers=headers)  # noqa: S310 - http(s) only
    hint = "nothing is lost: the checkpoint can be sent again, or written to a file with --to FILE"
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT):
            return
    except urllib.error.HTTPError as error:
        with error:
            text = f"the witness {printable(url)} did not accept the checkpoint: status {error.code}"
        raise AuditError(text, hint=hint) from error
    except (OSError, http.client.HTTPException) as error:
        reason = printable(str(getattr(error, "reason", error)))
        raise AuditError(f"the witness {printable(url)} could not be reached: {reason}", hint=hint) from error
