"""The common part of the channels' receiving services: check as the real ones do, and record."""

import abc
import math
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.http.endpoint import Clock, Endpoint
from sandbox.http.messages import Answer, Refused, Request


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """One accepted message; two messages are never equal, even with the same content."""

    at: datetime
    body: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One message that was refused, and why."""

    at: datetime
    status: int
    why: str
    body: bytes = field(repr=False)


class Sink(Endpoint):
    """A channel's receiving service. ``requests`` has every raw request, refused and reset ones too.

    ``heartbeats`` are the accepted messages that only say that the sender is alive; they are not in
    other lists.
    """

    def __init__(self, clock: Clock, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls)
        self.accepted: list[Received] = []
        self.heartbeats: list[Any] = []
        self.rejected: list[Rejected] = []
        self.limit: tuple[int, float] | None = None
        self._listeners: list[Callable[[Any], None]] = []
        self._books = threading.Lock()
        self._recent: deque[datetime] = deque()

    def answer(self, request: Request) -> Answer:
        """Check and accept one request, unless ``limit`` (count, seconds) is exceeded."""
        with self._books:
            wait = self._wait_seconds(request.at)
        if wait:
            headers = {"Retry-After": str(wait)}
            raise Refused(429, "TooManyRequests", "Rate limit is exceeded.", headers=headers)
        return self.take(request)

    @abc.abstractmethod
    def take(self, request: Request) -> Answer:
        """Check one request, record it and answer it."""

    def _wait_seconds(self, now: datetime) -> int:
        if self.limit is None:
            return 0
        most, seconds = self.limit
        while self._recent and (now - self._recent[0]).total_seconds() >= seconds:
            self._recent.popleft()
        if len(self._recent) < most:
            self._recent.append(now)
            return 0
        return max(1, math.ceil(seconds - (now - self._recent[0]).total_seconds()))

    @property
    @abc.abstractmethod
    def url(self) -> str:
        """Return the address to post to."""

    def fail(
        self, status: int = 503, *, times: int | None = None, retry_after: float | None = None
    ) -> None:
        """Answer the next requests with a status instead of reading them."""
        self.refuse(status=status, times=times, retry_after=retry_after)

    def listen(self, listener: Callable[[Any], None]) -> None:
        """Call a listener with the body of each message that is accepted from now on."""
        self._listeners.append(listener)

    def accept(self, request: Request, body: Any) -> None:
        """Record an accepted message."""
        with self._books:
            if is_heartbeat(body):
                self.heartbeats.append(body)
                return
            self.accepted.append(Received(request.at, body))
        for listener in self._listeners:
            listener(body)

    def reject(self, request: Request, answer: Answer, why: str) -> Answer:
        """Record a rejected message and return the answer."""
        with self._books:
            self.rejected.append(Rejected(request.at, answer.status, why, request.body))
        return answer

    def bodies(self) -> list[Any]:
        """Return the bodies of all accepted messages."""
        with self._books:
            return [received.body for received in self.accepted]


def is_heartbeat(body: Any) -> bool:
    """Tell whether a message of a SIEM channel is a heartbeat, in the form of any of them."""
    if not isinstance(body, Mapping):
        return False
    kinds = (body.get("sourcetype"), body.get("type"), body.get("ControlId"))
    return any(str(each).lower().endswith("heartbeat") for each in kinds)
