"""Running functions: each message is stored or fails, once, and in time."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import azure.functions as func
import pytest

from drift.errors import SourceUnavailable
from functions_host.functions import calls, index
from functions_host.functions.calls import Outputs
from functions_host.functions.invocations import Invocations, Job, OutOfTime, describe_error
from tests.functions_host.hosting import eventually


def function(work: Callable[[str], Any]) -> index.Function:
    """Return a function that an event triggers; its result is sent."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    def run(event: str, out: func.Out[Any]) -> None:
        out.set(work(event))

    decorated = app.queue_output(arg_name="out", queue_name="done", connection="c")(run)
    app.event_grid_trigger(arg_name="event")(decorated)
    (found,) = index.functions(app, {})
    return found


@contextmanager
def pool(timeout: float | None = 30, renew: float = 30) -> Iterator[Invocations]:
    invocations = Invocations(threads=2, timeout_seconds=timeout, renew_seconds=renew)
    try:
        yield invocations
    finally:
        invocations.stop()


def job(work: Callable[[str], Any], commit: Callable[[Outputs], None], **more: Any) -> Job:
    return Job(function=function(work), arrival=calls.event("x"), commit=commit, **more)


def test_what_a_function_sends_is_stored_before_it_counts_as_done() -> None:
    stored: list[Outputs] = []
    with pool() as invocations:
        invocations.start(job(lambda event: [event, "y"], stored.append)).result()

        assert stored == [[("done", "x"), ("done", "y")]]


def test_a_failed_function_stores_nothing_and_says_so_in_one_line_without_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: str) -> None:
        raise ValueError("swordfish")

    stored: list[Outputs] = []
    with pool() as invocations, caplog.at_level(logging.INFO):
        error = invocations.start(job(fail, stored.append, about="message 7")).exception()

    assert (type(error), stored) == (ValueError, [])
    (line,) = (each.getMessage() for each in caplog.records if each.name == "phidrift.host")
    assert line.startswith("run failed: ValueError at test_invocations.py:")
    assert line.endswith(" (message 7)")
    assert "swordfish" not in caplog.text


def test_what_cannot_be_stored_is_a_failure() -> None:
    def refuse(outputs: Outputs) -> None:
        raise OSError("disk full")

    with pool() as invocations:
        error = invocations.start(job(lambda event: event, refuse)).exception()

    assert isinstance(error, OSError)


def test_a_function_over_its_time_fails_at_once_and_what_it_sends_later_is_dropped() -> None:
    go, ended, stored = threading.Event(), threading.Event(), list[Outputs]()

    def late(event: str) -> str:
        go.wait()
        ended.set()
        return event

    with pool(timeout=0.05) as invocations:
        error = invocations.start(job(late, stored.append)).exception()
        go.set()
        ended.wait()

    assert isinstance(error, OutOfTime)
    assert stored == []


def test_a_stuck_function_does_not_hold_up_the_end() -> None:
    go = threading.Event()
    invocations = Invocations(threads=1, timeout_seconds=0.05, renew_seconds=30)
    invocations.start(job(lambda event: go.wait(), lambda outputs: None)).exception()

    is_done = invocations.stop()
    go.set()

    assert not is_done


def test_the_input_message_of_a_long_function_stays_leased() -> None:
    held: list[bool] = []
    go = threading.Event()
    with pool(renew=0.02) as invocations:
        running = job(
            lambda event: go.wait(), lambda outputs: None, renew=lambda: held.append(True)
        )
        future = invocations.start(running)
        was_held = eventually(lambda: len(held) > 1)
        go.set()
        future.exception()

    assert was_held


def test_the_end_waits_for_what_follows_a_function() -> None:
    go, began, stopped = threading.Event(), threading.Event(), threading.Event()
    too_late: list[bool] = []

    def wait(event: str) -> None:
        began.set()
        go.wait()

    invocations = Invocations(threads=1, timeout_seconds=30, renew_seconds=30)
    future = invocations.start(job(wait, lambda outputs: None))
    future.add_done_callback(lambda _: too_late.append(stopped.wait(0.2)))
    began.wait()
    threading.Timer(0.05, go.set).start()
    invocations.stop()
    stopped.set()

    assert too_late == [False]


def test_the_end_waits_for_what_runs_and_cancels_what_has_not_begun() -> None:
    go, began = threading.Event(), threading.Event()

    def wait(event: str) -> str:
        began.set()
        go.wait()
        return event

    stored: list[Outputs] = []
    invocations = Invocations(threads=1, timeout_seconds=30, renew_seconds=30)
    first = invocations.start(job(wait, stored.append))
    began.wait()
    second = invocations.start(job(wait, stored.append))
    threading.Timer(0.05, go.set).start()

    assert invocations.stop()
    assert (first.exception(), len(stored)) == (None, 1)
    assert (
        type(second.exception(0) if not second.cancelled() else None).__name__ == "CancelledError"
    )


def test_an_error_of_ours_is_told_in_its_own_words_and_on_one_line() -> None:
    error = SourceUnavailable("/subscriptions/1\n/x", 503, "Busy")

    assert describe_error(error) == "SourceUnavailable: /subscriptions/1 /x: HTTP 503 Busy"
