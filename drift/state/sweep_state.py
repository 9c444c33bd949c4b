"""The progress of the sweep of each subscription: one row, so that it does not depend on a process."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import Extensible, decode, is_known
from drift.ports import Store
from drift.state import keys
from drift.state.keys import RowKind

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBudget(Extensible):
    """What a minute's read budget has been spent on, by provider and kind of read."""

    began: datetime
    spent: Mapping[str, int] = field(default_factory=dict)

    @property
    def renews_at(self) -> datetime:
        """Return when the next one begins."""
        return self.began + MINUTE


_STRAGGLERS: Final = timedelta(minutes=3)
"""How long a digest waits for evaluations that are under way, or whose lease must expire first."""


_LAST_MINUTE: Final = timedelta(minutes=1)
"""Before the digest: what is decided then may be stored too late for it, and is reported on its own."""


class Phase(enum.StrEnum):
    """What a sweep is doing, in this order."""

    CONTAINERS = "groups and subscriptions"
    RESOURCES = "resources"
    GONE = "what is listed no more"
    DIGEST = "waits with the digest of a first sweep"
    DONE = "nothing any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Extensible):
    """How far the sweep of a subscription has come.

    ``after`` leads to the current page, ``last`` is the last resource of it that was compared; in
    phase GONE they are a partition and a key. ``first``: none has been finished before.
    ``held_until`` is when the lease expires. ``due`` is the key of the row that continues the sweep if
    its message is lost. ``visited`` counts resources, also those in their parent's row. ``digest_at``
    is when the digest of the first sweep is sent. ``finished_before`` is when an earlier sweep finished.
    """

    subscription: str
    run: int
    first: bool
    started: datetime
    phase: Phase = Phase.CONTAINERS
    after: str = ""
    last: str = ""
    held_until: datetime | None = None
    ration: ReadBudget | None = None
    due: str = ""
    visited: int = 0
    finished: datetime | None = None
    digest_at: datetime | None = None
    finished_before: datetime | None = None

    @property
    def last_finished(self) -> datetime | None:
        """Return when the last sweep that came to its end did so, this one or one before."""
        return self.finished or self.finished_before

    @property
    def home(self) -> str:
        """Return the id in whose partition the sweep stands."""
        return f"/subscriptions/{self.subscription}"

    @property
    def is_under_way(self) -> bool:
        """Tell whether it continues; in a phase of a newer version it does not, until it begins anew."""
        return is_known(self.phase) and self.phase is not Phase.DONE

    def in_next_phase(self, now: datetime) -> "Sweep":
        """Return the sweep at the beginning of its next phase."""
        phases = list(Phase)
        phase = phases[phases.index(self.phase) + 1]
        fresh = replace(self, after="", last="")
        if phase is Phase.DIGEST and self.first:
            return replace(fresh, phase=phase, digest_at=now + _STRAGGLERS)
        if phase in (Phase.DIGEST, Phase.DONE):
            return replace(fresh, phase=Phase.DONE, finished=now)
        return replace(fresh, phase=phase)

    def will_tell(self, now: datetime) -> bool:
        """Tell whether what the initial scan finds now will be in the digest."""
        if not self.first or not self.is_under_way:
            return False
        return self.digest_at is None or now < self.digest_at - _LAST_MINUTE


def find_sweep(store: Store, subscription: str) -> tuple[Sweep | None, str]:
    """Return the last sweep of a subscription and the etag of its row, None and "" for none."""
    home = f"/subscriptions/{subscription}"
    row = store.get(keys.partition(home), row_key(home))
    return (decode(Sweep, row.data), row.etag) if row else (None, "")


def row_key(home: str) -> str:
    """Return the row key of the sweep of a subscription, by the id of its partition."""
    return keys.key(RowKind.SWEEP, keys.digest(home))
