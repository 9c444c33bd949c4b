"""When the last event of a monitored subscription arrived, for health and the heartbeat."""

from datetime import datetime, timedelta
from typing import Final

from drift.codec import time_in, versioned
from drift.errors import NotUnderstood
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_NOTED_EVERY: Final = timedelta(seconds=1)

_LAST_EVENT: Final = keys.row_key(RowKind.META, "last-event")


def note_event(store: Store, at: datetime) -> None:
    """Store when the last event arrived, at most once a second, so that the row is not contended."""
    noted = last_event_at(store)
    if noted is None or at - noted >= _NOTED_EVERY:
        store.commit(
            keys.META, [Put(_LAST_EVENT, versioned({"at": at.isoformat(timespec="seconds")}))]
        )


def last_event_at(store: Store) -> datetime | None:
    """Return when the last event arrived, None where none has, or another version noted it."""
    row = store.get(keys.META, _LAST_EVENT)
    try:
        return time_in(row.data, "at") if row else None
    except NotUnderstood:
        return None
