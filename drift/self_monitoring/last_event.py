"""When the last event of a monitored subscription arrived, for health and the heartbeat."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import time_in, versioned
from drift.errors import Conflict, NotUnderstood
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_NOTED_EVERY: Final = timedelta(seconds=1)

_NOTED_BY_SUBSCRIPTION_EVERY: Final = timedelta(minutes=1)

_LAST_EVENT: Final = keys.row_key(RowKind.META, "last-event")


def note_event(store: Store, at: datetime, subscription: str) -> None:
    """Store when the last event arrived, of all subscriptions and of this one.

    At most once a second, and once a minute for one subscription, so that no row is contended.
    """
    _note(store, _LAST_EVENT, at, every=_NOTED_EVERY)
    _note(store, _of(subscription), at, every=_NOTED_BY_SUBSCRIPTION_EVERY)


def note_first(store: Store, subscription: str, at: datetime) -> None:
    """Store that events of a subscription are recorded from now on, if none has been recorded yet."""
    if store.get(keys.META, _of(subscription)) is None:
        try:
            store.commit(keys.META, [replace(_put(_of(subscription), at), etag="")])
        except Conflict:
            return  # an event has arrived


def last_event_at(store: Store) -> datetime | None:
    """Return when the last event arrived, None if none has, or if another version wrote the time."""
    return _noted(store, _LAST_EVENT)


def last_event_of(store: Store, subscription: str) -> datetime | None:
    """Return when the last event of a subscription arrived, to the minute, or since when they are noted."""
    return _noted(store, _of(subscription))


def _of(subscription: str) -> str:
    return keys.row_key(RowKind.META, "last-event", subscription)


def _note(store: Store, key: str, at: datetime, *, every: timedelta) -> None:
    noted = _noted(store, key)
    if noted is None or at - noted >= every:
        store.commit(keys.META, [_put(key, at)])


def _put(key: str, at: datetime) -> Put:
    return Put(key, versioned({"at": at.isoformat(timespec="seconds")}))


def _noted(store: Store, key: str) -> datetime | None:
    row = store.get(keys.META, key)
    try:
        return time_in(row.data, "at") if row else None
    except NotUnderstood:
        return None
