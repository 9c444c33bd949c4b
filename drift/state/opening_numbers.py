"""The opening numbers of records that have left: no name of an incident is used twice."""

from typing import Final

from drift.codec import number_in, versioned
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_KEY: Final = keys.row_key(RowKind.AGEING, "numbers")


def highest_used(store: Store, shard: str) -> int:
    """Return the highest number of the records that have left a partition, 0 for none.

    Raise NotUnderstood where another version keeps it: a number must not be used twice.
    """
    row = store.get(shard, _KEY)
    return number_in(row.data, "highest") if row else 0


def used_rows(store: Store, shard: str, number: int) -> list[Put]:
    """Return the write that keeps a number as used, none where a higher one is kept; raise NotUnderstood."""
    row = store.get(shard, _KEY)
    if number <= (number_in(row.data, "highest") if row else 0):
        return []
    return [Put(_KEY, versioned({"highest": number}), row.etag if row else "")]
