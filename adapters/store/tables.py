"""The store of production: rows, etags and batches of Azure Tables, in one table of an account.

A transient refusal (429, 503, no answer) is retried for a few seconds and then raised as
StoreUnavailable: the queue delivers the message again.
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from azure.data.tables import EntityProperty, TableClient

from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.refusals import Refusal, RetryBudget
from adapters.store.limits import check_batch, check_key
from adapters.store.table_calls import TableCalls
from adapters.store.table_commit import GONE, Commit
from adapters.store.table_entities import COMMIT, restored
from drift.config.storage_account import StorageAccount
from drift.errors import Conflict
from drift.ports import Row, Write

TABLE: Final = "phidrift"

_PAGE: Final = 1000
"""The most rows that Azure answers with at once."""

_ETAG: Final = 'W/"'
_NOT_DATA: Final = frozenset({"PartitionKey", "RowKey", COMMIT})

T = TypeVar("T")


class TableStore:
    """Implements ``drift.ports.Store`` on one table, which the first commit creates if it is missing.

    Raises StoreUnavailable, which names the setting and what is missing, and
    adapters.store.limits.LimitExceeded for rows that Azure would refuse.
    """

    def __init__(
        self,
        account: StorageAccount,
        credential: SharedCredential | None = None,
        *,
        table: str = TABLE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = TableCalls(account, credential, table)
        self._sleep = sleep

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        check_key("partition", partition)
        check_key("row", key)
        found = self._call(lambda table: [table.get_entity(partition, key)])
        return _row(found[0]) if found else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""
        check_key("partition", partition)
        if limit <= 0:
            return []
        where = (
            f"PartitionKey eq {_quoted(partition)}"
            f" and RowKey ge {_quoted(first)} and RowKey lt {_quoted(end)}"
        )

        def read(table: TableClient) -> list[Any]:
            found = table.query_entities(where, results_per_page=min(limit, _PAGE))
            return list(islice(found, limit))

        return [_row(each) for each in self._call(read)]

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""
        check_batch(partition, writes)
        if any(each.etag not in ("", "*") and not each.etag.startswith(_ETAG) for each in writes):
            # No row ever had such an etag; Azure would call it malformed.
            raise Conflict(f"a row of {partition} has changed")
        if writes:
            Commit(self._calls, partition, list(writes), RetryBudget(self._sleep)).run()

    def close(self) -> None:
        """Close every thread's session; no call may follow."""
        self._calls.close()

    def _call(self, request: Callable[[TableClient], list[T]]) -> list[T]:
        """Return the rows, an empty list if there is no row or no table yet."""
        retries = RetryBudget(self._sleep)
        while True:
            try:
                return self._calls.call(request)
            except Refusal as refusal:
                if refusal.status == 404 and refusal.code in GONE:
                    return []
                if not refusal.is_transient or not retries.pause():
                    raise self._calls.unavailable(refusal) from None


def _row(entity: Any) -> Row:
    data = {
        name: restored(value.value if isinstance(value, EntityProperty) else value)
        for name, value in entity.items()
        if name not in _NOT_DATA
    }
    return Row(str(entity["RowKey"]), data, str(entity.metadata["etag"]))


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
