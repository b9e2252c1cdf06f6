"""The way through a log from its first entry to its last: what is recomputed, and what it is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .findings import Fault, Finding, first_difference
from .lines import Broken, Entry, Header, Line, Mark, parse
from .merkle import Tree
from .notes import NoteError, PublicKey, SignedCheckpoint


class Walk:
    """One pass over the lines of a log.

    At every checkpoint three things are checked: the key in force signed it, it covers as many entries as
    came before it, and its root is that of those entries. Entries behind the last good checkpoint count as
    read and not as proven.
    """

    def __init__(self, keys: Sequence[PublicKey], witnessed_sizes: Iterable[int] = ()) -> None:
        self.keys = list(keys)  # trusted by the caller; those that the log introduces are added
        self.key: PublicKey | None = None  # in force
        self.in_force: set[PublicKey] = set()  # at some time
        self.tree = Tree()  # everything read
        self.proven = Tree()  # everything up to the last good checkpoint
        self.head: SignedCheckpoint | None = None  # the last good checkpoint
        self.checkpoints = 0
        self.steps_back = 0  # entries that bear an earlier time than the one before
        self.roots: dict[int, bytes] = {}  # at the sizes that a witness has seen
        self.given = tuple(keys)
        self._witnessed = set(witnessed_sizes)
        self._pending: list[Entry] = []
        self._header: Header | None = None
        self._time = ""

    def run(self, lines: Iterable[bytes]) -> Finding | None:
        """Read every line, line feeds included. Return the first thing that is wrong."""
        rest = parse(lines)
        self._see_root()
        for number, line in enumerate(rest):
            if isinstance(line, Header) != (number == 0):
                return self._malformed("the first line tells which log this is, and only the first")
            finding = self._take(line, rest)
            if finding is not None:
                return finding
        return self._end()

    def _take(self, line: Line, rest: Iterator[Line]) -> Finding | None:
        match line:
            case Header():
                self._header = line
                return None
            case Entry():
                self.tree.append(line.leaf)
                self._pending.append(line)
                self._see_root()
                return None
            case Mark():
                return self._checkpoint(line, rest)
            case Broken():
                return self._malformed(line.why, Fault.TRUNCATED if line.cut else Fault.MALFORMED)

    def _see_root(self) -> None:
        if self.tree.size in self._witnessed:
            self.roots[self.tree.size] = self.tree.root()

    # Checkpoints

    def _checkpoint(self, mark: Mark, rest: Iterator[Line]) -> Finding | None:
        first, last = self.proven.size + 1, max(self.tree.size, self.proven.size + 1)
        try:
            note = SignedCheckpoint.parse(mark.note)
            signer = self._signer(note)
        except NoteError as error:
            text = f"the checkpoint behind entry {self.tree.size:,} cannot be trusted: {error}"
            return Finding(Fault.WRONG_SIGNATURE, first, last, text)
        signed = note.checkpoint
        if (signed.size, signed.root) != (self.tree.size, self.tree.root()):
            return first_difference(self.proven, self._pending, mark, rest)
        return self._entries_are_sound(mark) or self._accept(note, signer)

    def _signer(self, note: SignedCheckpoint) -> PublicKey:
        """Return the key in force after this checkpoint. Raises `NoteError` when it is not signed by it."""
        change = next((entry.key_change for entry in self._pending if entry.key_change), None)
        before = self.key
        if before is None:  # a later key only comes into force where the log says so
            before = next(iter(self.given), None)
            if before is None or not note.signed_by(before):
                raise NoteError(
                    "the first of the given public keys did not sign it; give the oldest one first"
                )
        elif not (change is not None and change.lost) and not note.signed_by(before):
            raise NoteError(f"the key {before.id.hex()}, which was in force, did not sign it")
        if change is None:
            return before
        after = PublicKey.parse(change.new)
        if not note.signed_by(after):
            raise NoteError(f"the new key {after.id.hex()} did not sign it")
        if change.lost and after not in self.given:
            raise NoteError(
                f"the key before it was lost, so nothing vouches for the new key {after.id.hex()}; "
                "ask for that key on another way and give it too"
            )
        return after

    def _entries_are_sound(self, mark: Mark) -> Finding | None:
        """Look at the form of entries whose hashes are proven, and at what is repeated of them."""
        for number, entry in enumerate(self._pending, self.proven.size + 1):
            if not entry.readable or entry.seq != number:
                text = f"entry {number:,} is what was signed, but not what an entry looks like"
                return Finding(Fault.MALFORMED, number, number, text)
        leaves = tuple(entry.leaf for entry in self._pending)
        first = self.proven.size + 1
        if self.checkpoints and not self._pending:
            text = f"two checkpoints stand behind entry {self.tree.size:,}"
            return Finding(Fault.MALFORMED, first, first, text)
        if mark.leaves and mark.leaves != leaves:
            text = (
                f"the entries up to {self.tree.size:,} are what was signed, but the hashes kept beside them "
                "are others, or a checkpoint between them is gone"
            )
            return Finding(Fault.MALFORMED, first, max(first, self.tree.size), text)
        return None

    def _accept(self, note: SignedCheckpoint, signer: PublicKey) -> Finding | None:
        if self.key is None and self._header is not None and self._header.key not in ("", str(self.given[0])):
            return self._malformed("the first line names another key than the one that signed")
        for entry in self._pending:
            self.steps_back += entry.at < self._time
            self._time = entry.at
        if signer not in self.keys:
            self.keys.append(signer)
        self.in_force.add(signer)
        self.key, self.head = signer, note
        self.proven = self.tree.copy()
        self._pending.clear()
        self.checkpoints += 1
        return None

    # The end

    def _end(self) -> Finding | None:
        if self._header is None:
            return self._malformed("the file is empty", Fault.TRUNCATED)
        if self.head is not None and not self._pending:
            return None
        first, last = self.proven.size + 1, max(self.tree.size, 1)
        text = "there is no signed checkpoint"
        if self.head is not None:
            text = (
                f"no checkpoint covers the entries after {self.proven.size:,}: they were added, or the end "
                "was cut"
            )
        return Finding(Fault.UNSIGNED, first, last, text)

    def _malformed(self, text: str, fault: Fault = Fault.MALFORMED) -> Finding:
        number = self.tree.size + 1
        if fault is Fault.TRUNCATED:
            number = self.proven.size + 1
        return Finding(fault, number, number, f"{text}, where entry {self.tree.size + 1:,} is expected")
