"""When notices would be due if an incident were a breach. Not legal advice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from drift.breach.deadlines import Counts, Deadline, Recipient, deadlines
from drift.breach.local_days import local_day
from drift.config.model import Breach
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.state.incident_record import Incident

NOT_ADVICE: Final = "This is not legal advice: a person decides whether an incident is a breach."

OWN: Final = frozenset(each.id for each in MONITOR_CONTROLS)
"""Controls about the monitor itself: their incidents are never a breach."""

RECIPIENTS: Final = {
    Recipient.INDIVIDUALS: "individuals",
    Recipient.MEDIA: "media",
    Recipient.HHS: "HHS",
    Recipient.COVERED_ENTITY: "covered entity",
}


@dataclass(frozen=True, slots=True)
class BreachDates:
    """The latest date of discovery, the deadlines that follow, and the time zone of both."""

    discovered: date
    time_zone: str
    deadlines: tuple[Deadline, ...]


def breach_dates(incident: Incident, breach: Breach) -> BreachDates | None:
    """Return the dates if it were a breach, None if the incident concerns no PHI.

    Discovery is the first opening: from the alert on, the organization knew it, and reasonable
    diligence finds it no later (45 CFR 164.404(a)(2), 164.410(a)(2)). The number of affected
    individuals is not known here. If PHI cannot be ruled out, the incident counts.
    """
    if incident.phi is False or incident.control_id in OWN:
        return None
    day = local_day(incident.first_opened_at or incident.opened_at, breach.time_zone)
    found = deadlines(day, rules=breach.rules, counts=Counts())
    return BreachDates(day, breach.time_zone, found)


def breach_lines(dates: BreachDates) -> Iterator[str]:
    """Yield the dates in words."""
    yield (
        f"If this is a breach, it counts as discovered on {dates.discovered} ({dates.time_zone}) at the "
        "latest, and these are the last days of the notices:"
    )
    for each in dates.deadlines:
        yield f"{each.day}  {notice_text(each)}"
    yield NOT_ADVICE


def breach_data(dates: BreachDates) -> Mapping[str, Any]:
    """Return the dates as one JSON object; docs/commands.md lists its fields."""
    return {
        "discovered": dates.discovered.isoformat(),
        "timeZone": dates.time_zone,
        "deadlines": [deadline_data(each) for each in dates.deadlines],
        "note": NOT_ADVICE,
    }


def deadline_data(deadline: Deadline) -> Mapping[str, Any]:
    """Return one deadline as a JSON object."""
    return {
        "recipient": deadline.recipient.value,
        "state": deadline.state or None,
        "day": deadline.day.isoformat(),
        "citation": deadline.citation,
        "certain": deadline.certain,
    }


def notice_text(deadline: Deadline) -> str:
    """Return who is notified, with the citation of the rule."""
    state = f" of {deadline.state}" if deadline.state else ""
    depends = "" if deadline.certain else ", depending on who is affected"
    return f"{RECIPIENTS[deadline.recipient]}{state} ({deadline.citation}){depends}"
