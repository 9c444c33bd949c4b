"""Store one step of a breach clock beside the earlier ones; no step is ever rewritten."""

from drift.breach.clock import Stage
from drift.breach.local_days import local_day
from drift.breach.still_due import unanswered
from drift.breach_clock.record import ClockRecord, ClockStep, clock_in, clock_row, new_clock
from drift.breach_clock.remind import reminder_row
from drift.breach_clock.step_record import step_rows
from drift.config.model import Breach
from drift.ports import Store
from drift.services import AppInfo
from drift.state import keys
from drift.state.incident_record import Incident
from drift.state.update import retry_on_conflict


def take_step(
    store: Store, incident: Incident, step: ClockStep, breach: Breach, *, app: AppInfo
) -> ClockRecord:
    """Store a step of an incident's clock and what follows: its record and its reminders. Return the clock.

    Raise ValueError, and store nothing, if the stage does not allow the step or the step is
    incomplete; raise NotUnderstood if another version wrote the clock.
    """

    def attempt() -> ClockRecord:
        row = clock_row(store, incident)
        record = clock_in(row) if row else new_clock(incident)
        if step.outcome is Stage.NOTIFIED:
            _check_notices(record, breach)
        _check_day(record, step, breach)
        stepped = record.stepped(step)
        put = stepped.put(row.etag if row else "")
        recorded = step_rows(app, incident, stepped, breach)
        due = [reminder_row(stepped, step.at)]
        store.commit(keys.partition(incident.resource_id), [put, *recorded, *due])
        return stepped

    return retry_on_conflict(incident.resource_id, attempt)


def _check_day(record: ClockRecord, step: ClockStep, breach: Breach) -> None:
    """Raise ValueError for a notice before the discovery: a wrong year would end its reminders.

    Stored steps are not checked, so that a clock with such a notice can still be read.
    """
    discovered_at, day = record.clock.discovered_at, step.notified_on
    if discovered_at is None or day is None:
        return
    first = local_day(discovered_at, breach.time_zone)
    if day < first:
        raise ValueError(f"a notice on {day} is before the discovery on {first}: check the date")


def _check_notices(record: ClockRecord, breach: Breach) -> None:
    """Raise ValueError while a notice that is due, or may be, is not recorded as made."""
    clock = record.clock
    if clock.stage is not Stage.BREACH:
        return
    left = unanswered(clock, breach.rules, breach.time_zone)
    if left:
        named = ", ".join(f"{each.recipient} {each.state}".strip() for each in left)
        advice = (
            "" if all(each.certain for each in left) else "; record a count to see which are due"
        )
        raise ValueError(f"notices that are not recorded as made: {named}{advice}")
