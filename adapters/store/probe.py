"""Whether a store keeps what it is given: a full disk can still be read."""

import uuid
from contextlib import closing
from pathlib import Path
from typing import Final

from adapters.store.sqlite import SqliteStore
from drift.errors import UNANSWERED, StoreUnavailable
from drift.ports import Delete, Put, Store
from drift.state import keys
from drift.state.keys import RowKind

_LOCKED_SECONDS: Final = 2.0
"""A state file that is locked for this time cannot be written; our own writes take milliseconds."""


def check_file(path: Path | str) -> None:
    """Raise StoreUnavailable where a state file is locked, its disk is full, or a row is lost."""
    with closing(SqliteStore(path, busy_seconds=_LOCKED_SECONDS)) as store:
        if not keeps_a_row(store):
            raise StoreUnavailable(f"{path} lost a row", UNANSWERED)


def keeps_a_row(store: Store) -> bool:
    """Write a row, read it and delete it; tell whether it was read back. Raise StoreUnavailable."""
    key = keys.row_key(RowKind.META, "doctor", uuid.uuid4().hex)
    store.commit(keys.META, [Put(key, {"at": "now"}, "")])
    found = store.get(keys.META, key)
    store.commit(keys.META, [Delete(key)])
    return found is not None
