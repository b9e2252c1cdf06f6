"""The Merkle tree of RFC 6962, section 2.1, with SHA-256: hashes, a tree that grows, and checks of proofs.

A hash here is always 32 bytes. Entries are counted from 0 within the tree, as in the RFC; the log itself
numbers them from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without entries (RFC 6962, section 2.1)."""


class Node(NamedTuple):
    """The root of one complete subtree: 2**level entries, beginning with entry position * 2**level."""

    level: int
    position: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry: SHA-256(0x00 || entry), RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one: SHA-256(0x01 || left || right), RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_subtrees(size: int) -> list[tuple[int, int]]:
    """Return (level, position) of the complete subtrees that a tree of ``size`` entries consists of.

    They stand from left to right, each smaller than the one before: one for every 1 in the binary form of
    ``size``.
    """
    found = []
    begin = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, begin >> level))
            begin += 1 << level
    return found


def join(subtrees: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees from left to right.

    RFC 6962, section 2.1 splits a tree at the largest power of two below its size; for these subtrees that
    means to join them from the right.
    """
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


class Tree:
    """A tree that grows entry by entry and remembers only its complete subtrees, about log2(size) hashes."""

    __slots__ = ("_subtrees", "size")

    def __init__(self, size: int = 0, subtrees: Iterable[bytes] = ()) -> None:
        self.size = size
        self._subtrees = list(subtrees)
        if len(self._subtrees) != size.bit_count():
            raise ValueError(f"a tree of {size} entries has {size.bit_count()} complete subtrees")

    def copy(self) -> Tree:
        """Return a tree of its own that holds the same entries."""
        return Tree(self.size, self._subtrees)

    def append(self, leaf: bytes) -> list[Node]:
        """Add the entry with this leaf hash; return it with every subtree that it completed."""
        level, position, top = 0, self.size, leaf
        added = [Node(level, position, top)]
        while self.size >> level & 1:
            top = node_hash(self._subtrees.pop(), top)
            level, position = level + 1, position >> 1
            added.append(Node(level, position, top))
        self._subtrees.append(top)
        self.size += 1
        return added

    def root(self) -> bytes:
        """Return the Merkle tree hash of all entries so far (RFC 6962, section 2.1)."""
        return join(self._subtrees)


def root_by_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to; it proves something if that is a signed root.

    ``index`` counts from 0. RFC 6962, section 2.1.1 defines the proof (audit path), and RFC 9162, section
    2.1.3.2 these steps. Raises `ValueError` for a proof of the wrong length or an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} entries has no entry with index {index}")
    here, last, root = index, size - 1, leaf
    for other in proof:
        if last == 0:
            raise ValueError("the inclusion proof is too long")
        if here & 1 or here == last:
            root = node_hash(other, root)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            root = node_hash(root, other)
        here, last = here >> 1, last >> 1
    if last:
        raise ValueError("the inclusion proof is too short")
    return root


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Say whether ``proof`` shows that the tree ``new`` (size, root) only added to the tree ``old``.

    RFC 6962, section 2.1.2 defines the proof, and RFC 9162, section 2.1.4.2 these steps.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # a power of two: the old root itself is the first node
        path.insert(0, old_root)
    if not path:
        return False
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    from_old = from_new = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            from_old, from_new = node_hash(other, from_old), node_hash(other, from_new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            from_new = node_hash(from_new, other)
        here, last = here >> 1, last >> 1
    return from_old == old_root and from_new == new_root and last == 0
