"""Calls to an account's queues, and the meaning of each refusal."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient, QueueServiceClient

from adapters.azure_http.storage_client import client_options
from adapters.per_thread import PerThread
from adapters.queues.protocol import QueueCounts, QueuesUnavailable
from drift.config.secret import Secret
from drift.config.storage_account import StorageAccount

READ_SECONDS: Final = 8

T = TypeVar("T")


class MessageGone(Exception):
    """Another process took the message, or it was deleted."""


class QueueMissing(Exception):
    """There is no queue of this name yet."""


class _QueueExists(Exception):
    """Another process has created the queue."""


_ERRORS_BY_CODE: Final[Mapping[str, type[Exception]]] = {
    "MessageNotFound": MessageGone,
    "PopReceiptMismatch": MessageGone,
    "QueueNotFound": QueueMissing,
    "QueueAlreadyExists": _QueueExists,
}


class QueueCalls:
    """The queues of an account; each thread has its own session."""

    def __init__(self, account: StorageAccount) -> None:
        self._account = account
        self._clients = PerThread(self._client)

    def call_queue(self, queue: str, request: Callable[[QueueClient], T]) -> T:
        """Call a queue, creating it if it is missing; raise MessageGone or QueuesUnavailable."""
        try:
            return self.call(lambda account: request(account.get_queue_client(queue)))
        except QueueMissing:
            with suppress(_QueueExists):
                self.call(lambda account: account.get_queue_client(queue).create_queue())
            return self.call(lambda account: request(account.get_queue_client(queue)))

    def call(self, request: Callable[[QueueServiceClient], T]) -> T:
        """Call the account; raise QueueMissing, MessageGone or QueuesUnavailable."""
        try:
            return request(self._clients.get())
        except HttpResponseError as error:
            raise self._error_of(error) from None
        except AzureError:
            raise QueuesUnavailable(f"{self._name}: no answer") from None

    def counts(self, queue: str) -> QueueCounts:
        """Return the approximate number of messages in a queue; taken ones are counted as waiting."""
        try:
            found = self.call(
                lambda account: account.get_queue_client(queue).get_queue_properties()
            )
        except QueueMissing:
            return QueueCounts(waiting=0, running=None)
        return QueueCounts(waiting=found.approximate_message_count or 0, running=None)

    def close(self) -> None:
        """Close every thread's session; no call may follow."""
        self._clients.close()

    def _error_of(self, error: HttpResponseError) -> Exception:
        code: Any = getattr(error, "error_code", "")
        text = str(getattr(code, "value", code) or "")
        if text in _ERRORS_BY_CODE:
            return _ERRORS_BY_CODE[text]()
        return QueuesUnavailable(f"{self._name}: HTTP {error.status_code or 'unknown'} {text}")

    @property
    def _name(self) -> str:
        return f"queues of {urlsplit(self._account.queues).netloc}"

    def _client(self) -> QueueServiceClient:
        account = self._account
        key = (account.key or Secret("")).reveal()
        return QueueServiceClient(
            account.queues,
            credential=AzureNamedKeyCredential(account.name, key),
            **client_options(account.queues, READ_SECONDS),
        )
