"""The incidents of a period: one line for each, and the figures. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli.incident_list.breach_dates import OWN
from cli.incident_list.found import id_of
from cli.reporting.detection import times_data
from cli.reporting.figures import spread
from cli.reporting.kept import Kept
from cli.reporting.period import Period

Line = Mapping[str, Any]


def concerns(kept: Kept, period: Period) -> bool:
    """Tell whether an incident was open at any moment of a period."""
    closed = kept.incident.closed_at
    return kept.opened_at < period.until and (closed is None or closed >= period.since)


def line_of(kept: Kept, period: Period) -> Line:
    """Return one line of an incident that concerns the period.

    ``opened``, ``reopened`` and ``ended`` tell what happened in the period; ``openAtStart`` and
    ``openAtEnd`` tell whether it was open at its limits. ``access`` is the most severe answer, null
    for none.
    """
    incident, times = kept.incident, times_data(kept)
    closed = incident.closed_at
    return {
        "id": id_of(incident),
        "control": incident.control_id,
        "resourceId": incident.resource_id,
        "aboutTheMonitor": incident.control_id in OWN,
        "severity": incident.severity.value,
        "phi": incident.phi,
        "found": incident.found.value,
        "closure": incident.closure.value if incident.closure else None,
        "access": incident.exposure.access.value if incident.exposure else None,
        "opened": kept.opened_at in period,
        "reopened": kept.is_reopened and incident.opened_at in period,
        "ended": closed in period,
        "openAtStart": kept.opened_at < period.since,
        "openAtEnd": _is_open_at(kept, period.until),
        **times,
    }


def counts_of(lines: Iterable[Line]) -> Mapping[str, Any]:
    """Return how many opened, ended and were open, without those about the monitor itself."""
    found: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    access: Counter[str] = Counter()
    for each in lines:
        if each["aboutTheMonitor"]:
            found["aboutTheMonitor"] += 1
            continue
        for name in ("opened", "reopened", "ended", "openAtStart", "openAtEnd"):
            found[name] += bool(each[name])
        found["found"] += 1
        if each["ended"]:
            ended[each["closure"] or "not known"] += 1
        if each["opened"]:
            severities[each["severity"]] += 1
        access[each["access"] or "not asked"] += 1
    names = ("found", "opened", "reopened", "ended", "openAtStart", "openAtEnd", "aboutTheMonitor")
    return {
        **{name: found[name] for name in names},
        "endedAs": dict(ended),
        "openedBySeverity": dict(severities),
        "access": dict(access),
    }


def times_of(lines: Sequence[Line], period: Period) -> Mapping[str, Any]:
    """Return how long it took to decide and to tell what opened in the period, and to close what ended."""
    own = [each for each in lines if not each["aboutTheMonitor"]]
    opened = [each for each in own if datetime.fromisoformat(each["openedAt"]) in period]
    ended = [each for each in own if each["ended"]]
    return {
        "toDecide": _figures(opened, "secondsToDecide"),
        "toDecideAtMost": _figures(
            [each for each in opened if each["secondsToDecide"] is None], "secondsToDecideAtMost"
        ),
        "toTell": _figures(opened, "secondsToTell"),
        "toClose": _figures(ended, "secondsToClose"),
        "changeNotKnownWhy": dict(
            Counter(each["changeNotKnownWhy"] for each in opened if each["changeNotKnownWhy"])
        ),
        "openAtEndSince": _open_since(own),
    }


def sorted_lines(lines: Iterable[Line]) -> list[Line]:
    """Return the lines, those that are still open first, then the newest first."""
    newest = sorted(lines, key=lambda each: str(each["firstOpenedAt"]), reverse=True)
    return sorted(newest, key=lambda each: not each["openAtEnd"])


def _is_open_at(kept: Kept, at: datetime) -> bool:
    closed = kept.incident.closed_at
    return kept.opened_at < at and (closed is None or closed >= at)


def _figures(lines: Sequence[Line], name: str) -> Mapping[str, Any]:
    known = [each[name] for each in lines if each[name] is not None]
    return spread(known, missing=len(lines) - len(known))


def _open_since(lines: Iterable[Line]) -> str | None:
    """Return the first opening of the incident that has been open longest at the end of the period."""
    return min((each["firstOpenedAt"] for each in lines if each["openAtEnd"]), default=None)
