"""Ask the access log and the metrics of a storage account who used it. No name of an object is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from drift.access.ports import METRICS_KEPT, MOST_ROWS, AccessLog, Metrics, QueryValue, Series
from drift.access.record import Inquiry
from drift.errors import SourceUnavailable
from drift.exposure.answer import Findings, LogFindings, MetricFindings
from drift.exposure.callers import CallerKind, Exposes, Own, Use, kind_of_caller
from drift.exposure.coverage import AROUND, LogProof, coverage_of
from drift.exposure.metric_counts import DIMENSIONS, TRANSACTIONS, counts
from drift.exposure.operations import CONTENT, LISTINGS
from drift.exposure.window import Window
from drift.state.resource_record import ControlState

T = TypeVar("T")
LogRow = Mapping[str, Any]

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_BY_MINUTE: Final = timedelta(days=1)
"""The longest window whose metrics are asked for by minute; a longer one is asked for by hour."""

_CHUNK: Final = timedelta(days=30)
"""The longest span of one question to the metrics."""

_SILENT: Final = LogProof(failure="the log did not answer")


class StorageInvestigation:
    """The questions about one account and one window; each is noted, with its answer or without."""

    def __init__(
        self,
        account: str,
        window: Window,
        *,
        log: AccessLog | None,
        metrics: Metrics | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._window = window
        self._log = log
        self._metrics = metrics
        self._now = clock()
        self._since = _asked_since(window, self._now)
        self._until = window.asked_until(self._now)
        self._inquiries: list[Inquiry] = []

    def findings(self, exposes: Exposes, own: Own, logging: ControlState | None) -> Findings:
        """Ask everything; where a source does not answer, the others are asked all the same."""
        log = self._ask_log(exposes, own)
        proof = self._ask_coverage() if log else _SILENT
        metrics = self._ask_metrics(exposes)
        return Findings(
            exposes=exposes,
            window=self._window,
            coverage=coverage_of(self._window, logging, proof, now=self._now),
            log=log,
            metrics=metrics,
            inquiries=tuple(self._inquiries),
        )

    def _ask_log(self, exposes: Exposes, own: Own) -> LogFindings | None:
        rows = self._rows("storage_use", content=CONTENT, listings=LISTINGS)
        if rows is None:
            return None
        self._rows("storage_access_levels")
        uses = tuple((kind_of_caller(use, exposes, own), use) for use in map(Use.of, rows))
        outside = (CallerKind.FOREIGN, CallerKind.UNNAMED)
        readers = [use.who for kind, use in uses if kind in outside and use.reads]
        objects = self._objects(readers) if readers else 0
        return LogFindings(uses=uses, objects=objects, is_cut=len(rows) >= MOST_ROWS)

    def _objects(self, callers: Sequence[str]) -> int | None:
        """Return how many distinct objects these callers read, None where the log does not answer."""
        rows = self._rows("storage_objects", content=CONTENT, callers=callers)
        return int(rows[0]["Objects"]) if rows else None

    def _ask_coverage(self) -> LogProof:
        found, place = self._rows("storage_coverage", around=AROUND), len(self._inquiries) - 1
        stopped = self._rows("log_stopped")
        if not found or not stopped:
            return _SILENT
        proof = LogProof.of(found[0], stopped[0])
        noted = self._inquiries[place]
        self._inquiries[place] = replace(noted, rows=proof.rows, arrived_until=proof.arrived_until)
        return proof

    def _ask_metrics(self, exposes: Exposes) -> MetricFindings | None:
        span = self._until - self._since
        step = _MINUTE if span <= _BY_MINUTE else _HOUR
        series = self._sums(self._since, self._until, step)
        if series is None:
            return None
        day_before = max(self._since - AROUND, self._now - METRICS_KEPT)
        works = bool(series) or bool(self._sums(day_before, self._now, _HOUR))
        found = counts(series, anonymous_only=exposes is Exposes.ANONYMOUS)
        return MetricFindings(counts=found, since=self._since, until=self._until, works=works)

    def _rows(self, query: str, **values: QueryValue) -> Sequence[LogRow] | None:
        """Return the rows of a query, None where the log does not answer."""
        if self._log is None:
            return None
        if query != "log_stopped":
            values["account"] = self._account.lower()
        log, since, until = self._log, self._since, self._until
        return self._noted(query, lambda: log.access(query, values, since=since, until=until))

    def _sums(self, since: datetime, until: datetime, step: timedelta) -> Sequence[Series] | None:
        """Return what the metrics count in a span of time, None where they do not answer."""
        if self._metrics is None:
            return None
        metrics, service = self._metrics, f"{self._account}/blobServices/default"

        def sums() -> Sequence[Series]:
            found: list[Series] = []
            start = since
            while start < until:
                end = min(until, start + _CHUNK)
                found += metrics.sums(
                    service, TRANSACTIONS, DIMENSIONS, since=start, until=end, step=step
                )
                start = end
            return found

        return self._noted(TRANSACTIONS, sums)

    def _noted(self, source: str, ask: Callable[[], Sequence[T]]) -> Sequence[T] | None:
        """Return the answer of a source, None where there is none, and note the question either way."""
        noted = Inquiry(source=source, since=self._since, until=self._until, asked_at=self._now)
        try:
            found = ask()
        except SourceUnavailable as error:
            self._inquiries.append(replace(noted, failure=str(error)))
            return None
        self._inquiries.append(replace(noted, rows=len(found)))
        return found


def _asked_since(window: Window, now: datetime) -> datetime:
    """Return from when access is asked for, in whole minutes, as the metrics count."""
    return window.asked_since(least=now - METRICS_KEPT).replace(second=0, microsecond=0)
