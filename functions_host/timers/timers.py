"""Runs timers when they are due, each in one process at a time; missed runs become one run."""

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from adapters.queues.protocol import QueuesUnavailable
from drift.config.ncrontab import Ncrontab, parse_schedule
from drift.errors import BadSettings
from functions_host.functions.calls import FunctionResult, timer
from functions_host.functions.index import TIMER_TRIGGER, Function
from functions_host.functions.invocations import Invocations, Job
from functions_host.functions.queues import HostQueues
from functions_host.timers.leases import TimerClaims
from functions_host.timers.schedule import after

log: Final = logging.getLogger("phidrift.host")

_LONGEST_WAIT_SECONDS: Final = 5.0
"""A laptop that slept is noticed after this time: waits count only the time awake."""

_PAST_DUE: Final = timedelta(seconds=1)
_SET_BACK: Final = timedelta(seconds=1)


@dataclass(slots=True)
class Timer:
    """A function, its schedule, when it last began, and when it is due next (None: never)."""

    function: Function
    schedule: Ncrontab
    last: datetime | None = None
    due: datetime | None = None


def timers_of(functions: Iterable[Function]) -> tuple[Timer, ...]:
    """Return the timers among them; raise one BadSettings naming each schedule that is wrong."""
    found, problems = [], []
    for each in functions:
        if each.trigger != TIMER_TRIGGER:
            continue
        try:
            found.append(Timer(each, parse_schedule(str(each.settings["schedule"]))))
        except ValueError as error:
            problems.append(f"the schedule of {each.name}: {error}")
    if problems:
        raise BadSettings(tuple(problems))
    return tuple(found)


def follow_clock(timers: Iterable[Timer], seen: datetime, now: datetime) -> None:
    """Compute the due times anew where the clock was set back since ``seen``: they were its future's."""
    if seen - now > _SET_BACK:
        for each in timers:
            each.due = after(each.schedule, now)


class Timers:
    """All timers of the app, on one thread that waits for the next of them."""

    def __init__(
        self,
        timers: tuple[Timer, ...],
        claims: TimerClaims,
        queues: HostQueues,
        invocations: Invocations,
    ) -> None:
        self._timers = timers
        self._claims = claims
        self._queues = queues
        self._invocations = invocations
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="timers", daemon=True)

    def start(self) -> None:
        """Start; a timer that was due while no host ran runs now, once."""
        for each in self._timers:
            each.last = self._claims.last(each.function.name)
            runs_now = each.function.settings.get("runOnStartup") is True
            is_monitored = each.function.settings.get("useMonitor") is not False
            since = each.last if is_monitored else datetime.now(UTC)
            each.due = datetime.now(UTC) if runs_now else after(each.schedule, since)
        self._thread.start()

    def stop(self) -> None:
        """Start no more runs; running timers continue."""
        self._stop.set()
        self._thread.join()

    def run(self, name: str) -> bool:
        """Run a timer now, whatever its schedule; False if there is none of that name."""
        for each in self._timers:
            if each.function.name == name:
                self._start(each, past_due=False, is_claimed=False)
                return True
        return False

    def _wait(self) -> None:
        seen = datetime.now(UTC)
        while not self._stop.wait(self._pause()):
            now = datetime.now(UTC)
            follow_clock(self._timers, seen, now)
            seen = now
            for each in self._timers:
                if each.due is not None and each.due <= now:
                    self._begin(each, each.due, now)

    def _pause(self) -> float:
        dues = [each.due for each in self._timers if each.due is not None]
        if not dues:
            return _LONGEST_WAIT_SECONDS
        ahead = (min(dues) - datetime.now(UTC)).total_seconds()
        return min(max(ahead, 0.0), _LONGEST_WAIT_SECONDS)

    def _begin(self, each: Timer, due: datetime, now: datetime) -> None:
        each.due = after(each.schedule, now)
        try:
            if self._claims.claim(each.function.name, due):
                self._start(each, past_due=now - due > _PAST_DUE, is_claimed=True)
        except QueuesUnavailable as error:
            log.error("timer %s was not run: %s", each.function.name, error)

    def _start(self, each: Timer, *, past_due: bool, is_claimed: bool) -> None:
        name = each.function.name
        job = Job(
            function=each.function,
            arrival=timer(past_due=past_due, last=each.last, due=each.due),
            commit=self._queues.put_many,
            renew=partial(self._claims.renew, name) if is_claimed else None,
        )
        each.last = datetime.now(UTC)
        future = self._invocations.start(job)
        if is_claimed:
            future.add_done_callback(partial(self._ended, name))

    def _ended(self, name: str, _: Future[FunctionResult]) -> None:
        try:
            self._claims.release(name)
        except QueuesUnavailable as error:
            log.error("timer %s is held until its lease ends: %s", name, error)
