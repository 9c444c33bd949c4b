import itertools

import pytest

from drift.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The test data of certificate-transparency: eight leaves and the root of the first n of them.
LEAVES = [
    leaf_hash(bytes.fromhex(data))
    for data in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
MANY = [leaf_hash(str(number).encode()) for number in range(20)]
SIZES = range(1, len(MANY) + 1)


@pytest.mark.parametrize(("size", "expected"), ROOTS.items())
def test_the_root_is_that_of_the_published_vectors(size: int, expected: str) -> None:
    assert root(LEAVES[:size]).hex() == expected


def test_a_tree_without_leaves_has_the_hash_of_nothing_as_root() -> None:
    assert Frontier().root() == EMPTY_ROOT


def test_a_frontier_holds_one_hash_for_each_full_subtree() -> None:
    frontier = Frontier()
    for leaf in MANY[:11]:
        frontier = frontier.append(leaf)

    assert (frontier.size, len(frontier.peaks)) == (11, 3)


def test_a_frontier_whose_peaks_do_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, (MANY[0],))


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proved_at_its_own_index_and_at_no_other(size: int) -> None:
    leaves = MANY[:size]
    tree = (size, root(leaves))
    for index, claimed in itertools.product(range(size), range(-1, size + 1)):
        proof = inclusion_proof(leaves, index)

        assert verify_inclusion(leaves[index], claimed, tree, proof) is (claimed == index)


@pytest.mark.parametrize("size", SIZES)
def test_a_changed_leaf_or_a_changed_proof_is_not_proved(size: int) -> None:
    tree = (size, root(MANY[:size]))
    for index in range(size):
        proof = inclusion_proof(MANY[:size], index)

        assert not verify_inclusion(leaf_hash(b"changed"), index, tree, proof)
        assert not verify_inclusion(MANY[index], index, tree, (*proof, MANY[0]))
        assert not proof or not verify_inclusion(MANY[index], index, tree, proof[:-1])


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_that_only_grew_is_consistent_with_each_of_its_pasts(size: int) -> None:
    new = (size, root(MANY[:size]))
    for old_size in range(size + 1):
        proof = consistency_proof(MANY[:size], old_size)

        assert verify_consistency((old_size, root(MANY[:old_size])), new, proof)


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_whose_past_was_rewritten_is_not_consistent(size: int) -> None:
    rewritten = [leaf_hash(b"rewritten"), *MANY[1:size]]
    new = (size, root(rewritten))
    for old_size in range(1, size + 1):
        proof = consistency_proof(rewritten, old_size)

        assert not verify_consistency((old_size, root(MANY[:old_size])), new, proof)


def test_a_tree_that_shrank_is_not_consistent() -> None:
    assert not verify_consistency((5, root(MANY[:5])), (4, root(MANY[:4])), ())


@pytest.mark.parametrize("index", [-1, 3])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(MANY[:3], index)


@pytest.mark.parametrize("size", [-1, 4])
def test_no_proof_is_made_of_a_size_that_never_was(size: int) -> None:
    with pytest.raises(ValueError, match="never had"):
        consistency_proof(MANY[:3], size)
