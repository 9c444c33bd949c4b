"""A queue's listener: retries, poison, batches."""

import logging
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from adapters.queues.sqlite import SqliteQueues
from tests.functions_host.hosting import QUICK, eventually, hosted


def app_for(work: Any, queue: str = "to-do") -> func.FunctionApp:
    """Return an app with one function on a queue, which sends its input to ``done``."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    def run(message: func.QueueMessage, out: func.Out[str]) -> None:
        out.set(work(message))

    decorated = app.queue_output(arg_name="out", queue_name="done", connection="c")(run)
    app.queue_trigger(arg_name="message", queue_name=queue, connection="c")(decorated)
    return app


def waiting(queues: SqliteQueues, queue: str) -> int:
    return queues.counts(queue).waiting


def test_a_message_is_done_once_and_what_it_led_to_is_stored(tmp_path: Path) -> None:
    with hosted(app_for(lambda message: "next"), tmp_path) as (_, queues):
        queues.put("to-do", "x")

        assert eventually(lambda: waiting(queues, "done") == 1)
        assert queues.counts("to-do") == queues.counts("none")


def test_a_message_that_fails_is_tried_again_and_given_up_after_its_last_try(
    tmp_path: Path,
) -> None:
    attempts: list[int] = []

    def fail(message: Any) -> str:
        attempts.append(message.dequeue_count)
        raise ValueError

    with hosted(app_for(fail), tmp_path) as (_, queues):
        queues.put("to-do", "x")
        was_given_up = eventually(lambda: waiting(queues, "to-do-poison") == 1)

    assert was_given_up
    assert attempts == [1, 2, 3]


def test_a_failed_message_waits_for_the_visibility_timeout(tmp_path: Path) -> None:
    attempts: list[int] = []

    def fail(message: Any) -> str:
        attempts.append(message.dequeue_count)
        raise ValueError

    with hosted(app_for(fail), tmp_path, replace(QUICK, visibility_seconds=60)) as (_, queues):
        queues.put("to-do", "x")
        was_given_back = eventually(lambda: attempts == [1] and waiting(queues, "to-do") == 1)

    assert was_given_back


def test_a_message_that_crashed_its_process_each_time_is_not_retried(
    tmp_path: Path,
) -> None:
    seen: list[Any] = []
    queues = SqliteQueues(tmp_path / "state.queues.db")
    queues.put("to-do", "x")
    for _ in range(QUICK.max_dequeue_count):
        queues.take("to-do", lease_seconds=0, owner="a process that died")
    queues.close()

    with hosted(app_for(seen.append), tmp_path) as (_, queues):
        was_given_up = eventually(lambda: waiting(queues, "to-do-poison") == 1)

    assert was_given_up
    assert seen == []


def test_what_fails_on_a_poison_queue_stays_taken_until_its_lease_ends(tmp_path: Path) -> None:
    attempts: list[int] = []

    def fail(message: Any) -> str:
        attempts.append(message.dequeue_count)
        raise ValueError

    settings = replace(QUICK, lease_seconds=0.3)
    with hosted(app_for(fail, "to-do-poison"), tmp_path, settings) as (_, queues):
        queues.put("to-do-poison", "x")
        came_back = eventually(lambda: len(attempts) > QUICK.max_dequeue_count)

        assert came_back
        assert waiting(queues, "to-do-poison-poison") == 0


def test_no_more_run_at_once_than_a_batch_and_the_threshold(tmp_path: Path) -> None:
    go, lock, now, most = threading.Event(), threading.Lock(), [0], [0]

    def work(message: Any) -> str:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        go.wait(0.05)
        with lock:
            now[0] -= 1
        return "done"

    settings = replace(QUICK, batch_size=2, new_batch_threshold=1)
    with hosted(app_for(work), tmp_path, settings) as (_, queues):
        queues.put_many([("to-do", str(number)) for number in range(12)])
        all_done = eventually(lambda: waiting(queues, "done") == 12)

    assert all_done
    assert most[0] <= 3


def test_a_lease_is_renewed_while_a_function_runs(tmp_path: Path) -> None:
    attempts: list[int] = []

    def lease_end() -> float:
        with closing(sqlite3.connect(tmp_path / "state.queues.db")) as file:
            return float(file.execute("SELECT max(visible_at) FROM messages").fetchone()[0])

    def slow(message: Any) -> str:
        attempts.append(message.dequeue_count)
        first_end = lease_end()
        return "renewed" if eventually(lambda: lease_end() > first_end) else "not renewed"

    with hosted(app_for(slow), tmp_path, replace(QUICK, lease_seconds=3)) as (_, queues):
        queues.put("to-do", "x")
        was_done = eventually(lambda: waiting(queues, "done") == 1)
        (sent,) = queues.take("done", lease_seconds=60, owner="test")

    assert (was_done, sent.text) == (True, "renewed")
    assert attempts == [1]


def test_a_message_put_by_this_process_is_taken_without_waiting_for_the_next_poll(
    tmp_path: Path,
) -> None:
    app = app_for(lambda message: "x")

    @app.queue_trigger(arg_name="message", queue_name="done", connection="c")
    @app.queue_output(arg_name="out", queue_name="end", connection="c")
    def second(message: str, out: func.Out[str]) -> None:
        out.set(message)

    queues = SqliteQueues(tmp_path / "state.queues.db")
    queues.put("to-do", "there before the host is")
    queues.close()
    with hosted(app, tmp_path, replace(QUICK, polling_seconds=3600)) as (_, queues):
        assert eventually(lambda: waiting(queues, "end") == 1)


def test_a_queue_that_cannot_be_read_for_a_while_is_said_once_and_once_when_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "state.queues.db"

    def rename(column: str, name: str) -> None:
        with closing(sqlite3.connect(path)) as file:
            file.execute(f"ALTER TABLE messages RENAME COLUMN {column} TO {name}")

    def told(word: str) -> list[str]:
        return [each for each in caplog.messages if each.startswith("queue to-do") and word in each]

    with hosted(app_for(lambda message: "next"), tmp_path):
        rename("queue", "hidden")
        was_said = eventually(lambda: bool(told("cannot")))
        time.sleep(10 * QUICK.polling_seconds)
        rename("hidden", "queue")
        is_over = eventually(lambda: bool(told("again")))

    assert (was_said, is_over) == (True, True)
    assert [each.partition(" (")[0] for each in told("cannot")] == [
        f"queue to-do: cannot be read: {path}: no such column: queue"
    ]
    assert [each.partition(" (")[0] for each in told("again")] == ["queue to-do: can be read again"]
