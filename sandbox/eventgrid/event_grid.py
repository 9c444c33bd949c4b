"""Event Grid: every change becomes an event, delivered at least once, in no particular order."""

import heapq
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.arm.resources import Change, Cloud
from sandbox.core.paths import TAGS, parse, subscription_of
from sandbox.eventgrid.delivery import Receive, Subscriber, deliver, handshake
from sandbox.eventgrid.events import Event, payload_event, policy_event, resource_event
from sandbox.providers.network_rules import INLINE
from sandbox.seeded_random import SeededRandom

_WORKERS: Final = 8
_NEVER_AGAIN: Final = frozenset({400, 401, 413})
_ACCEPTED: Final = frozenset({200, 201, 202, 203, 204})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBehaviour:
    """How Event Grid behaves. Seconds; ``retry_scale`` shortens the documented retry schedule.

    https://learn.microsoft.com/azure/event-grid/delivery-and-retry
    """

    delay: float = 0.05
    duplicates: float = 0.1
    disorder: float = 0.1
    disorder_seconds: float = 3.0
    response_timeout: float = 30.0
    retry_scale: float = 1.0
    max_attempts: int = 30
    schedule: tuple[float, ...] = (10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200)


PROMPT: Final = DeliveryBehaviour(delay=0.0, duplicates=0.0, disorder=0.0, retry_scale=0.01)
"""Each event once, without delay."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempted delivery; ``status`` 0: no answer."""

    at: datetime
    event_id: str
    number: int
    status: int


@dataclass(order=True, slots=True)
class _PendingDelivery:
    due: float
    order: int
    event: Event = field(compare=False)
    subscriber: Subscriber = field(compare=False)
    attempts: int = field(compare=False, default=0)


class EventGrid:
    """Makes events of changes and delivers them to the subscribers."""

    def __init__(self, cloud: Cloud, chance: SeededRandom, behaviour: DeliveryBehaviour) -> None:
        self.behaviour = behaviour
        self.payload_events = False
        self.attempts: list[Attempt] = []
        self.dead_letters: list[Event] = []
        self.published: list[Event] = []
        self._cloud = cloud
        self._chance = chance
        self._subscribers: list[Subscriber] = []
        self._pending: list[_PendingDelivery] = []
        self._in_flight = 0
        self._order = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_WORKERS)]
        cloud.listen(self._on_change)

    def subscribe(self, target: str | Receive, *, cloud_events: bool = False) -> None:
        """Deliver every later event to a webhook, or to a function that returns a status."""
        self._subscribers.append(Subscriber(target, cloud_events))

    def handshake(self, target: str, *, cloud_events: bool = False) -> bool:
        """Tell whether a webhook answers the validation that precedes a subscription."""
        code = self._chance.guid("validation")
        return handshake(Subscriber(target, cloud_events), code)

    def publish(self, *events: Event) -> None:
        """Deliver events unchanged, well formed or not."""
        for event in events:
            for subscriber in self._subscribers:
                self._send(event, subscriber)
            with self._changed:
                self.published.append(event)

    def policy_state(self, path: str, compliance: str = "NonCompliant") -> None:
        """Publish that Azure Policy evaluated a resource again."""
        self.publish(policy_event(path, compliance, self._cloud.clock(), self._chance))

    def drain(self, timeout: float = 30.0) -> bool:
        """Wait until everything is delivered; tell whether that happened in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._pending and not self._in_flight, timeout
            )

    def start(self) -> None:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop delivering, without waiting for deliveries in progress."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(1.0)

    def _on_change(self, change: Change) -> None:
        """Publish a change; none outside of subscriptions has an event."""
        if not subscription_of(change.place.path):
            return
        self.publish(resource_event(change, self._chance))
        if self.payload_events and not change.verb.endswith("action"):
            self._publish_payload(change)

    def _publish_payload(self, change: Change) -> None:
        """Publish the resource that changed; a child or extension has no payload of its own."""
        place = change.place
        if place.type_key in INLINE or place.type_key == TAGS:
            place = parse(place.above)
        if place.child or place.extension or "/providers/" not in place.key:
            return
        body = self._cloud.documents.view().get(place.path)
        self.publish(payload_event(change, body, place.path, self._chance))

    def _send(self, event: Event, subscriber: Subscriber) -> None:
        name = f"parcel|{event.get('id')}"
        after = self.behaviour.delay * self._chance.draw(name)
        if self._chance.happens(self.behaviour.disorder, name):
            after += self.behaviour.disorder_seconds * self._chance.draw(name)
        self._put(event, subscriber, after)
        if self._chance.happens(self.behaviour.duplicates, name):
            again = after + self.behaviour.disorder_seconds * self._chance.draw(name)
            self._put(event, subscriber, again)

    def _put(
        self, event: Event, subscriber: Subscriber, after: float, *, attempts: int = 0
    ) -> None:
        with self._changed:
            self._order += 1
            due = time.monotonic() + after
            heapq.heappush(
                self._pending, _PendingDelivery(due, self._order, event, subscriber, attempts)
            )
            self._changed.notify_all()

    def _work(self) -> None:
        while (pending := self._next()) is not None:
            status = deliver(
                pending.subscriber,
                pending.event,
                attempt=pending.attempts,
                timeout=self.behaviour.response_timeout,
            )
            self._record(pending, status)

    def _next(self) -> _PendingDelivery | None:
        with self._changed:
            while not self._stopping:
                wait = self._pending[0].due - time.monotonic() if self._pending else None
                if wait is not None and wait <= 0:
                    self._in_flight += 1
                    return heapq.heappop(self._pending)
                self._changed.wait(wait)
            return None

    def _record(self, pending: _PendingDelivery, status: int) -> None:
        number = pending.attempts + 1
        event_id = str(pending.event.get("id", ""))
        with self._changed:
            self.attempts.append(Attempt(self._cloud.clock(), event_id, number, status))
            if status not in _ACCEPTED:
                if status in _NEVER_AGAIN or number >= self.behaviour.max_attempts:
                    self.dead_letters.append(pending.event)
                else:
                    self._retry(pending, number)
            self._in_flight -= 1
            self._changed.notify_all()

    def _retry(self, pending: _PendingDelivery, number: int) -> None:
        schedule = self.behaviour.schedule
        seconds = schedule[min(number, len(schedule)) - 1] * self.behaviour.retry_scale
        self._put(pending.event, pending.subscriber, seconds, attempts=number)
