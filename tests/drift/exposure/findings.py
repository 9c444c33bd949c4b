"""Windows, callers and counts for the tests of an answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from drift.access.record import Inquiry
from drift.exposure.answer import Findings, LogFindings, MetricFindings
from drift.exposure.callers import CallerKind, Exposes, Use
from drift.exposure.log_proof import WHOLE
from drift.exposure.metric_counts import RequestCounts
from drift.exposure.window import Window

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OPENED = datetime(2026, 11, 22, 9, 2, tzinfo=UTC)
CLOSED = OPENED + 30 * MINUTE
LATER = CLOSED + HOUR
WINDOW = Window(OPENED, OPENED - MINUTE, CLOSED)


def use(**values: Any) -> Use:
    """Return what one anonymous caller did: nothing, but for the values."""
    default: dict[str, Any] = {
        "proof": "anonymous",
        "address": "203.0.113.9",
        "principal": "",
        "tenant": "",
        "reads": 0,
        "listings": 0,
        "unclear": 0,
        "size": 0,
        "first": OPENED,
        "last": OPENED + 20 * MINUTE,
    }
    return Use(**{**default, **values})


def log(*uses: tuple[CallerKind, Use], **values: Any) -> LogFindings:
    """Return what the log shows."""
    return LogFindings(uses=uses, **values)


def metrics(counts: RequestCounts = RequestCounts(), **values: Any) -> MetricFindings:  # noqa: B008
    """Return metrics that cover the window."""
    known: dict[str, Any] = {"since": OPENED - 5 * MINUTE, "until": CLOSED + MINUTE, "works": True}
    return MetricFindings(counts=counts, **{**known, **values})


def findings(**values: Any) -> Findings:
    """Return findings about anonymous access in which nothing was seen and everything is covered."""
    default: dict[str, Any] = {
        "exposes": Exposes.ANONYMOUS,
        "window": WINDOW,
        "coverage": WHOLE,
        "log": log(),
        "metrics": metrics(),
        "inquiries": (),
    }
    return Findings(**{**default, **values})


def failed(source: str) -> Inquiry:
    """Return a question that was not answered."""
    return Inquiry(
        source=source, since=OPENED, until=CLOSED, asked_at=LATER, failure="log: HTTP 403"
    )
