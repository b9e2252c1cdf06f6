"""Proofs from the stored tree: that an entry stands in the log, and that a log only grew.

The RFC defines both by cutting the entries in two again and again. What is left of that are ranges of
entries. The hash of a range is put together from the complete subtrees that are stored, some log2(n) of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from antigone.audit.verifier import Tree, complete_subtrees, join
from antigone.errors import AuditError
from antigone.records.audit import AuditView, Place

Range = tuple[int, int]
"""Entries from the first index up to, not including, the second; counted from 0."""


def stored_tree(view: AuditView, size: int) -> Tree:
    """Return the tree over the first ``size`` entries. Raises `AuditError` where a part is gone."""
    return Tree(size, _hashes(view, complete_subtrees(size)))


def inclusion_proof(view: AuditView, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of RFC 6962, section 2.1.1, for the entry at ``index`` (from 0) in ``size``."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} entries has no entry with index {index}")
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return _over(view, reversed(ranges))


def consistency_proof(view: AuditView, old: int, size: int) -> tuple[bytes, ...]:
    """Return the proof of RFC 6962, section 2.1.2, that the tree of ``size`` entries extends ``old``."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} entries cannot extend one of {old}")
    ranges: list[Range] = []
    begin, end, whole = 0, size, True
    while 0 < old < end:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if old > 0 and not whole:
        ranges.append((begin, end))
    return _over(view, reversed(ranges))


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _over(view: AuditView, ranges: Iterable[Range]) -> tuple[bytes, ...]:
    """Return the hash of each range."""
    covers = [
        [(level, (begin >> level) + place) for level, place in complete_subtrees(end - begin)]
        for begin, end in ranges
    ]
    hashes = iter(_hashes(view, [place for cover in covers for place in cover]))
    return tuple(join([next(hashes) for _ in cover]) for cover in covers)


def _hashes(view: AuditView, places: Sequence[Place]) -> list[bytes]:
    found = view.nodes(places)
    missing = [place for place in places if place not in found]
    if missing:
        level, position = missing[0]
        raise AuditError(
            f"the tree of the audit log lacks a part (level {level}, position {position})",
            hint="antigone audit verify tells more; then restore the workspace from a backup",
        )
    return [found[place] for place in places]
