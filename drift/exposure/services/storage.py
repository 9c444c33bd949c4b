"""Ask the access logs and the metrics of a storage account who used it. The queries return no object names.

An open firewall lets callers reach files, queues and tables as well as blobs. A caller who does not sign
in reaches only blobs.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from drift.access.ports import METRICS_KEPT, MOST_ROWS, MetricSeries
from drift.access.record import Exposure
from drift.clock import bounds
from drift.exposure.answer import Findings, LogFindings, MetricFindings, answer
from drift.exposure.callers import CallerKind, Exposes, Use, kind_of_caller
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import coverage_of
from drift.exposure.log_proof import AROUND, WHOLE, LogProof
from drift.exposure.metric_counts import DIMENSIONS, TRANSACTIONS, counts
from drift.exposure.operations import CONTENT, LISTINGS, OF_OTHER_SERVICES
from drift.exposure.questions import LogRow

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

_QUERIES: Final = {each: f"storage_{each}_use" for each in OF_OTHER_SERVICES}

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
            coverage=self._coverage(
                coverage_of(self._case.window, logging, proof, now=self._asked.now)
            ),
            log=log,
            metrics=metrics,
            inquiries=self._asked.inquiries,
        )

    def _ask_log(self) -> LogFindings | None:
        rows = self._asked.rows("storage_use", content=CONTENT, listings=LISTINGS, **self._values)
        if rows is not None:
            self._asked.rows("storage_access_levels", **self._values)
        others = self._ask_other_services() if self._exposes is Exposes.NETWORK else []
        if rows is None and not others:
            return None
        blobs, beside = self._uses(rows or ()), self._uses(others)
        readers = _readers(blobs)
        objects = self._objects(readers) if readers else 0
        return LogFindings(
            uses=(*blobs, *beside),
            objects=None if rows is None or _readers(beside) else objects,
            is_cut=max(len(rows or ()), len(others)) >= MOST_ROWS,
        )

    def _uses(self, rows: Iterable[LogRow]) -> tuple[tuple[CallerKind, Use], ...]:
        own, exposes = self._case.own, self._exposes
        return tuple((kind_of_caller(use, exposes, own), use) for use in map(Use.of, rows))

    def _ask_other_services(self) -> Sequence[LogRow]:
        """Return who used files, queues and tables; one that does not answer is noted."""
        found: list[LogRow] = []
        for service, (content, listings) in OF_OTHER_SERVICES.items():
            values = {"content": content, "listings": listings, **self._values}
            found += self._asked.rows(_QUERIES[service], **values) or ()
        return found

    def _coverage(self, shown: str) -> str:
        """Return what the logs cover, and which of them did not answer."""
        silent: dict[str, list[str]] = {}
        for service, query in {"blobs": "storage_use", **_QUERIES}.items():
            if lack := self._asked.lack_of(query):
                silent.setdefault(lack, []).append(service)
        lacks = [f"{', '.join(services)}: {lack}" for lack, services in silent.items()]
        return "; ".join(lacks if lacks and shown == WHOLE else [shown, *lacks])

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

    def _sums(
        self, since: datetime, until: datetime, step: timedelta
    ) -> Sequence[MetricSeries] | None:
        """Return what the metrics count in a span of time, None where they do not answer."""
        if self._case.metrics is None:
            return None
        metrics, service = self._case.metrics, f"{self._case.resource}/blobServices/default"

        def sums() -> Sequence[MetricSeries]:
            found: list[MetricSeries] = []
            start = since
            while start < until:
                end = min(until, bounds.later(start, _CHUNK))
                found += metrics.sums(
                    service, TRANSACTIONS, DIMENSIONS, since=start, until=end, step=step
                )
                start = end
            return found

        return self._asked.noted(TRANSACTIONS, sums)


def _readers(uses: Iterable[tuple[CallerKind, Use]]) -> list[str]:
    """Return the callers from outside who read content."""
    outside = (CallerKind.FOREIGN, CallerKind.UNNAMED)
    return [use.who for kind, use in uses if kind in outside and use.reads]


def ask_storage(case: Case) -> Exposure:
    """Return whether an account was used in the window."""
    account = _Account(case)
    return answer(account.findings(), now=case.clock())


STORAGE: Final = Investigation(controls=frozenset(_EXPOSES), ask=ask_storage)
