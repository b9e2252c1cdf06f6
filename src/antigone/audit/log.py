"""The log of who did what: append-only, durable, signed, and free of pictures, templates and names of people.

An entry counts as written when three things are on disk, in one transaction: the entry, the subtrees of the
Merkle tree that it completes, and a signed checkpoint over everything up to it. Threads that wait to write
share one transaction, and so one sync of the disk.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from antigone.audit.events import AuditEvent, KeyChanged
from antigone.audit.keys import KeyFolder, SigningKey, sign
from antigone.audit.proofs import stored_tree
from antigone.audit.verifier import (
    Checkpoint,
    Node,
    NoteError,
    PublicKey,
    SignedCheckpoint,
    Tree,
    entry_line,
    leaf_hash,
)
from antigone.errors import AntigoneError, AuditError, NotFoundError
from antigone.records.audit import AuditFilter, AuditTail, AuditView, StoredCheckpoint
from antigone.records.results import AuditRecord

if TYPE_CHECKING:
    from antigone.records import Records

MOST_IN_A_GROUP = 256  # entries of one transaction; with more, the first of them would wait for long
_PAGE = 1_000
_EVERYTHING = AuditFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One event as the log keeps it."""

    seq: int  # 1 is the first entry; grows by one
    at: datetime  # UTC
    kind: str
    body: Mapping[str, object]


@dataclass(slots=True, eq=False)
class _Waiting:
    """An event on its way into the log."""

    event: AuditEvent
    number: int = 0  # of its entry, once that is written
    error: AntigoneError | None = None  # why it could not be written
    given_up: bool = False  # nobody waits for it any more
    woken: threading.Event = field(default_factory=threading.Event)  # it is done, or has to write itself


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the log stood when this process last looked."""

    tree: Tree  # never changed: a longer one takes its place
    note: bytes
    key: SigningKey


class AuditLog:
    """The log of one workspace. Safe to share between threads; several processes may hold one each."""

    def __init__(self, records: Records) -> None:
        self.keys = KeyFolder(records.home)
        self._store = records.audit
        self._guard = threading.Lock()  # over the next two
        self._queue: list[_Waiting] = []
        self._writing = False
        self._turn = threading.Lock()  # over the next one
        self._head: _Head | None = None

    # Writing

    def append(self, event: AuditEvent) -> int:
        """Write one entry and return its number; it is on disk, and signed, when this returns.

        Raises `WorkspaceError`, `StorageFullError`, `BusyError`, or `AuditError` where the log is not what
        was signed last, or its key is gone; then nothing may be answered.
        """
        mine = _Waiting(event)
        with self._guard:
            self._queue.append(mine)
            leads = not self._writing
            self._writing = True
        if not leads:
            self._wait(mine)
        if mine.error is not None:
            raise copy(mine.error) from mine.error  # each has its own traceback
        if not mine.number:
            self._write_group()
        return mine.number

    def _wait(self, mine: _Waiting) -> None:
        try:
            mine.woken.wait()
        except BaseException:  # such as Ctrl-C: nobody may wait for a turn that is never taken
            with self._guard:
                mine.given_up = True
                if mine in self._queue:
                    self._queue.remove(mine)
                    if mine.woken.is_set():
                        self._hand_on()
            raise

    def _write_group(self) -> None:
        """Write what waits, the caller's own event first, and hand on the turn."""
        with self._guard:
            group = self._queue[:MOST_IN_A_GROUP]
            del self._queue[:MOST_IN_A_GROUP]
        try:
            numbers = self._commit([waiting.event for waiting in group])
            for waiting, number in zip(group, numbers, strict=True):
                waiting.number = number
        except AntigoneError as error:  # a full disk is full for all of them
            for waiting in group:
                waiting.error = error
            raise
        finally:
            with self._guard:
                for waiting in group:
                    if waiting.number or waiting.error is not None:
                        waiting.woken.set()
                # After Ctrl-C or a defect, which is the caller's alone, the others write for themselves.
                left = [waiting for waiting in group[1:] if not (waiting.woken.is_set() or waiting.given_up)]
                self._queue[:0] = left
                self._hand_on()

    def _hand_on(self) -> None:
        if self._queue:
            self._queue[0].woken.set()
        else:
            self._writing = False

    def _commit(self, events: Sequence[AuditEvent]) -> Sequence[int]:
        """Write the events in one transaction and return the numbers of their entries."""
        with self._turn:
            before, self._head = self._head, None  # whatever goes wrong, the next writer looks anew
            with self._store.appending() as tail:
                head = self._head_of(tail, before)
                grown = self._add(tail, head.tree, events, (head.key,))
            self._head = grown
        return range(head.tree.size + 1, grown.tree.size + 1)

    def _add(
        self, tail: AuditTail, known: Tree, events: Sequence[AuditEvent], signers: Sequence[SigningKey]
    ) -> _Head:
        """Add events to the tree ``known`` and sign the new one, first by the key in force from now on."""
        tree, records = known.copy(), []
        nodes: list[Node] = []
        for event in events:
            seq, at = tree.size + 1, datetime.now(UTC)
            nodes += tree.append(leaf_hash(_line(seq, at, event)))
            records.append(AuditRecord(seq=seq, at=at, kind=event.kind, body=event.canonical()))
        note = sign(Checkpoint(signers[0].public.name, tree.size, tree.root()), *signers)
        tail.add(records, nodes, StoredCheckpoint(size=tree.size, note=note))
        return _Head(tree, note, signers[0])

    # The end of the log

    def _head_of(self, tail: AuditTail, known: _Head | None = None) -> _Head:
        """Return where the log stands, after checking that it is what was signed last."""
        size, stored = tail.end()
        if known is not None and stored is not None and (stored.note, size) == (known.note, known.tree.size):
            return known
        tree = stored_tree(tail, size)
        if stored is None:  # the first use, or the first since the tree was introduced
            key = self.keys.load() or self.keys.make()
            return self._add(tail, tree, (), (key,))
        note = _checked(stored, tree)
        return _Head(tree, stored.note, self._key_in_force(note))

    def _key_in_force(self, note: SignedCheckpoint) -> SigningKey:
        """Return the key that signed the newest checkpoint, and end a change of keys that was cut off."""
        following = self.keys.next()
        if following is not None and _signed(note, following.public):
            self.keys.take_next()
        elif following is not None:
            self.keys.drop_next()
        key = self.keys.load()
        if key is None:
            raise AuditError(
                f"the signing key of the audit log is gone: {self.keys.file}",
                hint="restore it from a backup; only where there is none: antigone audit new-key --lost",
            )
        if not _signed(note, key.public):
            raise AuditError(
                "the audit log was signed by another key than the one in this workspace",
                hint="restore the key from a backup; only where there is none: antigone audit new-key --lost",
            )
        return key

    def change_key(self, *, lost: bool = False) -> PublicKey:
        """Sign with a new key from now on, and write that down; return the new public key.

        The old key vouches for the new one. With ``lost`` it cannot: then every outsider has to be given the
        new public key on another way. Raises the errors of `append`.
        """
        with self._turn:
            self._head = None
            with self._store.appending() as tail:
                if lost:
                    tree, name = self._end_unsigned(tail)
                    new = self.keys.make_next(name)
                    self._change_key(tail, tree, new, None)
                else:
                    head = self._head_of(tail)
                    self.keys.publish(head.key)
                    new = self.keys.make_next(head.key.public.name)
                    self._change_key(tail, head.tree, new, head.key)
            self.keys.take_next()
        return new.public

    def _change_key(self, tail: AuditTail, tree: Tree, new: SigningKey, vouching: SigningKey | None) -> None:
        old = self.keys.last_public() if vouching is None else str(vouching.public)
        change = KeyChanged(old=old, new=str(new.public), lost=vouching is None)
        self._add(tail, tree, (change.event(),), (new,) if vouching is None else (new, vouching))

    def _end_unsigned(self, tail: AuditTail) -> tuple[Tree, str]:
        """Return the tree and the log's name where the key that signed them is gone."""
        size, stored = tail.end()
        tree = stored_tree(tail, size)
        if stored is None:
            raise AuditError(
                "nothing has been signed yet, so no key can be lost", hint="antigone init makes one"
            )
        return tree, _checked(stored, tree).checkpoint.origin

    # Reading

    def entries(self, wanted: AuditFilter = _EVERYTHING, *, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the wanted entries numbered above ``after``, oldest first, also those that come meanwhile."""
        after = max(after, wanted.after)
        while True:
            page = self._page(replace(wanted, after=after), limit=_PAGE)
            if not page:
                return
            yield from page
            after = page[-1].seq

    def newest(self, wanted: AuditFilter = _EVERYTHING, *, limit: int) -> tuple[AuditEntry, ...]:
        """Return the last ``limit`` of the wanted entries, oldest first."""
        return self._page(wanted, limit=limit, newest_first=True)[::-1]

    def entry(self, number: int) -> AuditEntry:
        """Return one entry. Raises `NotFoundError`."""
        found = self._page(AuditFilter(after=number - 1, before=number + 1), limit=1)
        if not found:
            raise NotFoundError(f"the audit log has no entry {number:,}")
        return found[0]

    def _page(self, wanted: AuditFilter, *, limit: int, newest_first: bool = False) -> tuple[AuditEntry, ...]:
        try:
            with self._store.reading() as view:
                return tuple(map(_entry, view.records(wanted, limit=limit, newest_first=newest_first)))
        except (ValueError, TypeError) as error:  # no time, or no JSON
            raise _altered("an entry cannot be read") from error

    def count(self, wanted: AuditFilter = _EVERYTHING) -> int:
        """Count the wanted entries."""
        with self._store.reading() as view:
            return view.count(wanted)

    def reading(self) -> AbstractContextManager[AuditView]:
        """See the log as it is now, for what takes longer than one question."""
        return self._store.reading()

    def checkpoint(self) -> bytes:
        """Return the newest checkpoint, after making sure that it still is what was signed.

        At the first use this makes the key and signs what is there. Raises the errors of `append`.
        """
        with self._turn:
            before, self._head = self._head, None
            with self._store.appending() as tail:
                head = self._head_of(tail, before)
            self._head = head
            return head.note


def _entry(record: AuditRecord) -> AuditEntry:
    body = json.loads(record.body)
    if not isinstance(body, dict):
        raise TypeError("the body of an entry is a JSON object")
    return AuditEntry(seq=record.seq, at=record.at, kind=record.kind, body=body)


def _line(seq: int, at: datetime, event: AuditEvent) -> bytes:
    time = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
    return entry_line(at=time, body=event.canonical().encode(), kind=json.dumps(event.kind).encode(), seq=seq)


def _checked(stored: StoredCheckpoint, tree: Tree) -> SignedCheckpoint:
    """Return the newest checkpoint if it is about this tree. Raises `AuditError`."""
    try:
        note = SignedCheckpoint.parse(stored.note)
    except NoteError as error:
        raise _altered(f"its newest checkpoint is damaged: {error}") from error
    if note.checkpoint.size != tree.size:
        raise _altered(f"it ends at entry {tree.size:,}, and {note.checkpoint.size:,} entries were signed")
    if note.checkpoint.root != tree.root():
        raise _altered("its tree is not the one that was signed")
    return note


def _signed(note: SignedCheckpoint, key: PublicKey) -> bool:
    try:
        return note.signed_by(key) and note.signatures[0][1] == key.id
    except NoteError as error:
        raise _altered(str(error)) from error


def _altered(text: str) -> AuditError:
    return AuditError(
        f"the audit log is not what was written: {text}",
        hint="antigone audit verify names the first bad entry; then restore the workspace from a backup",
    )
