"""How many resources of one subscription a tick wakes, so that a storm does not delay other subscriptions.

Only background reads have shares. Reads beyond the share are spread over the next ticks.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from drift import ids
from drift.queues.outbound import MessageKind
from drift.state.due_rows import ANSWERS, CONFIRMS, reason_in_key

TICK: Final = timedelta(seconds=10)
"""The time between two ticks, by the default of TICK_SCHEDULE."""

CONFIRMATIONS: Final = 100
"""Confirmations and quick re-reads of a subscription in one tick; ARM allows them 83 reads at once."""

OTHERS: Final = 50
"""How many other resources of a subscription one tick wakes."""


class TickShares:
    """Counts the resources that one tick has woken, by subscription and purpose."""

    def __init__(self) -> None:
        self._woken: Counter[tuple[str, bool]] = Counter()

    def delay(self, key: str, data: Mapping[str, Any]) -> timedelta:
        """Return how long a due row must wait for its subscription's share; zero: not at all."""
        if not is_shared(key, data):
            return timedelta()
        confirms = reason_in_key(key) in CONFIRMS
        owner = ids.subscription_of(str(data.get("resource", ""))), confirms
        ticks = self._woken[owner] // (CONFIRMATIONS if confirms else OTHERS)
        self._woken[owner] += 1
        return ticks * TICK


def is_shared(key: str, data: Mapping[str, Any]) -> bool:
    """Tell whether a due row asks for a read that no event waits for."""
    return data.get("kind") == MessageKind.WAKE and reason_in_key(key) not in ANSWERS
