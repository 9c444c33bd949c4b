"""The host's queues: a message and its outputs are completed together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.queues.protocol import MessageRefused
from adapters.queues.sqlite import SqliteQueues
from functions_host.functions.queues import HostQueues, LeaseLost


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteQueues]:
    """Return a file with one message."""
    queues = SqliteQueues(tmp_path / "queues.db")
    queues.put("to-do", "x")
    yield queues
    queues.close()


def test_a_message_ends_with_what_it_sends(store: SqliteQueues) -> None:
    queues = HostQueues(store, owner="me", lease_seconds=60)
    (taken,) = queues.take("to-do", 4)

    queues.complete(taken, [("done", "y"), ("done", "z")])

    assert store.counts("to-do").running == 0
    assert store.counts("done").waiting == 2


def test_a_process_without_the_lease_sends_nothing(store: SqliteQueues) -> None:
    late = HostQueues(store, owner="late", lease_seconds=0)
    (taken,) = late.take("to-do", 1)
    HostQueues(store, owner="other", lease_seconds=60).take("to-do", 1)

    with pytest.raises(LeaseLost, match="queue to-do: the lease of message 1 ended"):
        late.complete(taken, [("done", "y")])

    assert (store.counts("to-do").running, store.counts("done").waiting) == (1, 0)


def test_a_process_without_the_lease_moves_nothing_to_poison(store: SqliteQueues) -> None:
    late = HostQueues(store, owner="late", lease_seconds=0)
    (taken,) = late.take("to-do", 1)
    (held,) = HostQueues(store, owner="other", lease_seconds=60).take("to-do", 1)

    assert not late.move_to_poison(taken)
    assert late.move_to_poison(held)
    assert store.counts("to-do-poison").waiting == 1


def test_a_message_does_not_end_if_what_it_sends_is_refused(store: SqliteQueues) -> None:
    queues = HostQueues(store, owner="me", lease_seconds=60)
    (taken,) = queues.take("to-do", 1)

    with pytest.raises(MessageRefused):
        queues.complete(taken, [("done", "y"), ("done", "x" * 50_000)])

    assert (store.counts("to-do").running, store.counts("done").waiting) == (1, 0)


def test_a_waiting_listener_is_woken_by_a_new_message(store: SqliteQueues) -> None:
    queues = HostQueues(store, owner="me", lease_seconds=60)
    done, other = queues.bell("done"), queues.bell("other")
    (taken,) = queues.take("to-do", 1)

    queues.complete(taken, [("done", "y"), ("nobody waits", "z")])

    assert (done.is_set(), other.is_set()) == (True, False)
