"""Since when each subscription is watched; shows changes of MONITORED_SUBSCRIPTIONS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift.codec import decode, encode, versioned
from drift.extensible import Extensible
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_KEY: Final = keys.row_key(RowKind.META, "subscriptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSubscriptions(Extensible):
    """Since when each subscription is watched, and when their sweeps were checked last."""

    since: Mapping[str, datetime]
    checked_at: datetime

    def put(self, etag: str) -> Put:
        """Return the write of the row, which had this etag ("" for none)."""
        return Put(_KEY, versioned(encode(self)), etag)


def find_watched(store: Store) -> tuple[WatchedSubscriptions | None, str]:
    """Return what is watched and the etag of its row, None and "" where nothing was stored yet."""
    row = store.get(keys.META, _KEY)
    return (decode(WatchedSubscriptions, row.data), row.etag) if row else (None, "")
