"""The texts of a reminder: which notice, to whom, by which day and rule, and how to record it."""

from collections.abc import Sequence
from typing import Final

from drift import ids
from drift.breach.clock import Clock, Stage
from drift.breach.deadlines import (
    HHS_AFTER_THE_YEAR,
    HHS_AT_ONCE_FROM,
    MEDIA_ABOVE,
    Deadline,
    Recipient,
)
from drift.breach.reminders import Reminder
from drift.model import Evidence, Severity
from drift.state import incident_ids
from drift.state.incident_record import Incident

PAGES: Final = 3
"""From this number of days left on, a reminder is critical, and so pages."""

_SOON: Final = 7
"""From this number of days left on, a reminder is high."""

_MOST: Final = 10
"""Deadlines that the reason names; all are in the evidence."""

_SHORT: Final = 16
"""Number of digits of an incident's id in a command."""

_TO: Final = {
    Recipient.INDIVIDUALS: "the individuals",
    Recipient.MEDIA: "the media",
    Recipient.HHS: "HHS",
    Recipient.COVERED_ENTITY: "the covered entity",
}

_NO_ADVICE: Final = "This is not legal advice."


def short_id(incident: Incident) -> str:
    """Return the beginning of an incident's id, by which commands find it."""
    whole = incident_ids.incident_id(incident.control_id, incident.resource_id, incident.number)
    return whole[:_SHORT]


def severity(told: Sequence[Reminder]) -> Severity:
    """Return the severity of the reminders: the fewest days left decide."""
    left = min(each.days_left for each in told)
    if left <= PAGES:
        return Severity.CRITICAL
    return Severity.HIGH if left <= _SOON else Severity.MEDIUM


def reason(incident: Incident, told: Sequence[Reminder]) -> str:
    """Return which notices come due for an incident, the first one first."""
    about = (
        f"Incident {short_id(incident)} ({incident.control_id} on "
        f"{ids.name_of(incident.resource_id)})"
    )
    first = sorted(told, key=lambda each: (each.days_left, not each.deadline.certain))
    lines = [_line(each) for each in first[:_MOST]]
    more = len(told) - _MOST
    rest = [f"{more} more: phidrift incidents show {short_id(incident)}."] if more > 0 else []
    return " ".join([f"{about}: its breach clock runs.", *lines, *rest])


def evidence(told: Sequence[Reminder]) -> tuple[Evidence, ...]:
    """Return one item for each deadline: it changes with each set day, and on no other day."""
    return tuple(
        Evidence(f"deadline[{_named(each.deadline)}]", _set_day(each.set_day), "a recorded notice")
        for each in told
    )


def what_to_do(incident: Incident, clock: Clock, told: Sequence[Reminder]) -> str:
    """Return how to record what was done, by the stage of the clock."""
    name, by = short_id(incident), "--by NAME --reason TEXT"
    if clock.stage is not Stage.BREACH:
        return (
            "A person assesses and decides: phidrift incidents assess "
            f"{name} --factor FACTOR --evidence REFERENCE {by} for each of the four factors, then "
            f"phidrift incidents decide {name} --outcome breach {by}, or --outcome "
            "low-probability, "
            f"which ends the reminders. {_NO_ADVICE}"
        )
    recipient = told[0].deadline.recipient.value.replace("_", "-")
    return (
        f"When the notice is made, record it: phidrift incidents notified {name} --recipient "
        f"{recipient} --on DATE {by}. If law enforcement asks for a delay, record it: phidrift "
        "incidents delay. "
        f"{_NO_ADVICE}"
    )


def why_over(incident: Incident, clock: Clock, due: Sequence[Deadline]) -> str:
    """Return why no reminder is due now."""
    about = f"Incident {short_id(incident)}"
    if clock.decisions and not clock.runs:
        last = clock.decisions[-1]
        what = "every notice was made" if last.stage is Stage.NOTIFIED else "the probability is low"
        return f"{about}: {last.by} decided that {what}. Its breach clock has stopped."
    if not due:
        return f"{about}: every notice that was due is recorded as made."
    return (
        f"{about}: the next notice, to {_to(due[0])}, is due by {due[0].day}. No reminder is due "
        "now."
    )


def _line(told: Reminder) -> str:
    deadline, left = told.deadline, told.days_left
    sure = "" if deadline.certain else f", if {_condition(deadline)} are affected"
    rule = f"({deadline.citation})"
    if left < 0:
        was = "was" if deadline.certain else "may have been"
        return (
            f"Notice to {_to(deadline)} {was} due by {deadline.day}{sure} {rule}: {_days(-left)} "
            "overdue."
        )
    due = "is" if deadline.certain else "may be"
    when = "today is the last day" if left == 0 else f"{_days(left)} left"
    return f"Notice to {_to(deadline)} {due} due by {deadline.day}{sure} {rule}: {when}."


def _condition(deadline: Deadline) -> str:
    """Return who must be affected for an uncertain notice to be due."""
    if deadline.recipient is Recipient.MEDIA:
        return f"more than {MEDIA_ABOVE} residents of one State"
    if deadline.recipient is Recipient.HHS:
        if deadline.citation == HHS_AFTER_THE_YEAR:
            return f"fewer than {HHS_AT_ONCE_FROM} individuals"
        return f"{HHS_AT_ONCE_FROM} or more individuals"
    return f"residents of {deadline.state}" if deadline.state else "individuals"


def _to(deadline: Deadline) -> str:
    place = f" of {deadline.state}" if deadline.state else ""
    return f"{_TO.get(deadline.recipient, deadline.recipient)}{place}"


def _named(deadline: Deadline) -> str:
    return " ".join(filter(None, (deadline.recipient, deadline.state, deadline.day.isoformat())))


def _set_day(days: int) -> str:
    if days == 0:
        return "the last day"
    return f"{_days(days)} before" if days > 0 else f"{_days(-days)} after"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
