"""Timers: one process at a time, and missed runs become one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from drift.errors import BadSettings
from functions_host.functions import index
from functions_host.timers.leases import TimerClaims
from functions_host.timers.timers import follow_clock, timers_of
from tests.functions_host.hosting import ask, eventually, hosted

DUE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that moves only if a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at.timestamp()


@contextmanager
def claims(
    folder: Path, clock: Clock, owner: str = "me", dead: str = "nobody"
) -> Iterator[TimerClaims]:
    found = TimerClaims(
        folder / "state.queues.db",
        owner=owner,
        lease_seconds=60,
        is_dead=lambda each: each == dead,
        clock=clock,
    )
    try:
        found.last("tick")
        yield found
    finally:
        found.close()


def test_a_run_is_claimed_by_one_process(tmp_path: Path) -> None:
    clock = Clock(DUE - timedelta(seconds=9))
    with claims(tmp_path, clock, "a") as a, claims(tmp_path, clock, "b") as b:
        clock.at = DUE

        assert (a.claim("tick", DUE), b.claim("tick", DUE)) == (True, False)
        a.release("tick")
        assert not b.claim("tick", DUE)


def test_a_run_is_skipped_while_the_one_before_goes_on(tmp_path: Path) -> None:
    clock = Clock(DUE - timedelta(seconds=9))
    with claims(tmp_path, clock, "a") as a, claims(tmp_path, clock, "b") as b:
        clock.at = DUE
        a.claim("tick", DUE)
        clock.at = later = DUE + timedelta(seconds=30)

        assert not b.claim("tick", later)
        a.renew("tick")
        clock.at = much_later = later + timedelta(seconds=50)
        assert not b.claim("tick", much_later)
        a.release("tick")
        assert b.claim("tick", much_later)


@pytest.mark.parametrize(
    ("seconds", "dead"), [(61, "nobody"), (1, "a")], ids=["lease ended", "known to be dead"]
)
def test_a_timer_of_a_dead_process_is_claimed_by_another(
    tmp_path: Path, seconds: int, dead: str
) -> None:
    clock = Clock(DUE - timedelta(seconds=9))
    with claims(tmp_path, clock, "a") as a, claims(tmp_path, clock, "b", dead) as b:
        clock.at = DUE
        a.claim("tick", DUE)
        clock.at = DUE + timedelta(seconds=seconds)

        assert b.claim("tick", clock.at)


def seen_first_in_2020(folder: Path) -> None:
    """Create the files that a host of long ago has left."""
    with claims(folder, Clock(datetime(2020, 1, 1, tzinfo=UTC))):
        pass


def app_with_timer(schedule: str, runs: list[Any], **more: Any) -> func.FunctionApp:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.timer_trigger(arg_name="timer", schedule=schedule, **more)
    def tick(timer: func.TimerRequest) -> None:
        runs.append(timer.past_due)

    return app


def test_a_timer_runs_when_it_is_due_and_again(tmp_path: Path) -> None:
    runs: list[bool] = []
    with hosted(app_with_timer("* * * * * *", runs), tmp_path):
        assert eventually(lambda: len(runs) >= 2)


def test_runs_missed_while_no_host_ran_become_one_that_knows_it_is_late(tmp_path: Path) -> None:
    runs: list[bool] = []
    seen_first_in_2020(tmp_path)
    with hosted(app_with_timer("0 0 4 1 1 *", runs), tmp_path):
        assert eventually(lambda: runs == [True])


def test_a_run_begun_while_the_clock_was_ahead_takes_none_of_the_present(tmp_path: Path) -> None:
    runs: list[bool] = []
    with claims(tmp_path, Clock(datetime(2100, 1, 1, tzinfo=UTC))):
        pass

    with hosted(app_with_timer("* * * * * *", runs), tmp_path):
        assert eventually(lambda: len(runs) >= 2)


@pytest.mark.parametrize(
    ("seen", "due"),
    [(DUE + timedelta(hours=2), DUE + timedelta(seconds=10)), (DUE, DUE + timedelta(hours=3))],
    ids=["set back", "not set back"],
)
def test_a_timer_is_due_soon_again_after_the_clock_was_set_back(
    seen: datetime, due: datetime
) -> None:
    (function,) = index.functions(app_with_timer("*/10 * * * * *", []), {})
    (timer,) = timers_of([function])
    timer.due = DUE + timedelta(hours=3)

    follow_clock([timer], seen, DUE)

    assert timer.due == due


def test_a_timer_that_is_not_monitored_makes_up_for_nothing(tmp_path: Path) -> None:
    runs: list[bool] = []
    seen_first_in_2020(tmp_path)
    with hosted(app_with_timer("0 0 4 1 1 *", runs, use_monitor=False), tmp_path) as (url, _):
        ask("POST", f"{url}/admin/functions/tick")

        assert eventually(lambda: runs == [False])


def test_a_timer_that_runs_on_startup_does(tmp_path: Path) -> None:
    runs: list[bool] = []
    with hosted(app_with_timer("0 0 4 1 1 *", runs, run_on_startup=True), tmp_path):
        assert eventually(lambda: runs == [False])


def test_a_timer_is_run_by_hand_at_once_and_nothing_else_is(tmp_path: Path) -> None:
    runs: list[bool] = []
    with hosted(app_with_timer("0 0 4 1 1 *", runs), tmp_path) as (url, _):
        accepted = ask("POST", f"{url}/admin/functions/tick", "{}")
        refused = ask("POST", f"{url}/admin/functions/other", "{}")

        assert (accepted.status, refused.status) == (202, 404)
        assert eventually(lambda: runs == [False])


def test_a_timer_that_never_is_due_is_served_all_the_same(tmp_path: Path) -> None:
    runs: list[bool] = []
    with hosted(app_with_timer("0 0 0 30 2 *", runs), tmp_path) as (url, _):
        assert ask("POST", f"{url}/admin/functions/tick").status == 202
        assert eventually(lambda: runs == [False])


def test_every_wrong_schedule_is_named_in_one_error() -> None:
    app = app_with_timer("0 0 25 * * *", [])

    @app.timer_trigger(arg_name="timer", schedule="never")
    def other(timer: func.TimerRequest) -> None:
        threading.Event().wait(0)

    with pytest.raises(BadSettings, match=r"schedule of tick: .*\. the schedule of other: "):
        timers_of(index.functions(app, {}))
