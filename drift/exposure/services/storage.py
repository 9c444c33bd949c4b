"""Ask the access log and the metrics of a storage account who used it. The queries return no object names."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from drift.access.ports import METRICS_KEPT, MOST_ROWS, Series
from drift.access.record import Exposure
from drift.clock import bounds
from drift.exposure.answer import Findings, LogFindings, MetricFindings, answer
from drift.exposure.callers import CallerKind, Exposes, Use, kind_of_caller
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import coverage_of
from drift.exposure.log_proof import AROUND, LogProof
from drift.exposure.metric_counts import DIMENSIONS, TRANSACTIONS, counts
from drift.exposure.operations import CONTENT, LISTINGS

_EXPOSES: Final = {
    "STORAGE-PUBLIC-ACCESS": Exposes.ANONYMOUS,
    "STORAGE-FIREWALL": Exposes.NETWORK,
}
"""The callers that the failure of a control lets in."""

_LOGGING: Final = "STORAGE-LOGGING"
"""The control that requires the account to log every request."""

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_BY_MINUTE: Final = timedelta(days=1)
"""The longest window whose metrics are read by minute; a longer window is read by hour."""

_CHUNK: Final = timedelta(days=30)
"""The longest time range of one metrics query."""

_SILENT: Final = LogProof(failure="the log did not answer")


class _Account:
    """The questions about one account."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._asked = case.questions()
        self._exposes = _EXPOSES[case.control]
        self._values = {"account": case.resource.lower()}

    def findings(self) -> Findings:
        """Ask all questions; if a source does not answer, the others are still asked."""
        log = self._ask_log()
        proof = self._asked.proof("storage_coverage", **self._values) if log else _SILENT
        metrics = self._ask_metrics()
        logging = self._case.controls.get(_LOGGING)
        return Findings(
            exposes=self._exposes,
            window=self._case.window,
            coverage=coverage_of(self._case.window, logging, proof, now=self._asked.now),
            log=log,
            metrics=metrics,
            inquiries=self._asked.inquiries,
        )

    def _ask_log(self) -> LogFindings | None:
        rows = self._asked.rows("storage_use", content=CONTENT, listings=LISTINGS, **self._values)
        if rows is None:
            return None
        self._asked.rows("storage_access_levels", **self._values)
        own, exposes = self._case.own, self._exposes
        uses = tuple((kind_of_caller(use, exposes, own), use) for use in map(Use.of, rows))
        outside = (CallerKind.FOREIGN, CallerKind.UNNAMED)
        readers = [use.who for kind, use in uses if kind in outside and use.reads]
        objects = self._objects(readers) if readers else 0
        return LogFindings(uses=uses, objects=objects, is_cut=len(rows) >= MOST_ROWS)

    def _objects(self, callers: Sequence[str]) -> int | None:
        """Return how many distinct objects these callers read, None where the log does not answer."""
        rows = self._asked.rows("storage_objects", content=CONTENT, callers=callers, **self._values)
        return int(rows[0]["Objects"]) if rows else None

    def _ask_metrics(self) -> MetricFindings | None:
        since, until = self._asked.since, self._asked.until
        series = self._sums(since, until, _MINUTE if until - since <= _BY_MINUTE else _HOUR)
        if series is None:
            return None
        now = self._asked.now
        day_before = max(bounds.earlier(since, AROUND), now - METRICS_KEPT)
        works = bool(series) or bool(self._sums(day_before, now, _HOUR))
        found = counts(series, anonymous_only=self._exposes is Exposes.ANONYMOUS)
        return MetricFindings(counts=found, since=since, until=until, works=works)

    def _sums(self, since: datetime, until: datetime, step: timedelta) -> Sequence[Series] | None:
        """Return what the metrics count in a span of time, None where they do not answer."""
        if self._case.metrics is None:
            return None
        metrics, service = self._case.metrics, f"{self._case.resource}/blobServices/default"

        def sums() -> Sequence[Series]:
            found: list[Series] = []
            start = since
            while start < until:
                end = min(until, bounds.later(start, _CHUNK))
                found += metrics.sums(
                    service, TRANSACTIONS, DIMENSIONS, since=start, until=end, step=step
                )
                start = end
            return found

        return self._asked.noted(TRANSACTIONS, sums)


def ask_storage(case: Case) -> Exposure:
    """Return whether an account was used in the window."""
    account = _Account(case)
    return answer(account.findings(), now=case.clock())


STORAGE: Final = Investigation(controls=frozenset(_EXPOSES), ask=ask_storage)
