"""The tree against the definitions of RFC 6962, written out here once more as the RFC has them."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.audit.verifier import EMPTY_ROOT, Tree, is_consistent, leaf_hash, root_by_inclusion

# Inputs and roots that implementations of RFC 6962 are commonly tested with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), tree_hash(entries[k:])]
    return [*path(m - k, entries[k:]), tree_hash(entries[:k])]


def proof(m: int, entries: list[bytes], *, whole: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF of section 2.1.2."""
    if m == len(entries):
        return [] if whole else [tree_hash(entries)]
    k = split(len(entries))
    if m <= k:
        return [*proof(m, entries[:k], whole=whole), tree_hash(entries[k:])]
    return [*proof(m - k, entries[k:], whole=False), tree_hash(entries[:k])]


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


def grown(entries: list[bytes]) -> Tree:
    tree = Tree()
    for entry in entries:
        tree.append(leaf_hash(entry))
    return tree


def test_roots_are_those_of_other_implementations() -> None:
    tree = Tree()
    assert tree.root() == EMPTY_ROOT
    for entry, root in zip(INPUTS, ROOTS, strict=True):
        tree.append(leaf_hash(entry))
        assert tree.root().hex() == root


@pytest.mark.parametrize("count", [*range(35), 64, 100])
def test_a_growing_tree_has_the_root_that_the_rfc_defines(count: int) -> None:
    assert grown(numbered(count)).root() == tree_hash(numbered(count))


def test_every_completed_subtree_is_told_once() -> None:
    tree, told = Tree(), {}
    for entry in numbered(21):
        for node in tree.append(leaf_hash(entry)):
            assert (node.level, node.position) not in told
            told[node.level, node.position] = node.hash
    for (level, position), found in told.items():
        begin = position << level
        assert found == tree_hash(numbered(21)[begin : begin + (1 << level)])
    assert len(told) == 21 + 10 + 5 + 2 + 1


def test_a_copy_grows_by_itself() -> None:
    tree = grown(numbered(3))
    copy = tree.copy()
    copy.append(leaf_hash(b"x"))
    assert (tree.size, tree.root()) == (3, tree_hash(numbered(3)))


def test_a_tree_needs_its_subtrees() -> None:
    with pytest.raises(ValueError, match="2 complete subtrees"):
        Tree(5, [b"x" * 32])


@settings(max_examples=150, deadline=None)
@given(size=st.integers(1, 70), data=st.data())
def test_inclusion_proofs_hold_and_no_others(size: int, data: st.DataObject) -> None:
    entries = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    hashes, root = path(index, entries), tree_hash(entries)
    leaf = leaf_hash(entries[index])
    assert root_by_inclusion(index, size, leaf, hashes) == root
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else None
    if other is not None:
        assert leads_elsewhere(root, other, size, leaf, hashes)
    if hashes:
        place = data.draw(st.integers(0, len(hashes) - 1))
        changed = [*hashes]
        changed[place] = bytes(32)
        assert leads_elsewhere(root, index, size, leaf, changed)
        assert leads_elsewhere(root, index, size, leaf, hashes[:-1])
    assert leads_elsewhere(root, index, size, leaf, [*hashes, bytes(32)])
    assert leads_elsewhere(root, index, size, leaf_hash(b"another"), hashes)


def leads_elsewhere(root: bytes, index: int, size: int, leaf: bytes, hashes: list[bytes]) -> bool:
    try:
        return root_by_inclusion(index, size, leaf, hashes) != root
    except ValueError:
        return True


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_an_index_outside_the_tree_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="no entry"):
        root_by_inclusion(index, 5, bytes(32), [])


@settings(max_examples=150, deadline=None)
@given(new=st.integers(0, 70), data=st.data())
def test_consistency_proofs_hold_and_no_others(new: int, data: st.DataObject) -> None:
    entries = numbered(new)
    old = data.draw(st.integers(0, new))
    hashes = proof(old, entries) if old else []
    before, after = (old, tree_hash(entries[:old])), (new, tree_hash(entries))
    assert is_consistent(before, after, hashes)
    assert not is_consistent(before, after, [*hashes, bytes(32)])
    assert not is_consistent((old, bytes(32)), after, hashes)
    assert not is_consistent((new + 1, before[1]), after, hashes)
    if hashes:
        assert not is_consistent(before, (new, bytes(32)), hashes)
        assert not is_consistent(before, after, hashes[:-1])
        place = data.draw(st.integers(0, len(hashes) - 1))
        assert not is_consistent(before, after, [*hashes[:place], bytes(32), *hashes[place + 1 :]])
