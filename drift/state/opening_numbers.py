"""The opening numbers of deleted records, so that no incident name is used twice."""

from typing import Final

from drift.codec import number_in, versioned
from drift.ports import Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_KEY: Final = keys.row_key(RowKind.AGEING, "numbers")


def highest_used(store: Store, shard: str) -> int:
    """Return the highest number of the deleted records of a partition, 0 for none.

    Raise NotUnderstood if another version wrote it: a number must not be used twice.
    """
    row = store.get(shard, _KEY)
    return number_in(row.data, "highest") if row else 0


def used_rows(store: Store, shard: str, number: int) -> list[Put]:
    """Return the write that stores a number as used, none if a higher one is stored; raise NotUnderstood."""
    row = store.get(shard, _KEY)
    if number <= (number_in(row.data, "highest") if row else 0):
        return []
    return [Put(_KEY, versioned({"highest": number}), row.etag if row else "")]
