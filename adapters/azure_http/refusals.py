"""An answer that is not a success, and how often such a call is retried."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from drift.errors import UNANSWERED

RETRY_SECONDS: Final = 12.0
"""No retry begins later than this: the caller holds a claim of 60 s."""

PAUSES: Final = (0.2, 1.0)

UNEXPECTED: Final = "UnexpectedAnswer"
"""The code of an answer that is not of the form that the service documents."""

_NETWORK: Final = (
    "check the name in the setting, the DNS, the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE"
)
_ADDRESS: Final = (
    "check the address in the setting: what answers there is not this service of Azure"
)
_AZURE: Final = "wait, and run it again; if it persists, see Azure's status page"
_OTHER: Final = "look up the code in Azure's documentation; the request itself is refused"
_BY_STATUS: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "sign in to the tenant of the resource, and check AZURE_CLOUD",
    HTTPStatus.FORBIDDEN: "give the monitor's identity its role, and check the network rules",
    HTTPStatus.NOT_FOUND: "correct the name in the setting, or create the resource",
    HTTPStatus.TOO_MANY_REQUESTS: "wait: Azure throttles",
}


class Refusal(Exception):
    """An answer that is not a success; ``status`` is UNANSWERED if there was none."""

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code

    def told(self, reasons: Mapping[str, str]) -> str:
        """Return the answer in words, with the reason that its code has among ``reasons``."""
        answer = f"HTTP {self.status}" if self.status else "no answer"
        why = reasons.get(self.code, "")
        return f"{answer}{f' {self.code}' if self.code else ''}{f': {why}' if why else ''}"

    def remedy(self, remedies: Mapping[str, str]) -> str:
        """Return what to do: the remedy that its code has among ``remedies``, else by its status."""
        if known := remedies.get(self.code):
            return known
        if self.status == UNANSWERED:
            return _ADDRESS if self.code == UNEXPECTED else _NETWORK
        if self.status in _BY_STATUS:
            return _BY_STATUS[self.status]
        return _AZURE if self.is_transient else _OTHER

    @property
    def is_transient(self) -> bool:
        """Tell whether the same call may succeed a moment later."""
        return self.status in (UNANSWERED, 408, 429) or self.status >= 500


class RetryBudget:
    """How often and how long one call is retried; no Retry-After is slept."""

    def __init__(
        self, sleep: Callable[[float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._pauses = iter(PAUSES)
        self._until = clock() + RETRY_SECONDS

    def pause(self) -> bool:
        """Pause before the next try; False if no try or no time is left."""
        pause = next(self._pauses, None)
        if pause is None or self._clock() + pause > self._until:
            return False
        self._sleep(pause)
        return True
