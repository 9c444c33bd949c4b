"""Platform metrics of storage accounts: how requests are counted, and how Azure Monitor answers.

https://learn.microsoft.com/rest/api/monitor/metrics/list and
https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-storage-storageaccounts-blobservices-metrics
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.core.documents import Body
from sandbox.http.messages import Refused, Request

METRICS: Final = "microsoft.insights/metrics"
KEPT: Final = timedelta(days=93)

_NAMES: Final = ("Authentication", "ApiName", "ResponseType")
_STEPS: Final = {"PT1M": timedelta(minutes=1), "PT1H": timedelta(hours=1)}
_CONDITION: Final = re.compile(r"(\w+) eq '([^']*)'")

Labels = tuple[str, str, str]


class TransactionMetrics:
    """The metric Transactions of every blob service, by minute, authentication, operation and result."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Labels, datetime]] = Counter()
        self._lock = threading.Lock()

    def count(self, service: str, labels: Labels, at: datetime) -> None:
        """Count one request to a blob service."""
        with self._lock:
            self._counts[service.lower(), labels, at.replace(second=0, microsecond=0)] += 1

    def answer(self, service: str, request: Request, now: datetime) -> Body:
        """Answer a question about the metric Transactions; refuse one that Azure Monitor refuses."""
        query = request.query
        step = _STEPS.get(query.get("interval", ""))
        if query.get("metricnames") != "Transactions" or step is None:
            raise Refused(400, "BadRequest", "Failed to find metric configuration for the request.")
        since, until = _span(query.get("timespan", ""))
        asked = dict(_CONDITION.findall(query.get("$filter", "")))
        if not asked.keys() <= set(_NAMES):
            raise Refused(
                400, "BadRequest", "Metric: Transactions does not support the dimensions."
            )
        most = int(query.get("top", "10"))
        series = list(self._series(service, asked, (max(since, now - KEPT), until), step))
        metric = {
            "id": f"{service}/providers/Microsoft.Insights/metrics/Transactions",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": "Transactions", "localizedValue": "Transactions"},
            "unit": "Count",
            "timeseries": series[:most],
            "errorCode": "Success",
        }
        return {
            "cost": 0,
            "timespan": query["timespan"],
            "interval": query["interval"],
            "namespace": "Microsoft.Storage/storageAccounts/blobServices",
            "resourceregion": "eastus",
            "value": [metric],
        }

    def _series(
        self, service: str, asked: Body, span: tuple[datetime, datetime], step: timedelta
    ) -> Iterator[Body]:
        sums: dict[Labels, Counter[datetime]] = {}
        with self._lock:
            for (owner, labels, at), number in self._counts.items():
                if owner == service.lower() and _is_asked(labels, asked) and _is_in(at, span):
                    start = datetime.fromtimestamp(
                        at.timestamp() // step.total_seconds() * step.total_seconds(), UTC
                    )
                    sums.setdefault(labels, Counter())[start] += number
        for labels, points in sorted(sums.items()):
            yield {
                "metadatavalues": [
                    {
                        "name": {"value": name.lower(), "localizedValue": name.lower()},
                        "value": value,
                    }
                    for name, value in zip(_NAMES, labels, strict=True)
                    if name in asked
                ],
                "data": [
                    {"timeStamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "total": float(number)}
                    for at, number in sorted(points.items())
                ],
            }


def _is_asked(labels: Labels, asked: dict[str, Any]) -> bool:
    named = zip(_NAMES, labels, strict=True)
    return all(asked.get(name, "*") in ("*", value) for name, value in named)


def _is_in(at: datetime, span: tuple[datetime, datetime]) -> bool:
    since, until = span
    return since.replace(second=0, microsecond=0) <= at < until


def _span(text: str) -> tuple[datetime, datetime]:
    try:
        since, until = (datetime.fromisoformat(each) for each in text.split("/"))
    except ValueError:
        raise Refused(400, "BadRequest", "Detected invalid time interval input.") from None
    return since, until
