"""Count reads and listings in the metrics of a storage account. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from drift.access.ports import MetricSeries
from drift.exposure.operations import CONTENT, HARMLESS, LISTINGS

TRANSACTIONS: Final = "Transactions"
DIMENSIONS: Final = ("Authentication", "ApiName", "ResponseType")

_CONTENT: Final = frozenset(each.lower() for each in CONTENT)
_LISTINGS: Final = frozenset(each.lower() for each in LISTINGS)
_CUT_OFF: Final = ("networkerror", "timeouterror", "serverothererror")
"""Answers that failed but may have sent bytes."""

_NOBODY: Final = frozenset({"anonymouspreflight"})
"""The preflight request of a browser (CORS): it returns no content of a blob."""


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """Reads of content, listings of names, and requests that may be either; the first and last step."""

    reads: int = 0
    listings: int = 0
    unclear: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def __add__(self, other: "RequestCounts") -> "RequestCounts":
        times = [each for each in (self.first, other.first) if each]
        ends = [each for each in (self.last, other.last) if each]
        return RequestCounts(
            self.reads + other.reads,
            self.listings + other.listings,
            self.unclear + other.unclear,
            min(times, default=None),
            max(ends, default=None),
        )

    @property
    def done(self) -> int:
        """Return the requests that returned content or names."""
        return self.reads + self.listings


def counts(series: Iterable[MetricSeries], *, anonymous_only: bool) -> RequestCounts:
    """Return what the series count, of anonymous requests alone or of all."""
    total = RequestCounts()
    for each in series:
        caller = _label(each, "authentication")
        if caller in _NOBODY or (anonymous_only and caller not in ("anonymous", "")):
            continue
        total += _counted(each, is_named=bool(caller))
    return total


def _counted(series: MetricSeries, *, is_named: bool) -> RequestCounts:
    """Return the counts of one series; an unknown caller, operation or result counts as unclear."""
    times = [at for at, total in series.points if total > 0]
    number = round(sum(total for _, total in series.points))
    if not number:
        return RequestCounts()
    span = RequestCounts(first=min(times, default=None), last=max(times, default=None))
    operation, result = _label(series, "apiname"), _label(series, "responsetype")
    if operation in HARMLESS:
        return RequestCounts()
    if "success" in result and is_named and operation in _CONTENT:
        return replace(span, reads=number)
    if "success" in result and is_named and operation in _LISTINGS:
        return replace(span, listings=number)
    is_refused = "error" in result and not result.endswith(_CUT_OFF)
    return RequestCounts() if is_refused else RequestCounts(unclear=number)


def _label(series: MetricSeries, name: str) -> str:
    return series.dimensions.get(name, "").replace(" ", "").lower()
