"""Questions to the logs about one window; each is recorded with its answer or its failure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from drift.access.ports import METRICS_KEPT, AccessLog, QueryValue
from drift.access.record import Inquiry
from drift.errors import SourceUnavailable
from drift.exposure.log_proof import AROUND, LogProof
from drift.exposure.window import Window

T = TypeVar("T")
LogRow = Mapping[str, Any]

_WHY: Final = {
    400: "the workspace has no such table or column",
    401: "the monitor may not read the log",
    403: "the monitor may not read the log",
    429: "the log is throttled",
    504: "the query timed out",
}
"""What a refusal means for the question, by its HTTP status."""


class Questions:
    """The questions about one window, at one time."""

    def __init__(self, window: Window, *, log: AccessLog | None, now: datetime) -> None:
        self.window = window
        self.now = now
        self.since = window.asked_since(least=now - METRICS_KEPT).replace(second=0, microsecond=0)
        self.until = window.asked_until(now)
        self._log = log
        self._inquiries: list[Inquiry] = []
        self._lacks: dict[str, str] = {}
        self._is_stop_asked = False
        self._stopped: Sequence[LogRow] | None = None

    @property
    def inquiries(self) -> tuple[Inquiry, ...]:
        """Return the questions asked so far."""
        return tuple(self._inquiries)

    def rows(self, query: str, **values: QueryValue) -> Sequence[LogRow] | None:
        """Return the rows of a query, None where the log does not answer."""
        if self._log is None:
            self._lacks[query] = "no workspace is set"
            return None
        log, since, until = self._log, self.since, self.until
        return self.noted(query, lambda: log.access(query, values, since=since, until=until))

    def proof(self, query: str, **values: QueryValue) -> LogProof:
        """Return what a question about coverage shows of the log, around the window and within it."""
        found, place = self.rows(query, around=AROUND, **values), len(self._inquiries) - 1
        stopped = self._stops()
        if not found or not stopped:
            failed = query if not found else "log_stopped"
            return LogProof(failure=self.lack_of(failed) or "the log did not answer")
        proof = LogProof.of(found[0], stopped[0])
        noted = self._inquiries[place]
        self._inquiries[place] = replace(noted, rows=proof.rows, arrived_until=proof.arrived_until)
        return proof

    def _stops(self) -> Sequence[LogRow] | None:
        """Return when the workspace stopped taking in logs; queried once, because it is the same for all."""
        if not self._is_stop_asked:
            self._is_stop_asked, self._stopped = True, self.rows("log_stopped")
        return self._stopped

    def lack_of(self, source: str) -> str:
        """Return in words why a question was not answered, "" where it was, or was not asked."""
        return self._lacks.get(source, "")

    def noted(self, source: str, ask: Callable[[], Sequence[T]]) -> Sequence[T] | None:
        """Return the answer of a source, None if there is none, and record the question in both cases."""
        noted = Inquiry(source=source, since=self.since, until=self.until, asked_at=self.now)
        try:
            found = ask()
        except SourceUnavailable as error:
            self._inquiries.append(replace(noted, failure=str(error)))
            self._lacks[source] = _lack(error)
            return None
        self._inquiries.append(replace(noted, rows=len(found)))
        return found


def _lack(error: SourceUnavailable) -> str:
    if error.code == "PartialAnswer":
        return "the log gave a part of the answer only"
    return _WHY.get(error.status, "the log did not answer")
