"""The stores that the contract is run against, each by its factory, and two ways to look inside."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from adapters.store.sqlite import SqliteStore
from adapters.store.tables import TableStore
from drift.ports import Store
from tests.azurite import Azurite

SHARD = "07"


class OpenStore(Store, Protocol):
    """A store that must be closed, as all of them must."""

    def close(self) -> None:
        """Release its resources."""


STORES: Mapping[str, Callable[[Path, Callable[[], Azurite]], OpenStore]] = {
    "sqlite": lambda folder, _: SqliteStore(folder / "state" / "state.db"),
    "tables": lambda _, azurite: TableStore(azurite().account()),
}


def etag_of(store: Store, key: str) -> str:
    """Return the etag of a row that is there."""
    row = store.get(SHARD, key)
    assert row is not None
    return row.etag


def keys_of(store: Store, partition: str = SHARD) -> list[str]:
    """Return every key of a partition, in order."""
    return [row.key for row in store.range(partition, "", "\uffff")]
