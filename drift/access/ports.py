"""The ports that show who used a resource: its access log, and the metrics that Azure keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

QueryValue = str | datetime | timedelta | Sequence[str]
"""A value that a query takes; it reaches the query only as a literal of its own type."""

MOST_ROWS: Final = 1000
"""Maximum number of rows that a query about access returns; if it returns that many, there may be more."""

MOST_SERIES: Final = 1000
"""Maximum number of series in an answer about metrics; if there are that many, there may be more."""

METRICS_KEPT: Final = timedelta(days=93)
"""How long Azure keeps platform metrics.
https://learn.microsoft.com/azure/azure-monitor/metrics/data-platform-metrics"""


class AccessLog(Protocol):
    """Queries the logs of access in Log Analytics; raises SourceUnavailable."""

    def access(
        self, query: str, values: Mapping[str, QueryValue], *, since: datetime, until: datetime
    ) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a named query over a span of time, at most MOST_ROWS.

        ``since`` and ``until`` are values of the query too. A partial answer raises an error.
        """


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """The sums of one metric for one combination of its dimensions (names in lower case), by time.

    A time is the start of its step; a step without a sum is left out.
    """

    dimensions: Mapping[str, str]
    points: tuple[tuple[datetime, float], ...]


class Metrics(Protocol):
    """Reads platform metrics of a resource; raises SourceUnavailable."""

    def sums(
        self,
        resource_id: str,
        metric: str,
        dimensions: Sequence[str],
        *,
        since: datetime,
        until: datetime,
        step: timedelta,
    ) -> Sequence[MetricSeries]:
        """Return a metric's sums in steps, one series for each combination of the dimensions."""
