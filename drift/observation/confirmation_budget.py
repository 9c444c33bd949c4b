"""The shares of the limits of ARM and Storage that first reads of events leave to other reads.

First reads have five twelfths (``drift.arm.read_limits``), confirmations and their retries a third;
other retries, polls, changed rules and large fan-outs have a quarter.
One row per subscription holds, for each limit, until when the share is used: a leaky bucket.
"""

import enum
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.arm.read_limits import ARM, STORAGE_GET, STORAGE_LIST, Limit, limits_of
from drift.clock import bounds
from drift.codec import decode, encode, versioned
from drift.errors import NotUnderstood
from drift.extensible import Extensible
from drift.ports import Put, Row, Store
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict


class Share(enum.Enum):
    """The kinds of reads that have a share."""

    CONFIRMATION = enum.auto()
    """Owed documents are read again, also after a refusal."""
    QUICK = enum.auto()
    """A document is read again early; uses only what confirmations leave."""
    BACKGROUND = enum.auto()
    """No event waits for the reads."""


LIMITS: Final[Mapping[str, Limit]] = {
    # 250 at once, refilled by 25 a second
    # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
    ARM: Limit(83, timedelta(seconds=3 / 25)),
    # 800 reads and 100 lists in 5 minutes: half of the share at once, the other half over 5 minutes
    # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling#storage-throttling
    STORAGE_GET: Limit(133, timedelta(seconds=300 / 133)),
    STORAGE_LIST: Limit(16, timedelta(seconds=300 / 17)),
}

BACKGROUND_LIMITS: Final[Mapping[str, Limit]] = {
    ARM: Limit(62, timedelta(seconds=4 / 25)),
    STORAGE_GET: Limit(100, timedelta(seconds=300 / 100)),
    STORAGE_LIST: Limit(12, timedelta(seconds=300 / 13)),
}
"""A quarter of the same limits."""

_QUICK_PART: Final = 0.5
"""The part of the share of confirmations that quick re-reads may use."""

_ALL_USED: Final = 2
"""How far beyond the whole of a limit the time of a stored share may lie: clocks differ."""

_FIRST_STEP: Final = timedelta(minutes=15)
_STEPS: Final = 6
"""Number of steps from half of a share to all of it: the last one after 16 hours."""

_BACKGROUND: Final = "background "
"""Prefix of the names of these limits in the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationBudget(Extensible):
    """The used share of each limit, as the time at which all of it is free again."""

    free_at: Mapping[str, datetime] = field(default_factory=dict)


def part_of(waited: timedelta) -> float:
    """Return the part of a share that a resource may use: from half to all, by the age of its last read.

    Without this, resources that ask often would use the whole share, and others would never be read.
    Each time the age doubles, the resource may use one step more.
    """
    steps = math.log2(max(1.0, waited / _FIRST_STEP))
    return min(1.0, 0.5 + steps / (2 * _STEPS))


def reserve(
    store: Store,
    resource_id: str,
    documents: Collection[str],
    share: Share,
    *,
    now: datetime,
    part: float = 1.0,
) -> datetime | None:
    """Take these reads from part of a share; return None, or when to ask again where it is used up."""
    home = ids.home_of(resource_id)
    wanted = Counter(kind for each in documents for kind in limits_of(each))
    prefix = _BACKGROUND if share is Share.BACKGROUND else ""
    limits = BACKGROUND_LIMITS if share is Share.BACKGROUND else LIMITS
    part = _QUICK_PART if share is Share.QUICK else part

    def take() -> datetime | None:
        row = store.get(keys.partition(home), _key(home))
        before = _budget(row)
        taken, later = {}, []
        for kind, many in wanted.items():
            limit, free_at = _part(limits[kind], part), before.free_at.get(prefix + kind, now)
            if free_at - now > _ALL_USED * limits[kind].burst * limits[kind].interval:
                free_at = now  # written while the clock was ahead
            taken[prefix + kind] = until = limit.taken(free_at, many, now)
            later.append(bounds.earlier(until, limit.burst * limit.interval))
        if any(at > now for at in later):
            return max(later)
        budget = ConfirmationBudget(free_at={**before.free_at, **taken}, extra=before.extra)
        put = Put(_key(home), versioned(encode(budget)), row.etag if row else "")
        store.commit(keys.partition(home), [put])
        return None

    return retry_on_conflict(home, take)


def _part(limit: Limit, part: float) -> Limit:
    return Limit(max(1, int(limit.burst * part)), limit.interval)


def _budget(row: Row | None) -> ConfirmationBudget:
    """Return the used shares; data of another version counts as unused."""
    try:
        return decode(ConfirmationBudget, row.data) if row else ConfirmationBudget()
    except NotUnderstood:
        return ConfirmationBudget()


def _key(home: str) -> str:
    return keys.row_key(RowKind.BUDGET, keys.digest(home))
