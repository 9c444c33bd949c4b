"""What fails over and over is logged once, then once a minute with its count, and once it works."""

import logging
import time
from collections.abc import Callable
from typing import Final

log: Final = logging.getLogger("phidrift.host")

EVERY_SECONDS: Final = 60.0

_MOST_REASONS: Final = 5
"""How many different ones are told at once; what comes beyond them waits for its minute."""


class Outage:
    """The log of one thing that is tried again and again, by one thread.

    ``what`` is said of each failure, at ``level``, and ``again`` once it is over.
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
        """Count a failure, and log it if it is another one than before or a minute is over."""
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
        """Log that it works again, if it did not."""
        if self._tries:
            log.info("%s%s", self._again, self._so_far(self._clock()))
        self._reasons.clear()
        self._tries = 0

    def _so_far(self, now: float) -> str:
        return (
            f" ({self._tries} tries failed in {now - self._began:.0f} s)" if self._tries > 1 else ""
        )
