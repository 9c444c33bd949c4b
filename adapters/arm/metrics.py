"""Read platform metrics of a resource from Azure Monitor, through ARM; a doubtful answer raises.

https://learn.microsoft.com/rest/api/monitor/metrics/list. The role Reader is enough, and no diagnostic
setting is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from adapters.arm.answers import NOT_ARM
from adapters.arm.reader import ArmReader
from drift.access.ports import MOST_SERIES, MetricSeries
from drift.errors import SourceUnavailable

API_VERSION: Final = "2023-10-01"
TOO_MANY: Final = "TooManySeries"
NOT_COUNTED: Final = "MetricNotReturned"

_OK: Final = 200
_STEPS: Final = {timedelta(minutes=1): "PT1M", timedelta(hours=1): "PT1H"}
_UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)


class MetricsReader:
    """Implements ``drift.access.ports.Metrics``."""

    def __init__(self, arm: ArmReader, *, endpoint: str) -> None:
        self._arm = arm
        self._endpoint = endpoint.rstrip("/")

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
        """Return a metric's sums, one series for each combination of dimensions; raise SourceUnavailable."""
        what = f"metric {metric} of {resource_id}"
        asked = {
            "api-version": API_VERSION,
            "metricnames": metric,
            "timespan": f"{_shown(since)}/{_shown(until)}",
            "interval": _STEPS[step],
            "aggregation": "total",
            "$filter": " and ".join(f"{each} eq '*'" for each in dimensions),
            "top": str(MOST_SERIES),  # 10 where it is not set
        }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        path = quote(f"{resource_id.rstrip('/')}/providers/Microsoft.Insights/metrics")
        answer = self._arm.document(what, f"{self._endpoint}{path}?{query}")
        if answer.body is None:
            raise SourceUnavailable(what, 404, answer.code)
        try:
            found = list(_series(what, answer.body, _STEPS[step]))
        except _UNREADABLE:
            raise SourceUnavailable(what, _OK, NOT_ARM) from None
        if len(found) >= MOST_SERIES:
            raise SourceUnavailable(what, _OK, TOO_MANY)
        return found


def _series(what: str, body: Mapping[str, Any], interval: str) -> Iterator[MetricSeries]:
    """Yield the series of the one metric of an answer, whose steps must be those that were asked for."""
    metrics = body["value"]
    if len(metrics) != 1 or str(metrics[0].get("errorCode", "Success")).lower() != "success":
        raise SourceUnavailable(what, _OK, NOT_COUNTED)
    if body.get("interval", interval) != interval:
        raise SourceUnavailable(what, _OK, NOT_ARM)
    for each in metrics[0]["timeseries"]:
        labels = {
            label["name"]["value"].lower(): label["value"]
            for label in each.get("metadatavalues", ())
        }
        points = tuple(
            (_time(point["timeStamp"]), float(point["total"]))
            for point in each["data"]
            if point.get("total") is not None
        )
        yield MetricSeries(labels, points)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
