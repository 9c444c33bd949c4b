"""A host in this process that stops at a given point and starts again like the real one.

What dies is everything but the store, the queues and the world outside. A message that was not ended
comes back, at once or when its lease is over; what its function had sent by then is sent all the
same, as in Azure, where the host sends what a function returned before it deletes the message.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.queues.outbound import Outbound
from drift.services import Services
from tests.crash.points import Counted, marking_calls, running, watched
from tests.support.rig import Rig


class Killed(BaseException):
    """The process is gone; no handler of the product's may notice."""


@dataclass(order=True, slots=True)
class _Message:
    visible_at: datetime
    order: int
    queue: str = field(compare=False)
    text: str = field(compare=False)


class DyingHost:
    """Runs a monitor over a rig, and dies at the points with these numbers, counted from 1.

    ``passed`` names every point that was reached, ``died_at`` those at which it died.
    """

    def __init__(
        self,
        rig: Rig,
        *,
        dies_at: Iterable[int] = (),
        lease: timedelta = timedelta(),
        calls: Callable[[type], frozenset[str]] = marking_calls,
    ) -> None:
        self.rig = rig
        self.passed: list[str] = []
        self.died_at: list[str] = []
        self._dies_at = frozenset(dies_at)
        self._lease = lease
        self._calls = calls
        self._messages: list[_Message] = []
        self._order = 0
        self._cuts_in: tuple[int, Callable[[], None]] | None = None
        self._points = Counted(self._reached)
        self._services: Services | None = None

    def cut_in(self, at: int, act: Callable[[], None]) -> None:
        """Have somebody else act, from start to end, right after the point with this number."""
        self._cuts_in = at, act

    @property
    def waiting(self) -> int:
        """Return how many messages are left."""
        return len(self._messages)

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Let Event Grid deliver an event until it is accepted, and handle the resulting messages."""
        body = json.dumps(event)
        accepted = False
        while not accepted:
            accepted = self._survived(
                "resource_changed", lambda: Outbound(changes=self._monitor().intake(body))
            )
        self.work_off()

    def write(self, resource_id: str, **details: Any) -> dict[str, Any]:
        """Deliver a fresh event about this resource, and return it."""
        event = self.rig.event(resource_id, **details)
        self.deliver(event)
        return event

    def later(self, *, minutes: int) -> None:
        """Let time pass, with a tick each minute; a tick that dies is not run again."""
        for _ in range(minutes):
            self.rig.clock.advance(minutes=1)
            self.tick()

    def tick(self) -> None:
        """Run the timer, and handle its messages."""
        self._survived("tick", lambda: self._monitor().tick())
        self.work_off()

    def sweep(self) -> None:
        """Run the other timer, again where it dies as the next day's run, and work off the rest."""
        while not self._survived("sweep", lambda: self._monitor().sweep()):
            pass
        self.work_off()

    def work_off(self) -> None:
        """Run what waits; a message is ended when all it led to is sent, and comes back if not."""
        while self._messages and self._messages[0].visible_at <= self.rig.clock.now:
            taken = heapq.heappop(self._messages)
            kind = json.loads(taken.text).get("kind")
            step = self._step(taken)
            if not self._survived(f"{taken.queue} {kind}", step):
                taken.visible_at = self.rig.clock.now + self._lease
                heapq.heappush(self._messages, taken)

    def _step(self, taken: _Message) -> Callable[[], Outbound]:
        monitor = self._monitor()
        run = {
            "changes": monitor.evaluate,
            "deliveries": monitor.deliver,
            "background": monitor.background,
        }[taken.queue]
        return lambda: run(taken.text)

    def _survived(self, what: str, run: Callable[[], Outbound]) -> bool:
        try:
            with running(what):
                work = run()
                self._send("changes", work.changes)
                self._send("deliveries", work.deliveries)
                self._send("background", work.background)
        except Killed:
            return False
        return True

    def _send(self, queue: str, texts: tuple[str, ...]) -> None:
        for text in texts:
            self._order += 1
            message = _Message(self.rig.clock.now, self._order, queue, text)
            heapq.heappush(self._messages, message)
            self._points(f"Queue[{queue}].put")

    def _monitor(self) -> Monitor:
        """Return the monitor as its parts are now; nothing is kept in it between two calls."""
        if self._services is not self.rig.services:
            self._services = self.rig.services
            store = watched(self._services, self._points, self._calls).store
            reader = ThrottledReader(self.rig.arm, store, self.rig.clock)
            self._made = Monitor(
                watched(replace(self._services, reader=reader), self._points, self._calls)
            )
        return self._made

    def _reached(self, point: str) -> None:
        self.passed.append(point)
        if len(self.passed) in self._dies_at:
            self.died_at.append(point)
            raise Killed(point)
        if self._cuts_in and self._cuts_in[0] == len(self.passed):
            (_, act), self._cuts_in = self._cuts_in, None
            act()
