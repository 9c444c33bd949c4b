"""The Merkle tree of RFC 6962 over lines of bytes: roots, proofs, and how a proof is verified."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Hash one line exactly as stored; a re-serialised line is another line."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node; its prefix keeps it apart from every leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to append: the size and the roots of the full subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError("the peaks do not fit the size of the tree")

    def append(self, leaf: bytes) -> Self:
        """Return the frontier with one more leaf, given as its hash."""
        peaks, node, size = list(self.peaks), leaf, self.size
        while size & 1:
            node = node_hash(peaks.pop(), node)
            size >>= 1
        return type(self)(self.size + 1, (*peaks, node))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        *others, node = self.peaks
        for peak in reversed(others):
            node = node_hash(peak, node)
        return node


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of leaves."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf)
    return frontier.root()


class Tree:
    """The tree of these leaves, given as hashes; each inner hash is computed once, for many proofs."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._roots: dict[tuple[int, int], bytes] = {}

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the path that proves the leaf at `index` in the tree of the first `size` leaves."""
        if not 0 <= index < size <= len(self._leaves):
            raise ValueError("the tree has no leaf of that index")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            split = start + _split(end - start)
            if index < split:
                path.append(self._root(split, end))
                end = split
            else:
                path.append(self._root(start, split))
                start = split
        return tuple(reversed(path))

    def consistency_proof(self, old_size: int, size: int) -> tuple[bytes, ...]:
        """Return the nodes that prove that the tree of `size` leaves begins with `old_size` of them."""
        if not 0 <= old_size <= size <= len(self._leaves):
            raise ValueError("the tree never had that size")
        return self._subproof(old_size, (0, size), known=True) if old_size else ()

    def _subproof(self, old_size: int, of: tuple[int, int], *, known: bool) -> tuple[bytes, ...]:
        start, end = of
        if old_size == end:
            return () if known else (self._root(start, end),)
        split = start + _split(end - start)
        if old_size <= split:
            left = self._subproof(old_size, (start, split), known=known)
            return (*left, self._root(split, end))
        right = self._subproof(old_size, (split, end), known=False)
        return (*right, self._root(start, split))

    def _root(self, start: int, end: int) -> bytes:
        if end - start == 1:
            return self._leaves[start]
        if (start, end) not in self._roots:
            split = start + _split(end - start)
            node = node_hash(self._root(start, split), self._root(split, end))
            self._roots[start, end] = node
        return self._roots[start, end]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the path that proves the leaf at `index`, from the bottom to the top."""
    return Tree(leaves).inclusion_proof(index, len(leaves))


def verify_inclusion(
    leaf: bytes, index: int, tree: tuple[int, bytes], proof: Sequence[bytes]
) -> bool:
    """Say whether `proof` shows that the leaf stands at `index` in the tree of that size and root."""
    size, expected = tree
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == expected


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the nodes that prove that the tree only grew since it had `old_size` leaves."""
    return Tree(leaves).consistency_proof(old_size, len(leaves))


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]
) -> bool:
    """Say whether `proof` shows that the new tree (size, root) begins with the whole old one."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_root == new_root
    nodes = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    return bool(nodes) and _grows(nodes, old, new)


def _grows(nodes: Sequence[bytes], old: tuple[int, bytes], new: tuple[int, bytes]) -> bool:
    """Follow RFC 9162, 2.1.4.2: rebuild both roots from the same nodes."""
    position, last = old[0] - 1, new[0] - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_node = new_node = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_node, new_node = node_hash(node, old_node), node_hash(node, new_node)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new_node = node_hash(new_node, node)
        position, last = position >> 1, last >> 1
    return last == 0 and (old_node, new_node) == (old[1], new[1])


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
