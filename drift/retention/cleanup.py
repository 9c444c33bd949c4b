"""The data with which the steps of the walk decide which rows are deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from drift.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleanup:
    """The part of the walk that one message does.

    Rows that ended before ``oldest`` are deleted; at ``until`` the time of the message is over.
    ``channels`` are the names of the channels that have settings; ``is_watched`` tells whether the
    settings still name the subscription, tenant or group of a resource.
    """

    store: Store
    clock: Callable[[], datetime]
    oldest: datetime
    until: datetime
    channels: frozenset[str]
    is_watched: Callable[[str], bool]

    @property
    def is_over(self) -> bool:
        """Tell whether the time of the message is over."""
        return self.clock() >= self.until
