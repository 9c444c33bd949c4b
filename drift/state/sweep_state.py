"""The progress of each subscription's sweep, in one row, so that it does not depend on a process."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.codec import decode, encode, is_known, versioned
from drift.errors import NotUnderstood
from drift.extensible import Extensible
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBudget(Extensible):
    """The used part of a minute's read budget, by provider and kind of read."""

    began: datetime
    spent: Mapping[str, int] = field(default_factory=dict)

    @property
    def renews_at(self) -> datetime:
        """Return when the next one begins."""
        return self.began + MINUTE


_STRAGGLERS: Final = timedelta(minutes=3)
"""How long a digest waits for evaluations that are under way, or whose lease must expire first."""


_LAST_MINUTE: Final = timedelta(minutes=1)
"""A time just before the digest: a decision in it may be stored too late, and is reported separately."""


_MOST_GAPS: Final = 20
"""How many reasons a sweep stores; more would not help an operator."""


class Phase(enum.StrEnum):
    """What a sweep is doing, in this order."""

    CONTAINERS = "groups and subscriptions"
    RESOURCES = "resources"
    GONE = "what is listed no more"
    DIGEST = "waits with the digest of a first sweep"
    DONE = "nothing any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Extensible):
    """The progress of the sweep of a subscription.

    ``after`` leads to the current page, ``last`` is the last resource of it that was compared; in
    phase GONE they are a partition and a key. ``first``: no sweep has finished before.
    ``held_until`` is when the lease expires. ``due`` is the key of the row that continues the sweep
    if its message is lost. ``visited`` counts resources, including those in their parent's row.
    ``digest_at`` is when the digest of the first sweep is sent. ``since`` is when the sweep before
    it began.

    ``proved``: Resource Graph was compared with ARM's own list of groups, which has ``groups``
    groups; ``listed`` counts the rows of resources. ``gaps`` say what Resource Graph did not list,
    ``gaps_before`` what it did not list in the last sweep, and ``gaps_since`` since when there are
    any. ``failing_since`` is since when the sweep waits for a source that refuses, with ``failure``
    its status and code. ``last_good`` is when a sweep without gaps was finished. ``empty_run`` is
    the sweep before this one if it listed no resource, else 0.
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
    proved: bool = False
    groups: int = 0
    listed: int = 0
    gaps: tuple[str, ...] = ()
    gaps_before: tuple[str, ...] = ()
    gaps_since: datetime | None = None
    failing_since: datetime | None = None
    failing_status: int = 0
    failure: str = ""
    last_good: datetime | None = None
    empty_run: int = 0
    since: datetime | None = None

    @property
    def home(self) -> str:
        """Return the id whose partition has the sweep."""
        return f"/subscriptions/{self.subscription}"

    @property
    def is_under_way(self) -> bool:
        """Tell whether it continues; in a phase of a newer version it does not, until it starts again."""
        return is_known(self.phase) and self.phase is not Phase.DONE

    def in_next_phase(self, now: datetime) -> "Sweep":
        """Return the sweep at the beginning of its next phase."""
        phases = list(Phase)
        phase = phases[phases.index(self.phase) + 1]
        fresh = replace(self, after="", last="")
        if phase is Phase.DIGEST and self.first:
            return replace(fresh, phase=phase, digest_at=now + _STRAGGLERS)
        if phase in (Phase.DIGEST, Phase.DONE):
            return fresh._done(now)
        return replace(fresh, phase=phase)

    def _done(self, now: datetime) -> "Sweep":
        done = replace(self, phase=Phase.DONE, finished=now, gaps_before=())
        return done if self.gaps else replace(done, gaps_since=None, last_good=now)

    def with_gap(self, gap: str, now: datetime) -> "Sweep":
        """Return the sweep with one more reason why it does not see everything."""
        if gap in self.gaps or len(self.gaps) >= _MOST_GAPS:
            return self
        return replace(self, gaps=(*self.gaps, gap), gaps_since=self.gaps_since or now)

    @property
    def last_empty_run(self) -> int:
        """Return the last finished sweep if it listed no resource, else 0."""
        if self.finished is None:
            return self.empty_run
        return self.run if self.proved and not self.listed else 0

    @property
    def has_seen_all(self) -> bool:
        """Tell whether the sweep listed something and missed nothing that ARM lists.

        An identity whose role is not effective sees not even a resource group.
        """
        return bool(self.groups or self.visited) and not self.gaps

    def lists_in_digest(self, now: datetime) -> bool:
        """Tell whether present findings of the initial scan will be in the digest."""
        if not self.first or not self.is_under_way:
            return False
        return self.digest_at is None or now < bounds.earlier(self.digest_at, _LAST_MINUTE)


def find_sweep(store: Store, subscription: str) -> tuple[Sweep | None, str]:
    """Return the last sweep of a subscription and the etag of its row, None and "" for none."""
    home = f"/subscriptions/{subscription}"
    row = store.get(keys.partition(home), sweep_key(home))
    return (decode(Sweep, row.data), row.etag) if row else (None, "")


def find_sweep_of_any_version(
    store: Store, subscription: str, now: datetime
) -> tuple[Sweep | None, str]:
    """Return the sweep as ``find_sweep`` does; a sweep of another version counts as finished.

    The next sweep then starts again and is not a first sweep: each of its findings is sent.
    """
    home = f"/subscriptions/{subscription}"
    row = store.get(keys.partition(home), sweep_key(home))
    if row is None:
        return None, ""
    try:
        return decode(Sweep, row.data), row.etag
    except NotUnderstood:
        run = row.data.get("run")
        over = Sweep(
            subscription=subscription,
            run=run if isinstance(run, int) else 0,
            first=False,
            started=now,
            phase=Phase.DONE,
        )
        return over, row.etag


def stopped_sweep(store: Store, subscription: str) -> Put | None:
    """Return the write that ends the sweep of a subscription that is no longer watched, None for none.

    The next one is a first sweep again, because no event has reported changes until then.
    """
    state, etag = find_sweep(store, subscription)
    if state is None:
        return None
    stopped = replace(
        state,
        phase=Phase.DONE,
        first=True,
        groups=0,
        visited=0,
        gaps=(),
        gaps_before=(),
        gaps_since=None,
        failing_since=None,
    )
    return Put(sweep_key(state.home), versioned(encode(stopped)), etag)


def sweep_key(home: str) -> str:
    """Return the row key of the sweep of a subscription, by the id of its partition."""
    return keys.row_key(RowKind.SWEEP, keys.digest(home))
