"""The lanes of sweeps: few run at the same time, and the subscriptions take turns.

A sweep takes a lane for one message. If no lane is free, it stores a row that it waits. A sweep
that has just left a lane waits behind all that have waited for longer.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from drift.codec import text_in, time_in, versioned
from drift.errors import NotUnderstood
from drift.ports import Delete, Put, Row, Store
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict
from drift.sweep.progress import HOLD

LANES: Final = ("0", "1")
"""How many sweeps run at the same time, of all subscriptions together: the rest of the app stays free."""

LANE_PAUSE: Final = timedelta(seconds=20)
"""How long a sweep waits before it asks for a lane again."""

_VALID: Final = 4 * LANE_PAUSE
"""How long a sweep that does not ask again keeps its turn."""

_WAIT: Final = "wait"


def enter_lane(store: Store, subscription: str, *, now: datetime) -> Row | None:
    """Lease a free lane; return None if there is none, or if others have waited for longer."""
    waiting = _waiting(store, now)
    own = next((row for row in waiting if row.data["subscription"] == subscription), None)
    since = str(own.data["since"]) if own else now.isoformat()
    before = sum(_turn(row) < (since, subscription) for row in waiting if row is not own)
    free = [each for each in LANES if _is_free(store, each, now)]
    entered = (_enter(store, each, subscription, now) for each in free[before:])
    lane = next((each for each in entered if each), None)
    if lane is None:
        data = {"subscription": subscription, "since": since, "until": (now + _VALID).isoformat()}
        store.commit(keys.META, [Put(_wait_key(subscription), versioned(data))])
    elif own:
        store.commit(keys.META, [Delete(own.key)])
    return lane


def leave_lane(store: Store, lane: Row) -> None:
    """Release a lane, unless its lease has expired and another sweep has taken it."""

    def attempt() -> None:
        row = store.get(keys.META, lane.key)
        if row is not None and row.data == lane.data:
            store.commit(keys.META, [Delete(row.key, row.etag)])

    retry_on_conflict(lane.key, attempt)


def _waiting(store: Store, now: datetime) -> Sequence[Row]:
    """Return the rows of the sweeps that wait for a lane and have asked lately."""
    rows = store.range(keys.META, *keys.below(RowKind.LANE, _WAIT))
    return [row for row in rows if row.data.get("since") and now < _until(row)]


def _until(row: Row) -> datetime:
    """Return until when a row is valid; a row of another version is not: a lane only limits the load."""
    try:
        text_in(row.data, "subscription")
        return time_in(row.data, "until")
    except NotUnderstood:
        return datetime.min.replace(tzinfo=UTC)


def _turn(row: Row) -> tuple[str, str]:
    return str(row.data["since"]), str(row.data["subscription"])


def _wait_key(subscription: str) -> str:
    return keys.row_key(RowKind.LANE, _WAIT, keys.digest(subscription))


def _is_free(store: Store, name: str, now: datetime) -> bool:
    row = store.get(keys.META, keys.row_key(RowKind.LANE, name))
    return row is None or now >= _until(row)


def _enter(store: Store, name: str, subscription: str, now: datetime) -> Row | None:
    key = keys.row_key(RowKind.LANE, name)

    def attempt() -> Row | None:
        row = store.get(keys.META, key)
        if row is not None and now < _until(row):
            return None
        data = versioned({"until": (now + HOLD).isoformat(), "subscription": subscription})
        store.commit(keys.META, [Put(key, data, row.etag if row else "")])
        return store.get(keys.META, key)

    return retry_on_conflict(key, attempt)
