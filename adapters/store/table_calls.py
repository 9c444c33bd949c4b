"""Calls to Azure Tables, and the meaning of each refusal.

Each call is sent once with a short time-out; the caller decides whether to retry. No error contains
the SDK's own text, which may hold an address with a signature or the content of a row.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from azure.core.credentials import AccessToken, AccessTokenInfo, AzureNamedKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import TableClient

from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.refusals import UNEXPECTED, Refusal
from adapters.azure_http.storage_client import client_options
from adapters.per_thread import PerThread
from adapters.store.errors import KEYS_DISABLED, MISSING_ROLE, NETWORK_REFUSED, ROLE
from drift.config.secret import Secret
from drift.config.storage_account import SCOPE, StorageAccount
from drift.errors import NO_TOKEN, UNANSWERED, StoreUnavailable

READ_SECONDS: Final = 8

_REASONS: Final = {
    NO_TOKEN: "there is no managed identity here, or AZURE_CLIENT_ID names another",
    MISSING_ROLE: f"the identity lacks the role {ROLE} on the account",
    NETWORK_REFUSED: "the account's network rules block this machine",
    KEYS_DISABLED: "the account takes no keys: name the address of its tables instead",
}
_KEY_REFUSED: Final = "the account key is refused"
_TOKEN_REFUSED: Final = "the identity's token is refused"  # noqa: S105 - a sentence

_CODE: Final = re.compile(r"[A-Za-z0-9]{1,80}")
_UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)

T = TypeVar("T")


class _StorageCredential:
    """A credential for Azure Storage only: the SDK would request any scope that a 401 names."""

    def __init__(self, credential: SharedCredential) -> None:
        self._credential = credential

    def get_token_info(self, *_: str, **__: object) -> AccessTokenInfo:
        """Return a token; raise NoToken."""
        return self._credential.get_token_info(SCOPE)

    def get_token(self, *_: str, **__: object) -> AccessToken:
        """Return a token in the older form; raise NoToken."""
        return self._credential.get_token(SCOPE)


class TableCalls:
    """One table of an account; each thread has its own session."""

    def __init__(
        self, account: StorageAccount, credential: SharedCredential | None, table: str
    ) -> None:
        self._account = account
        self._credential = credential
        self._table = table
        self._clients = PerThread(self._client)

    def call(self, request: Callable[[TableClient], T]) -> T:
        """Call the table and return its answer; raise Refusal."""
        try:
            return request(self._clients.get())
        except NoToken:
            raise Refusal(401, NO_TOKEN) from None
        except HttpResponseError as error:
            raise self._refusal(error) from None
        except AzureError:
            raise Refusal(UNANSWERED) from None
        except _UNREADABLE:  # the SDK does not check the form of an answer
            raise Refusal(UNANSWERED, UNEXPECTED) from None

    def unavailable(self, refusal: Refusal, why: str = "") -> StoreUnavailable:
        """Return the error that names the setting and the cause of a refusal."""
        what = f"STATE_STORE, tables of {self._account.host}"
        return StoreUnavailable(what, refusal.status, refusal.code, why or self._reason(refusal))

    def close(self) -> None:
        """Close every thread's session; no call may follow."""
        self._clients.close()
        if self._credential:
            self._credential.close()

    def _client(self) -> TableClient:
        account = self._account
        options = client_options(account.tables, READ_SECONDS)
        if self._credential is not None:
            token = _StorageCredential(self._credential)
            return TableClient(account.tables, self._table, credential=token, **options)
        key = AzureNamedKeyCredential(account.name, (account.key or Secret("")).reveal())
        return TableClient(account.tables, self._table, credential=key, **options)

    def _refusal(self, error: HttpResponseError) -> Refusal:
        code: Any = getattr(error, "error_code", "")
        text = str(getattr(code, "value", code) or "")
        status = error.status_code or UNANSWERED
        if status < 400:  # not Azure Tables, or not all of its answer
            return Refusal(UNANSWERED, UNEXPECTED)
        if status == 401 and self._credential:
            self._credential.forget()
        return Refusal(status, text if _CODE.fullmatch(text) else "")

    def _reason(self, refusal: Refusal) -> str:
        if refusal.code in _REASONS or refusal.status not in (401, 403):
            return _REASONS.get(refusal.code, "")
        return _KEY_REFUSED if self._account.key else _TOKEN_REFUSED
