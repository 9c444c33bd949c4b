"""Every store of the evidence log only grows, also where a process dies within a write."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from drift.errors import EvidenceUnavailable
from tests.support.evidence import Kept

NAME = "ab/shard-0/2026-12-02.jsonl"


def test_what_is_appended_stands_in_order(log: Kept) -> None:
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


def test_an_append_that_is_repeated_changes_nothing(log: Kept) -> None:
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


@pytest.mark.parametrize("there", [b"", b"t", b"two", b"two\n"])
def test_an_append_of_which_a_part_was_written_is_completed(log: Kept, there: bytes) -> None:
    log.append(NAME, 0, b"one\n" + there)
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


@pytest.mark.parametrize("there", [b"", b"one", b"one\nTWO\n", b"one\ntw0"])
def test_a_file_that_was_cut_or_changed_is_refused_and_left_as_it_is(
    log: Kept, there: bytes
) -> None:
    log.append(NAME, 0, there)

    with pytest.raises(EvidenceUnavailable):
        log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == there


def test_a_file_that_was_made_once_stays(log: Kept) -> None:
    log.create("ab/shard-0/checkpoints/000000000001.txt", b"first")
    log.create("ab/shard-0/checkpoints/000000000001.txt", b"second")

    assert log.read("ab/shard-0/checkpoints/000000000001.txt") == b"first"
    assert log.names() == ["ab/shard-0/checkpoints/000000000001.txt"]


def test_files_are_named_in_order_whatever_else_is_in_the_store(log: Kept) -> None:
    for each in ("cd/keys/00.txt", NAME, "ab/shard-0/2026-12-01.jsonl"):
        log.append(each, 0, b"x\n")

    assert log.names() == ["ab/shard-0/2026-12-01.jsonl", NAME, "cd/keys/00.txt"]


def test_what_is_longer_than_one_block_is_appended_whole(log: Kept) -> None:
    data = bytes(range(256)) * (5 * 4096)
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, data)
    log.append(NAME, 4, data)

    assert log.read(NAME) == b"one\n" + data


def test_writers_of_the_same_bytes_at_the_same_time_write_them_once(log: Kept) -> None:
    lines = [b"%03d\n" % number for number in range(20)]

    def write_all(_: int) -> None:
        for number, line in enumerate(lines):
            log.append(NAME, 4 * number, line)

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write_all, range(4)))

    assert log.read(NAME) == b"".join(lines)
