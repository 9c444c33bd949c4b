"""The answer to a read of Azure: a document, or a 404 with Azure's code; a doubtful answer raises."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from urllib3.exceptions import TimeoutError as SocketTimeout

from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.policies import (
    READ_SECONDS,
    date_of,
    error_code_of,
    quota_resets_of,
    reads_left_of,
    retry_after_of,
)
from adapters.azure_http.transport import TooLong
from drift.errors import NO_TOKEN, UNANSWERED, SourceUnavailable

PAUSE_SECONDS: Final = 1.0
"""The wait before the single retry after a reset, a cut-off body or a 5xx."""

TIMED_OUT: Final = "TimedOut"
LOST: Final = "ConnectionLost"
CUT_OFF: Final = "AnswerCutOff"
TOO_LONG: Final = "AnswerTooLong"
NOT_ARM: Final = "NotAnAnswerOfArm"

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """A 200 with its object, or a 404 (``body`` None) with ARM's error code."""

    at: datetime
    body: Mapping[str, Any] | None = field(repr=False)
    code: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The raw answer, with any status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


SendRequest = Callable[[float], RawAnswer]
"""Sends a request once; gives up if the answer does not begin within this many seconds."""


class Attempts:
    """Sends requests that only read, each twice if the first answer was lost.

    No call waits longer than one pause: a 429 or a Retry-After is raised, never slept.
    """

    def __init__(
        self,
        credential: SharedCredential,
        *,
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credential = credential
        self._read_seconds = read_seconds
        self._sleep = sleep

    def answer(self, what: str, send: SendRequest, seconds: float | None = None) -> ArmAnswer:
        """Return the answer to a request; raise SourceUnavailable.

        With ``seconds`` the call gives up if the answer does not begin within that time; None: the
        usual limit.
        """
        allowed = self._read_seconds if seconds is None else min(seconds, self._read_seconds)
        try:
            return self._once(what, send, allowed)
        except SourceUnavailable as error:
            if not _is_retryable(error) or (seconds is not None and seconds <= PAUSE_SECONDS):
                raise
        self._sleep(PAUSE_SECONDS)
        return self._once(what, send, allowed)

    def _once(self, what: str, send: SendRequest, seconds: float) -> ArmAnswer:
        try:
            raw = send(seconds)
        except NoToken:
            raise SourceUnavailable(what, _UNAUTHORIZED, NO_TOKEN) from None
        except AzureError as error:
            raise SourceUnavailable(what, UNANSWERED, _failure_code(error)) from None
        if raw.status == _UNAUTHORIZED:
            self._credential.forget()
        return _classified(what, raw)


def _classified(what: str, raw: RawAnswer) -> ArmAnswer:
    """Return a 200 or a 404; raise for every other status, and if Azure's clock is missing."""
    status, at = raw.status, date_of(raw.headers)
    if status not in (_OK, _NOT_FOUND):
        retry_after = retry_after_of(raw.headers, at or datetime.now(UTC))
        if retry_after is None and status == _TOO_MANY:
            retry_after = quota_resets_of(raw.headers)
        raise SourceUnavailable(what, status, error_code_of(raw.content), retry_after=retry_after)
    if at is None:
        raise SourceUnavailable(what, status, NOT_ARM)
    left = reads_left_of(raw.headers)
    if status == _NOT_FOUND:
        return ArmAnswer(at, None, error_code_of(raw.content), left)
    try:
        body = json.loads(raw.content)
    except ValueError:
        raise SourceUnavailable(what, status, CUT_OFF) from None
    if not isinstance(body, dict):
        raise SourceUnavailable(what, status, NOT_ARM)
    return ArmAnswer(at, body, left=left)


def _is_retryable(error: SourceUnavailable) -> bool:
    if error.retry_after is not None and error.retry_after > PAUSE_SECONDS:
        return False
    return error.code in (LOST, CUT_OFF) or error.status >= _SERVER_ERROR


def _failure_code(error: AzureError) -> str:
    """Return the code for a lost answer; a time-out is not retried here."""
    causes = getattr(error.inner_exception, "args", ())
    timeouts = (ServiceRequestTimeoutError, ServiceResponseTimeoutError)
    if isinstance(error, timeouts) or any(isinstance(each, SocketTimeout) for each in causes):
        return TIMED_OUT
    if isinstance(error.inner_exception, TooLong):
        return TOO_LONG
    return CUT_OFF if isinstance(error, HttpResponseError) else LOST
