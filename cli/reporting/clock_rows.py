"""The breach clocks that a compliance lead must look at, by the day of the next notice. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from cli.incident_list.breach_dates import NOT_ADVICE, OWN, deadline_data
from cli.incident_list.clock_view import clock_view
from cli.incident_list.found import id_of
from cli.reporting.kept import Kept
from cli.reporting.period import Period
from drift.breach.clock import Stage
from drift.breach.local_days import local_day
from drift.config.model import Breach
from drift.notices import Access

NEAR: Final = timedelta(days=14)
"""The number of days before a last day in which it counts as near."""

_GRAVE: Final = (Access.CONFIRMED, Access.PRESUMED)


def clock_line(kept: Kept, breach: Breach, period: Period, today: date) -> Mapping[str, Any] | None:
    """Return a clock that runs or had a step in the period; None for any other."""
    record = kept.clock
    if record is None:
        return None
    view = clock_view(record, breach, today)
    is_running = view.clock.runs or view.clock.stage is Stage.SUSPECTED or bool(view.left)
    if not is_running and not any(each.at in period for each in record.steps):
        return None
    discovered = view.clock.discovered_at
    return {
        "id": id_of(kept.incident),
        "control": kept.incident.control_id,
        "resourceId": kept.incident.resource_id,
        "stage": view.clock.stage.value,
        "discovered": local_day(discovered, breach.time_zone).isoformat() if discovered else None,
        "nextDay": view.next_day.isoformat() if view.next_day else None,
        "distance": _distance(view.next_day, today),
        "overdue": [deadline_data(each) for each in view.left if each.day < today],
        "factorsAssessed": len({each.factor for each in view.clock.findings}),
        "note": NOT_ADVICE,
    }


def lacks_clock(kept: Kept) -> bool:
    """Tell whether access was confirmed or presumed and nobody has taken a step."""
    incident = kept.incident
    if kept.clock or kept.has_unread_clock or incident.phi is False or incident.control_id in OWN:
        return False
    return incident.exposure is not None and incident.exposure.access in _GRAVE


def _distance(day: date | None, today: date) -> str:
    if day is None:
        return "no notice is due"
    if day < today:
        return "past"
    return "near" if day - today <= NEAR else "later"
