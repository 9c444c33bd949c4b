"""Decide from the log and the metrics whether an exposed storage account was used. Pure.

Nothing is excluded unless the metrics count every request of a window whose start and end are
known: logs are written on a best-effort basis, so missing rows prove nothing by themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drift.access.record import CallerSeen, Exposure, Inquiry
from drift.clock import bounds
from drift.exposure import wording
from drift.exposure.callers import CallerKind, Exposes, Use
from drift.exposure.log_proof import WHOLE
from drift.exposure.metric_counts import RequestCounts
from drift.exposure.window import Window
from drift.notices import Access

_MOST_SEEN: Final = 10
"""Callers that are stored; all are counted."""

_COUNTED: Final = timedelta(minutes=10)
"""How late the metrics may have the count of a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFindings:
    """The callers in the access log, each with its kind.

    ``objects`` are the distinct objects that callers from outside read, None where that is not known;
    ``is_cut``: there were more callers than a query returns.
    """

    uses: tuple[tuple[CallerKind, Use], ...]
    objects: int | None = None
    is_cut: bool = False

    def by(self, *kinds: CallerKind) -> list[Use]:
        """Return what callers of these kinds did."""
        return [use for kind, use in self.uses if kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFindings:
    """The requests that the metrics count: of anonymous callers, or of all.

    ``since`` is the time from which they are kept; ``works``: they count requests of this account
    at all.
    """

    counts: RequestCounts
    since: datetime
    until: datetime
    works: bool

    def cover(self, window: Window) -> bool:
        """Tell whether they have every minute of a window that has ended."""
        if window.since is None or window.until is None or not self.works:
            return False
        return self.since <= window.since and self.until >= window.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All known data: None for a source that did not answer; ``coverage`` is the coverage of the log."""

    exposes: Exposes
    window: Window
    coverage: str
    log: LogFindings | None
    metrics: MetricFindings | None
    inquiries: tuple[Inquiry, ...]


_OUTSIDE: Final = (CallerKind.FOREIGN, CallerKind.UNNAMED)


def answer(found: Findings, *, now: datetime) -> Exposure:
    """Return the answer, with one line that says it in numbers."""
    access, window = access_of(found, now=now), found.window
    used = found.log.by(*_OUTSIDE) if found.log else []
    counts = found.metrics.counts if found.metrics else RequestCounts()
    from_log = any(each.reads + each.listings for each in used)
    by_metrics = found.exposes is Exposes.ANONYMOUS and not from_log
    span = counts if by_metrics else _span(used)
    return Exposure(
        opened_at=window.opened_at,
        access=access,
        asked_at=now,
        since=window.since,
        until=window.until,
        summary=wording.summary(found.exposes, access, _figures(found, used, now), window),
        callers=len(_callers(used)) if from_log else None,
        objects=found.log.objects if found.log and from_log else None,
        reads=span.reads,
        listings=span.listings,
        first=span.first,
        last=span.last,
        seen=tuple(map(_seen, sorted(used, key=lambda each: -each.reads)[:_MOST_SEEN])),
        coverage=found.coverage,
        is_final=_is_final(found, access, now),
        inquiries=found.inquiries,
    )


def access_of(found: Findings, *, now: datetime) -> Access:
    """Return which of the four answers holds."""
    log, metrics = found.log, found.metrics
    outside = _span(log.by(*_OUTSIDE)) if log else RequestCounts()
    foreign = _span(log.by(CallerKind.FOREIGN)) if log else RequestCounts()
    counted = metrics.counts if metrics and found.exposes is Exposes.ANONYMOUS else RequestCounts()
    if foreign.reads or counted.reads:
        return Access.CONFIRMED
    if outside.done or counted.listings:
        return Access.PRESUMED
    return Access.EXCLUDED if _is_excluded(found, now) else Access.POSSIBLE


def _is_excluded(found: Findings, now: datetime) -> bool:
    """Tell whether every anonymous request of the window is counted, and there was none.

    An open firewall also lets callers reach files, queues and tables, which are not queried: then
    nothing is excluded.
    """
    log, metrics, window = found.log, found.metrics, found.window
    if found.exposes is not Exposes.ANONYMOUS or metrics is None:
        return False
    if not metrics.cover(window) or not _is_counted(window, now):
        return False
    if log and any(each.unclear for each in log.by(*_OUTSIDE)):
        return False
    return not metrics.counts.done and not metrics.counts.unclear


def _is_counted(window: Window, now: datetime) -> bool:
    return window.until is not None and now >= bounds.later(window.until, _COUNTED)


def _is_final(found: Findings, access: Access, now: datetime) -> bool:
    """Tell whether the answer is final: the window is over, and both sources have all of it."""
    metrics = found.metrics
    if metrics is None or not metrics.cover(found.window) or not _is_counted(found.window, now):
        return False
    return access is Access.EXCLUDED or (found.log is not None and found.coverage == WHOLE)


def _figures(found: Findings, used: list[Use], now: datetime) -> wording.Figures:
    log, metrics = found.log, found.metrics
    logged = _span(used)
    return wording.Figures(
        callers=len(_callers(used)),
        is_cut=bool(log and log.is_cut),
        objects=log.objects if log else None,
        size=sum(each.size for each in used),
        logged=logged,
        counted=metrics.counts if metrics else None,
        coverage=found.coverage,
        is_counted=bool(metrics and metrics.cover(found.window) and _is_counted(found.window, now)),
        failures=tuple(each.source for each in found.inquiries if each.failure),
    )


def _span(uses: Iterable[Use]) -> RequestCounts:
    """Return what several callers did together, with the first and the last time."""
    parts = (
        RequestCounts(each.reads, each.listings, each.unclear, each.first, each.last)
        for each in uses
    )
    return sum(parts, RequestCounts())


def _callers(uses: Iterable[Use]) -> set[str]:
    return {each.who for each in uses if each.reads + each.listings}


def _seen(use: Use) -> CallerSeen:
    return CallerSeen(
        proof=use.proof,
        address=use.address,
        principal=use.principal,
        reads=use.reads,
        listings=use.listings,
        first=use.first,
        last=use.last,
    )
