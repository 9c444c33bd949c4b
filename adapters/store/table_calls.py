"""How questions to Azure Tables travel, and what a refusal of them means.

Each question is asked once, with a short time to answer: who asks decides whether to ask again. No
refusal shows the SDK's own words, which may name an address with a signature or what a row holds.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from azure.core.credentials import AccessToken, AccessTokenInfo, AzureNamedKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import TableClient

from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.storage_client import client_options
from adapters.per_thread import PerThread
from adapters.store.errors import KEPT_OUT, MISSING_ROLE, NO_KEYS, ROLE
from drift.config.secret import Secret
from drift.config.storage_account import SCOPE, StorageAccount
from drift.errors import NO_TOKEN, UNANSWERED, StoreUnavailable

READ_SECONDS: Final = 8

PATIENCE_SECONDS: Final = 12.0
"""No retry begins later than this: the caller holds a claim of 60 s."""

PAUSES: Final = (0.2, 1.0)

UNEXPECTED: Final = "UnexpectedAnswer"

_REASONS: Final = {
    NO_TOKEN: "there is no managed identity here, or AZURE_CLIENT_ID names another",
    MISSING_ROLE: f"the identity lacks the role {ROLE} on the account",
    KEPT_OUT: "the account's network rules keep this machine out",
    NO_KEYS: "the account takes no keys: name the address of its tables instead",
}
_KEY_REFUSED: Final = "the account key is refused"
_TOKEN_REFUSED: Final = "the identity's token is refused"  # noqa: S105 - a sentence

_CODE: Final = re.compile(r"[A-Za-z0-9]{1,80}")
_UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)

T = TypeVar("T")


class Refusal(Exception):
    """An answer that is no success. ``status`` is UNANSWERED where there was none at all."""

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code

    @property
    def may_pass(self) -> bool:
        """Tell whether the same question may be answered a moment later."""
        return self.status in (UNANSWERED, 408, 429) or self.status >= 500


class Patience:
    """How often and how long one question is asked again. No Retry-After is slept."""

    def __init__(
        self, sleep: Callable[[float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._pauses = iter(PAUSES)
        self._until = clock() + PATIENCE_SECONDS

    def is_left(self) -> bool:
        """Pause before another try; False where it would come too late, or once too often."""
        pause = next(self._pauses, None)
        if pause is None or self._clock() + pause > self._until:
            return False
        self._sleep(pause)
        return True


class _ForStorage:
    """A credential for Azure Storage alone: the SDK would ask for whatever token a 401 names."""

    def __init__(self, credential: SharedCredential) -> None:
        self._credential = credential

    def get_token_info(self, *_: str, **__: object) -> AccessTokenInfo:
        """Return a token; raise NoToken."""
        return self._credential.get_token_info(SCOPE)

    def get_token(self, *_: str, **__: object) -> AccessToken:
        """Return a token in the older form; raise NoToken."""
        return self._credential.get_token(SCOPE)


class TableCalls:
    """One table of an account, asked through a session of each thread's own."""

    def __init__(
        self, account: StorageAccount, credential: SharedCredential | None, table: str
    ) -> None:
        self._account = account
        self._credential = credential
        self._table = table
        self._clients = PerThread(self._client)

    def ask(self, question: Callable[[TableClient], T]) -> T:
        """Return what the table answers; raise Refusal."""
        try:
            return question(self._clients.get())
        except NoToken:
            raise Refusal(401, NO_TOKEN) from None
        except HttpResponseError as error:
            raise self._refusal(error) from None
        except AzureError:
            raise Refusal(UNANSWERED) from None
        except _UNREADABLE:  # the SDK takes the form of an answer on trust
            raise Refusal(UNANSWERED, UNEXPECTED) from None

    def unavailable(self, refusal: Refusal, why: str = "") -> StoreUnavailable:
        """Return the error that names the setting, and what a refusal comes from."""
        what = f"STATE_STORE, tables of {self._account.host}"
        return StoreUnavailable(what, refusal.status, refusal.code, why or self._reason(refusal))

    def close(self) -> None:
        """Close every thread's session; nothing may be asked any more."""
        self._clients.close()
        if self._credential:
            self._credential.close()

    def _client(self) -> TableClient:
        account = self._account
        options = client_options(account.tables, READ_SECONDS)
        if self._credential is not None:
            token = _ForStorage(self._credential)
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
