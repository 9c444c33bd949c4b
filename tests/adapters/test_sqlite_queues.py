"""The queues: durable before put returns, one taker at a time, back after the lease."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_queues import (
    MAX_MESSAGE_BYTES,
    Counts,
    Message,
    MessageRefused,
    SqliteQueues,
)

ROOT = Path(__file__).parents[2]
LEASE = 600.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queues(tmp_path: Path, clock: Clock) -> Iterator[SqliteQueues]:
    with closing(SqliteQueues(tmp_path / "queues.db", clock=clock)) as opened:
        yield opened


def take(queues: SqliteQueues, count: int = 1, owner: str = "me") -> tuple[Message, ...]:
    return queues.take("changes", count, lease_seconds=LEASE, owner=owner)


def texts(messages: tuple[Message, ...]) -> list[str]:
    return [each.text for each in messages]


def test_messages_come_in_the_order_they_were_put(queues: SqliteQueues) -> None:
    queues.put("changes", "first")
    queues.put_many([("changes", "second"), ("deliveries", "other"), ("changes", "third")])

    assert texts(take(queues, 10)) == ["first", "second", "third"]


def test_a_taken_message_is_nobody_elses(queues: SqliteQueues) -> None:
    queues.put("changes", "a")
    taken = take(queues)

    assert texts(taken) == ["a"]
    assert take(queues, owner="other") == ()


def test_a_completed_message_is_gone(queues: SqliteQueues, clock: Clock) -> None:
    queues.put("changes", "a")
    (message,) = take(queues)

    assert queues.complete(message)
    clock.now += LEASE + 1
    assert take(queues) == ()
    assert not queues.complete(message)


def test_a_delayed_message_waits(queues: SqliteQueues, clock: Clock) -> None:
    queues.put("changes", "later", visible_after=30)

    assert take(queues) == ()
    clock.now += 30
    assert texts(take(queues)) == ["later"]


def test_a_message_comes_back_after_its_lease_and_counts(
    queues: SqliteQueues, clock: Clock
) -> None:
    queues.put("changes", "a")
    (first,) = take(queues)
    clock.now += LEASE
    (second,) = take(queues)

    assert (first.dequeue_count, second.dequeue_count) == (1, 2)


def test_who_lost_the_lease_can_do_nothing_to_the_message(
    queues: SqliteQueues, clock: Clock
) -> None:
    queues.put("changes", "a")
    (lost,) = take(queues)
    clock.now += LEASE
    (held,) = take(queues, owner="other")

    assert not queues.complete(lost)
    assert not queues.release(lost)
    assert not queues.renew(lost, LEASE)
    assert not queues.move_to_poison(lost)
    assert queues.complete(held)


def test_a_renewed_lease_runs_on(queues: SqliteQueues, clock: Clock) -> None:
    queues.put("changes", "a")
    (message,) = take(queues)
    clock.now += LEASE - 1

    assert queues.renew(message, LEASE)
    clock.now += LEASE - 1
    assert take(queues) == ()
    assert queues.complete(message)


def test_a_released_message_is_visible_after_the_delay(queues: SqliteQueues, clock: Clock) -> None:
    queues.put("changes", "a")
    (message,) = take(queues)

    assert queues.release(message, 30)
    assert take(queues) == ()
    clock.now += 30
    (again,) = take(queues)
    assert again.dequeue_count == 2


def test_a_poisoned_message_moves_to_the_poison_queue_uncounted(queues: SqliteQueues) -> None:
    queues.put("changes", "bad")
    (message,) = take(queues)

    assert queues.move_to_poison(message)
    assert take(queues) == ()
    (poison,) = queues.take("changes-poison", lease_seconds=LEASE, owner="me")
    assert (poison.text, poison.dequeue_count) == ("bad", 1)


def test_counts_tell_waiting_from_running(queues: SqliteQueues, clock: Clock) -> None:
    queues.put_many([("changes", "a"), ("changes", "b"), ("changes", "c")])
    queues.put("changes", "later", visible_after=3600)
    take(queues)

    assert queues.counts("changes") == Counts(waiting=3, running=1)
    clock.now += LEASE
    assert queues.counts("changes") == Counts(waiting=4, running=0)
    assert queues.counts("never used") == Counts(waiting=0, running=0)


def test_what_a_dead_owner_holds_is_taken_back_at_once(queues: SqliteQueues) -> None:
    queues.put_many([("changes", "a"), ("deliveries", "b"), ("changes", "c")])
    take(queues, owner="dead")
    queues.take("deliveries", lease_seconds=LEASE, owner="dead")
    take(queues, owner="alive")

    assert queues.take_back(lambda owner: owner == "dead") == 2
    (message,) = take(queues, 10)
    assert (message.text, message.dequeue_count) == ("a", 2)


def test_a_message_too_large_for_azure_is_refused_with_all_that_came_with_it(
    queues: SqliteQueues,
) -> None:
    with pytest.raises(MessageRefused, match="queue changes"):
        queues.put_many([("changes", "ok"), ("changes", "é" * (MAX_MESSAGE_BYTES // 2 + 1))])

    assert take(queues, 10) == ()


def test_many_threads_take_each_message_once(tmp_path: Path) -> None:
    with closing(SqliteQueues(tmp_path / "queues.db")) as queues:
        queues.put_many([("changes", str(n)) for n in range(60)])
        taken: list[str] = []

        def work() -> None:
            while messages := take(queues, 4):
                for message in messages:
                    taken.append(message.text)
                    queues.complete(message)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(taken, key=int) == [str(n) for n in range(60)]
        assert queues.counts("changes") == Counts(waiting=0, running=0)


def test_a_message_survives_its_puts_process_being_killed(tmp_path: Path) -> None:
    path = tmp_path / "queues.db"
    script = (
        "import os, signal, sys; from adapters.sqlite_queues import SqliteQueues;"
        "SqliteQueues(sys.argv[1]).put('changes', 'kept'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False)

    with closing(SqliteQueues(path)) as queues:
        assert texts(take(queues)) == ["kept"]


def test_what_a_message_led_to_is_stored_as_it_ends(queues: SqliteQueues) -> None:
    queues.put("changes", "a")
    (message,) = take(queues)

    assert queues.complete(message, [("deliveries", "x"), ("changes", "y")])
    assert queues.counts("deliveries") == Counts(waiting=1, running=0)
    assert texts(take(queues, 10)) == ["y"]


def test_who_lost_the_lease_sends_nothing(queues: SqliteQueues, clock: Clock) -> None:
    queues.put("changes", "a")
    (lost,) = take(queues)
    clock.now += LEASE
    take(queues, owner="other")

    assert not queues.complete(lost, [("deliveries", "x")])
    assert queues.counts("deliveries") == Counts(waiting=0, running=0)


def test_a_message_whose_outputs_are_refused_is_not_ended(queues: SqliteQueues) -> None:
    queues.put("changes", "a")
    (message,) = take(queues)

    with pytest.raises(MessageRefused):
        queues.complete(message, [("deliveries", "x" * (MAX_MESSAGE_BYTES + 1))])
    assert queues.complete(message)
