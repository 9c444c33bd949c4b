"""What SQLite adds to the contract of queues: order, exact counts, and the disk."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.queues.protocol import QueueCounts, TakenMessage
from adapters.queues.sqlite import SqliteQueues
from tests.adapters.queues.queue_kinds import Clock

ROOT = Path(__file__).parents[3]
LEASE = 600.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queues(tmp_path: Path, clock: Clock) -> Iterator[SqliteQueues]:
    with closing(SqliteQueues(tmp_path / "queues.db", clock=clock)) as opened:
        yield opened


def take(queues: SqliteQueues, count: int = 1) -> tuple[TakenMessage, ...]:
    return queues.take("changes", count, lease_seconds=LEASE, owner="me")


def test_messages_come_in_the_order_they_were_put(queues: SqliteQueues) -> None:
    queues.put("changes", "first")
    queues.put_many([("changes", "second"), ("deliveries", "other"), ("changes", "third")])

    assert [each.text for each in take(queues, 10)] == ["first", "second", "third"]


def test_counts_tell_waiting_from_running(queues: SqliteQueues, clock: Clock) -> None:
    queues.put_many([("changes", "a"), ("changes", "b"), ("changes", "c")])
    queues.put("changes", "later", visible_after=3600)
    take(queues)

    assert queues.counts("changes") == QueueCounts(waiting=3, running=1)
    clock.advance(LEASE)
    assert queues.counts("changes") == QueueCounts(waiting=4, running=0)
    assert queues.counts("never used") == QueueCounts(waiting=0, running=0)


def test_a_message_survives_its_puts_process_being_killed(tmp_path: Path) -> None:
    path = tmp_path / "queues.db"
    script = (
        "import os, signal, sys; from adapters.queues.sqlite import SqliteQueues;"
        "SqliteQueues(sys.argv[1]).put('changes', 'kept'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False)

    with closing(SqliteQueues(path)) as queues:
        assert [each.text for each in take(queues)] == ["kept"]
