"""An answer that is not a success, and how often such a call is retried."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from drift.errors import UNANSWERED

RETRY_SECONDS: Final = 12.0
"""No retry begins later than this: the caller holds a claim of 60 s."""

PAUSES: Final = (0.2, 1.0)

UNEXPECTED: Final = "UnexpectedAnswer"
"""The code of an answer that is not of the form that the service documents."""


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
