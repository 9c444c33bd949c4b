"""The log of a repeated failure: once at the start, then once a minute with its count, once at its end."""

import logging
import time
from collections.abc import Callable
from typing import Final

log: Final = logging.getLogger("phidrift.host")

EVERY_SECONDS: Final = 60.0

_MOST_REASONS: Final = 5
"""How many different reasons are logged at once; others wait for the next minute."""


class RepeatedFailureLog:
    """The log of one operation that one thread repeats.

    ``what`` begins the line of a failure, at ``level``; ``again`` is logged when the operation succeeds.
    """

    def __init__(
        self,
        what: str,
        again: str,
        *,
        level: int = logging.ERROR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._again = again
        self._level = level
        self._clock = clock
        self._reasons: set[str] = set()
        self._tries = 0
        self._began = 0.0
        self._said = 0.0

    def failed(self, error: Exception) -> None:
        """Count a failure; log it if its reason is new or a minute has passed."""
        now, why = self._clock(), str(error) or type(error).__name__
        if not self._tries:
            self._began = now
        self._tries += 1
        is_new = why not in self._reasons and len(self._reasons) < _MOST_REASONS
        if not is_new and now - self._said < EVERY_SECONDS:
            return
        self._reasons.add(why)
        self._said = now
        log.log(self._level, "%s: %s%s", self._what, why, self._so_far(now))

    def over(self) -> None:
        """Log the end of the failures, if there were any."""
        if self._tries:
            log.info("%s%s", self._again, self._so_far(self._clock()))
        self._reasons.clear()
        self._tries = 0

    def _so_far(self, now: float) -> str:
        return (
            f" ({self._tries} tries failed in {now - self._began:.0f} s)" if self._tries > 1 else ""
        )
