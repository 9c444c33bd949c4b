"""Repeated failures are logged once a minute with their count."""

import logging

import pytest

from functions_host.process.repeated_failure_log import RepeatedFailureLog


class Clock:
    """A clock that moves only if a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock, caplog: pytest.LogCaptureFixture) -> RepeatedFailureLog:
    caplog.set_level(logging.INFO)
    return RepeatedFailureLog("it fails", "it works again", clock=clock)


def fail(outage: RepeatedFailureLog, clock: Clock, *, seconds: int, why: str = "no answer") -> None:
    """Let it fail twice a second for so long."""
    for _ in range(2 * seconds):
        outage.failed(OSError(why))
        clock.now += 0.5


def test_what_goes_on_failing_is_said_once_and_then_once_a_minute_with_its_count(
    outage: RepeatedFailureLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    fail(outage, clock, seconds=130)

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("ERROR", "it fails: no answer"),
        ("ERROR", "it fails: no answer (121 tries failed in 60 s)"),
        ("ERROR", "it fails: no answer (241 tries failed in 120 s)"),
    ]


def test_it_is_said_once_when_it_is_over_and_anew_when_it_begins_anew(
    outage: RepeatedFailureLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outage.over()
    fail(outage, clock, seconds=10)
    outage.over()
    outage.over()
    fail(outage, clock, seconds=1)

    assert caplog.messages == [
        "it fails: no answer",
        "it works again (20 tries failed in 10 s)",
        "it fails: no answer",
    ]


def test_another_reason_is_said_at_once_but_not_without_end(
    outage: RepeatedFailureLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(40):
        fail(outage, clock, seconds=1, why=f"HTTP {500 + number % 20}")

    assert caplog.messages[:2] == [
        "it fails: HTTP 500",
        "it fails: HTTP 501 (3 tries failed in 1 s)",
    ]
    assert len(caplog.messages) == 5
