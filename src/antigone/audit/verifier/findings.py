"""What was found wrong with a log: which entry, and how it was touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .lines import Entry, Line, Mark
from .merkle import Tree
from .notes import Checkpoint, NoteError, SignedCheckpoint


class Fault(StrEnum):
    """How a log differs from what was signed or witnessed."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"  # the end is missing
    ROLLED_BACK = "rolled-back"  # it ends, well formed, before what a witness has seen
    REWRITTEN = "rewritten"  # well formed and signed, and other than what a witness has seen
    UNSIGNED = "unsigned"  # entries that no checkpoint covers
    WRONG_SIGNATURE = "wrong-signature"
    MALFORMED = "malformed"  # a line that no log holds, or that stands where it cannot


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong."""

    fault: Fault
    first: int  # number of the first bad entry
    last: int  # the same, or the end of the range within which it lies
    message: str  # a sentence for people

    @property
    def where(self) -> str:
        """Name the entry or the range."""
        return (
            f"entry {self.first:,}" if self.first == self.last else f"entries {self.first:,} to {self.last:,}"
        )


def first_difference(good: Tree, pending: Sequence[Entry], mark: Mark, rest: Iterable[Line]) -> Finding:
    """Find out which entry is the first that differs from a signed checkpoint, and how.

    ``good`` holds the entries that are proven, ``pending`` those between them and ``mark``, a checkpoint with
    a right signature and another root or size. ``rest`` is what follows it.
    """
    signed = SignedCheckpoint.parse(mark.note).checkpoint
    following = [
        line if isinstance(line, Mark) else Entry(line.leaf, line.seq)
        for line in rest
        if isinstance(line, Entry | Mark)
    ]
    if not _leaves_are_proven(good, mark, signed):
        return _by_numbers(good.size, pending, signed, following)
    true = {good.size + 1 + place: leaf for place, leaf in enumerate(mark.leaves)}
    true |= _repeated(following)
    for number in range(good.size + 1, max(signed.size, good.size + len(pending)) + 1):
        place = number - good.size - 1
        here = pending[place] if place < len(pending) else None
        if number <= signed.size and here is not None and here.leaf == true[number]:
            continue
        later = [*pending[place + 1 :], *(line for line in following if isinstance(line, Entry))]
        return _finding(_how(number, here, true, later), number, here, true.get(number))
    raise AssertionError("entries that lead to the signed root were called different")


def _leaves_are_proven(good: Tree, mark: Mark, signed: Checkpoint) -> bool:
    """Say whether the repeated leaf hashes lead from the proven entries to the signed root."""
    if signed.size != good.size + len(mark.leaves):
        return False
    tree = good.copy()
    for leaf in mark.leaves:
        tree.append(leaf)
    return tree.root() == signed.root


def _repeated(following: Iterable[Line]) -> dict[int, bytes]:
    """Collect the leaf hashes that later checkpoints repeat; good enough to name what happened."""
    found: dict[int, bytes] = {}
    for line in following:
        if isinstance(line, Mark):
            try:
                size = SignedCheckpoint.parse(line.note).checkpoint.size
            except NoteError:
                continue
            found |= {size - len(line.leaves) + 1 + place: leaf for place, leaf in enumerate(line.leaves)}
    return found


def _how(number: int, here: Entry | None, true: Mapping[int, bytes], later: Sequence[Entry]) -> Fault:
    leaves = Counter(entry.leaf for entry in later)
    wanted = true.get(number)
    comes_later = wanted is not None and leaves[wanted] > 0
    if here is None:
        return Fault.REORDERED if comes_later else Fault.DELETED
    if here.leaf == wanted:  # the entry is right; the checkpoint stands in the wrong place
        return Fault.REORDERED
    if leaves[here.leaf]:
        return Fault.INSERTED  # a copy of an entry that follows
    belongs = next((place for place, leaf in true.items() if leaf == here.leaf), None)
    if belongs is not None:
        return Fault.REORDERED if comes_later else Fault.DELETED
    return Fault.INSERTED if comes_later else Fault.CHANGED


def _by_numbers(
    proven: int, pending: Sequence[Entry], signed: Checkpoint, following: Sequence[Line]
) -> Finding:
    """Go by the numbers that the entries bear, where nothing tells their true hashes."""
    numbers = [entry.seq for entry in pending]
    numbers += [line.seq for line in following if isinstance(line, Entry)]
    for number, entry in enumerate(pending, proven + 1):
        if entry.seq != number:
            later = number in numbers[number - proven :]
            return _finding(_how_by_number(number, entry.seq, comes_later=later), number, entry, None)
    read = proven + len(pending)
    if signed.size > read:
        later = read + 1 in numbers[len(pending) :]
        return _finding(Fault.REORDERED if later else Fault.DELETED, read + 1, None, None)
    first, last = proven + 1, read
    if signed.size <= proven or not pending:
        text = f"a checkpoint over {signed.size:,} entries stands behind entry {read:,}"
        return Finding(Fault.REORDERED, read + 1, read + 1, text)
    if first == last:
        return _finding(Fault.CHANGED, first, pending[0], None)
    text = f"of the entries {first:,} to {last:,} at least one is not what was signed"
    return Finding(Fault.CHANGED, first, last, text)


def _how_by_number(number: int, borne: int | None, *, comes_later: bool) -> Fault:
    if borne is None:
        return Fault.CHANGED
    if borne < number:
        return Fault.INSERTED
    return Fault.REORDERED if comes_later else Fault.DELETED


_SENTENCES = {
    Fault.CHANGED: "entry {number:,} was changed",
    Fault.DELETED: "entry {number:,} was deleted",
    Fault.INSERTED: "what stands in the place of entry {number:,} was inserted",
    Fault.REORDERED: "the order was changed: what belongs at {number:,} stands elsewhere",
}


def _finding(fault: Fault, number: int, here: Entry | None, wanted: bytes | None) -> Finding:
    text = _SENTENCES[fault].format(number=number)
    if wanted is not None:
        found = "nothing" if here is None else f"one with the hash {here.leaf.hex()}"
        text += f" (the signed tree holds an entry with the leaf hash {wanted.hex()}, the log holds {found})"
    elif here is not None and here.seq not in (None, number):
        text += f" (the entry there calls itself number {here.seq:,})"
    return Finding(fault, number, number, text)
