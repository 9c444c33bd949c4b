"""Commit one batch to Azure Tables, even if the answer to the first request is lost.

If the connection breaks after a batch was sent, its result is unknown. So every row carries the mark of
the commit that wrote it last. A batch in doubt is searched by its mark and, if it is not found, sent
again with the same mark. If the first request still arrives later, the second one finds changed etags,
and the mark shows which commit wrote them.

If the result stays unknown (no answer again, or others have overwritten each row), the commit raises
Conflict if others wrote, else StoreUnavailable. The caller treats both like a crash after the commit:
it reads the rows again and decides by them.
"""

import uuid
from typing import Any, Final

from azure.core import MatchConditions
from azure.data.tables import EntityProperty, TableClient, UpdateMode

from adapters.azure_http.refusals import UNEXPECTED, Refusal, RetryBudget
from adapters.store.table_calls import TableCalls
from adapters.store.table_entities import COMMIT, properties
from drift.errors import UNANSWERED, Conflict
from drift.ports import Delete, Put, Write

_NO_TABLE: Final = "TableNotFound"
_NO_ROW: Final = frozenset({"ResourceNotFound", "EntityNotFound"})

GONE: Final = frozenset({*_NO_ROW, _NO_TABLE})
"""The error codes of Azure's 404; any other 404 is not from Azure Tables."""

_CHANGED: Final = frozenset(
    {"EntityAlreadyExists", "UpdateConditionNotSatisfied", "ConditionNotMet", *_NO_ROW}
)
_KEYS: Final = ["PartitionKey", "RowKey", COMMIT]

TableOperation = tuple[str, dict[str, Any], dict[str, Any]]


class Commit:
    """Writes one batch, all or nothing, once."""

    def __init__(
        self, calls: TableCalls, partition: str, writes: list[Write], retries: RetryBudget
    ) -> None:
        self._calls = calls
        self._partition = partition
        self._writes = writes
        self._retries = retries
        self._mark = uuid.uuid4().hex
        self._is_in_doubt = False
        self._has_created_table = False

    def run(self) -> None:
        """Return after the batch is written; raise Conflict or StoreUnavailable."""
        while True:
            try:
                if not self._was_written():
                    self._write()
                return
            except Refusal as refusal:
                if not refusal.is_transient:
                    raise self._calls.unavailable(refusal) from None
                self._is_in_doubt = True
                if not self._retries.pause():
                    why = "whether the batch was written is not known"
                    raise self._calls.unavailable(refusal, why) from None

    def _write(self) -> None:
        """Send the batch; create a missing table and drop deletions of missing rows; raise Conflict."""
        while self._writes:
            try:
                self._send([self._operation(each) for each in self._writes])
                return
            except Refusal as refusal:
                if self._can_be_sent_again(refusal):
                    continue
                if not self._is_failed_condition(refusal):
                    raise
                if not self._was_written():
                    raise Conflict(f"a row of {self._partition} has changed") from None
                return

    def _send(self, operations: list[TableOperation]) -> None:
        results = self._calls.call(lambda table: table.submit_transaction(operations))
        if len(results) != len(
            operations
        ):  # cut off between two parts: a refusal may be among them
            raise Refusal(UNANSWERED, UNEXPECTED)

    def _can_be_sent_again(self, refusal: Refusal) -> bool:
        """Create the table, or drop deletions of missing rows, for which Azure refuses a batch.

        A row that is inserted before the batch is sent again counts as inserted after it.
        """
        if refusal.status != 404 or refusal.code not in GONE:
            return False
        if refusal.code == _NO_TABLE or not any(map(_needs_a_row, self._writes)):
            is_new, self._has_created_table = not self._has_created_table, True
            return is_new and self._create_table()
        left = [each for each in self._writes if not self._is_already_gone(each)]
        is_less, self._writes = len(left) < len(self._writes), left
        return is_less

    def _is_failed_condition(self, refusal: Refusal) -> bool:
        """Tell whether a refusal means that an etag did not match; false if no write has a condition."""
        is_conditional = any(each.etag != "*" for each in self._writes)
        return is_conditional and (refusal.status == 412 or refusal.code in _CHANGED)

    def _create_table(self) -> bool:
        try:
            self._calls.call(TableClient.create_table)
        except Refusal as refusal:
            if refusal.code != "TableAlreadyExists":
                raise
        return True

    def _is_already_gone(self, write: Write) -> bool:
        is_removal = isinstance(write, Delete) and write.etag == "*"
        return is_removal and self._mark_of(write.key) is None

    def _was_written(self) -> bool:
        """Tell whether an earlier try wrote the batch: one of its rows carries the mark."""
        keys = (each.key for each in self._writes if isinstance(each, Put))
        return self._is_in_doubt and any(self._mark_of(key) == self._mark for key in keys)

    def _mark_of(self, key: str) -> str | None:
        """Return the mark of a row, "" where it has none, None where there is no row."""
        try:
            found = self._calls.call(
                lambda table: table.get_entity(self._partition, key, select=_KEYS)
            )
        except Refusal as refusal:
            if refusal.status == 404 and refusal.code in GONE:
                return None
            raise
        return str(found.get(COMMIT) or "")

    def _operation(self, write: Write) -> TableOperation:
        entity: dict[str, Any] = {"PartitionKey": self._partition, "RowKey": write.key}
        matching = {"etag": write.etag, "match_condition": MatchConditions.IfNotModified}
        if isinstance(write, Delete):
            return "delete", entity, {} if write.etag == "*" else matching
        entity |= {name: _typed(value) for name, value in properties(write.data).items()}
        entity[COMMIT] = self._mark
        match write.etag:
            case "":
                return "create", entity, {}
            case "*":
                return "upsert", entity, {"mode": UpdateMode.REPLACE}
            case _:
                return "update", entity, {"mode": UpdateMode.REPLACE, **matching}


def _needs_a_row(write: Write) -> bool:
    """Tell whether Azure refuses a write if its row is missing."""
    return isinstance(write, Delete) or write.etag not in ("", "*")


def _typed(value: str | int) -> Any:
    """Mark a whole number beyond 32 bits as 64 bits: the SDK does not check."""
    is_long = not isinstance(value, str) and not -(2**31) <= value < 2**31
    return EntityProperty(value, "Edm.Int64") if is_long else value
