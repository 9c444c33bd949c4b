"""Play the documented request limits of ARM and its providers."""

import math
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final

from sandbox.core.arm_errors import storage_busy, too_many
from sandbox.core.paths import Kind, Place, subscription_of
from sandbox.core.people import Actor
from sandbox.http.endpoint import Clock

_WINDOW_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: its capacity, and how many tokens it regains each second."""

    capacity: float
    refill: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """ARM's buckets per subscription and principal, and the Storage provider's five minutes.

    https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
    """

    reads: Bucket = Bucket(250, 25)
    writes: Bucket = Bucket(200, 10)
    deletes: Bucket = Bucket(200, 10)
    storage_reads: int = 800
    storage_lists: int = 100

    def bucket(self, kind: str) -> Bucket:
        """Return the bucket of reads, writes or deletes."""
        return {"reads": self.reads, "writes": self.writes, "deletes": self.deletes}[kind]


@dataclass(slots=True)
class _Level:
    tokens: float
    at: float


class Throttle:
    """Counts requests; ``limits`` None lets everything through."""

    def __init__(self, clock: Clock, limits: Limits | None) -> None:
        self.limits = limits
        self._clock = clock
        self._levels: dict[tuple[str, str, str], _Level] = {}
        self._storage: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, method: str, place: Place, actor: Actor) -> dict[str, str]:
        """Count one request and return the header with the tokens left; refuse with 429."""
        if self.limits is None:
            return {}
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        with self._lock:
            left = self._take_token(self.limits.bucket(kind), kind, place, actor)
            if kind == "reads" and place.namespace.lower() == "microsoft.storage":
                self._take_storage(self.limits, place)
        return {f"x-ms-ratelimit-remaining-subscription-{kind}": str(left)}

    def _take_token(self, bucket: Bucket, kind: str, place: Place, actor: Actor) -> int:
        now = self._clock().timestamp()
        key = (kind, subscription_of(place.path).lower(), actor.object_id)
        level = self._levels.setdefault(key, _Level(bucket.capacity, now))
        refilled = level.tokens + max(0.0, now - level.at) * bucket.refill
        level.tokens, level.at = min(bucket.capacity, refilled), now
        if level.tokens < 1:
            seconds = math.ceil((1 - level.tokens) / bucket.refill)
            raise too_many(kind, place.path, max(1, seconds))
        level.tokens -= 1
        return int(level.tokens)

    def _take_storage(self, limits: Limits, place: Place) -> None:
        listing = place.kind is Kind.COLLECTION
        kind = "List" if listing else "Read"
        most = limits.storage_lists if listing else limits.storage_reads
        now = self._clock().timestamp()
        recent = self._storage[subscription_of(place.path).lower(), kind]
        while recent and recent[0] <= now - _WINDOW_SECONDS:
            recent.popleft()
        if len(recent) >= most:
            raise storage_busy(kind, max(1, math.ceil(recent[0] + _WINDOW_SECONDS - now)))
        recent.append(now)
