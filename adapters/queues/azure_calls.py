"""How questions to an account's queues travel, and what a refusal of them means."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient, QueueServiceClient

from adapters.azure_http.storage_client import client_options
from adapters.per_thread import PerThread
from adapters.queues.protocol import Counts, QueuesUnavailable
from drift.config.secret import Secret
from drift.config.storage_account import StorageAccount

READ_SECONDS: Final = 8

T = TypeVar("T")


class Lost(Exception):
    """A message was taken by somebody else, or is gone."""


class NoQueue(Exception):
    """Nobody has put anything into a queue of this name."""


class _ThereAlready(Exception):
    """Somebody else has made the queue meanwhile."""


_MEANINGS: Final[Mapping[str, type[Exception]]] = {
    "MessageNotFound": Lost,
    "PopReceiptMismatch": Lost,
    "QueueNotFound": NoQueue,
    "QueueAlreadyExists": _ThereAlready,
}


class QueueCalls:
    """The queues of an account, asked through a session of each thread's own."""

    def __init__(self, account: StorageAccount) -> None:
        self._account = account
        self._clients = PerThread(self._client)

    def within(self, queue: str, question: Callable[[QueueClient], T]) -> T:
        """Ask a queue, which is made where it is not; raise Lost or QueuesUnavailable."""
        try:
            return self.ask(lambda account: question(account.get_queue_client(queue)))
        except NoQueue:
            with suppress(_ThereAlready):
                self.ask(lambda account: account.get_queue_client(queue).create_queue())
            return self.ask(lambda account: question(account.get_queue_client(queue)))

    def ask(self, question: Callable[[QueueServiceClient], T]) -> T:
        """Ask the account; raise NoQueue, Lost or QueuesUnavailable."""
        try:
            return question(self._clients.get())
        except HttpResponseError as error:
            raise self._meant(error) from None
        except AzureError:
            raise QueuesUnavailable(f"{self._name}: no answer") from None

    def counts(self, queue: str) -> Counts:
        """Return about how many messages a queue holds; the account does not say which are taken."""
        try:
            found = self.ask(lambda account: account.get_queue_client(queue).get_queue_properties())
        except NoQueue:
            return Counts(waiting=0, running=None)
        return Counts(waiting=found.approximate_message_count or 0, running=None)

    def close(self) -> None:
        """Close every thread's session; nothing may be asked any more."""
        self._clients.close()

    def _meant(self, error: HttpResponseError) -> Exception:
        code: Any = getattr(error, "error_code", "")
        text = str(getattr(code, "value", code) or "")
        if text in _MEANINGS:
            return _MEANINGS[text]()
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
