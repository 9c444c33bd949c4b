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


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the path that proves the leaf at `index`, from the bottom to the top."""
    if not 0 <= index < len(leaves):
        raise ValueError("the tree has no leaf of that index")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), root(leaves[:split]))


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
    if not 0 <= old_size <= len(leaves):
        raise ValueError("the tree never had that size")
    return _subproof(leaves, old_size, known=True) if old_size else ()


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


def _subproof(leaves: Sequence[bytes], old_size: int, *, known: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if known else (root(leaves),)
    split = _split(len(leaves))
    if old_size <= split:
        return (*_subproof(leaves[:split], old_size, known=known), root(leaves[split:]))
    right = _subproof(leaves[split:], old_size - split, known=False)
    return (*right, root(leaves[:split]))


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
