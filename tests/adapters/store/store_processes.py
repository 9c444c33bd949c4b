"""Other processes that use a store: run as ``python -m tests.adapters.store.store_processes``."""

import itertools
import sys

from adapters.store.sqlite import SqliteStore
from drift.errors import Conflict
from drift.ports import Put

SHARD = "00"


def count(store: SqliteStore, times: int) -> None:
    """Raise the counter so many times, reading again whenever somebody else was faster."""
    done = 0
    while done < times:
        row = store.get(SHARD, "counter")
        value, etag = (row.data["value"], row.etag) if row else (0, "")
        try:
            store.commit(SHARD, [Put("counter", {"value": value + 1}, etag=etag)])
        except Conflict:
            continue
        done += 1


def write_until_killed(store: SqliteStore) -> None:
    """Commit pairs of rows for ever, and print each pair's number once its commit has returned."""
    for number in itertools.count():
        rows = [Put(f"{side}|{number:06}", {"x": "y" * 2000}) for side in ("left", "right")]
        store.commit(SHARD, rows)
        print(number, flush=True)


if __name__ == "__main__":
    opened = SqliteStore(sys.argv[2])
    if sys.argv[1] == "count":
        count(opened, int(sys.argv[3]))
    else:
        write_until_killed(opened)
    opened.close()
