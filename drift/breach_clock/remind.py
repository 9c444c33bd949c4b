"""Send reminders of due notices as MONITOR-BREACH-CLOCK until a person has decided.

A running clock has a due row for each morning of the organization. Its step compares the reminders
that are due with those that were sent. So a missed day is made up for with the newest reminder, and
no reminder is sent twice. Every step of a clock makes it due at once.
"""

from datetime import datetime
from typing import Final

from drift.breach.local_days import local_day
from drift.breach.reminders import next_morning, reminders
from drift.breach.still_due import still_due
from drift.breach_clock import reminder_words
from drift.breach_clock.record import ClockRecord, clock_in, clock_row
from drift.controls.monitor_controls import BREACH_CLOCK
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.fixes import Fix
from drift.model import Outcome, Verdict
from drift.ports import Delete, Put, Store, Write
from drift.queues.messages import RemindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.services import Services
from drift.state import due_rows, keys, paging
from drift.state.incident_record import Incident, load_incident
from drift.state.keys import RowKind

_PHI: Final = Scope(True, "only incidents about PHI have a breach clock")


def reminder_id(incident: Incident) -> str:
    """Return the resource id that stands for the breach clock of an incident."""
    return f"/providers/phidrift/breachclocks/{reminder_words.short_id(incident)}"


def reminder_row(record: ClockRecord, at: datetime) -> Put:
    """Return the due row that checks at a time which reminders of a clock are due."""
    message = RemindMessage(
        resource=record.resource_id, control=record.control_id, number=record.number
    )
    names = keys.digest(record.resource_id), record.control_id, keys.numbered(record.number)
    return due_rows.due_put(message, at, *names)


def on_remind(services: Services, message: RemindMessage) -> Outbound:
    """Send new reminders, end reminders that are no longer due, and repeat each morning while the clock runs.

    Raise NotUnderstood where another version wrote the clock.
    """
    store, home = services.store, keys.partition(message.resource)
    done: list[Write] = [Delete(message.due)] if message.due else []
    incident = load_incident(store, message.resource, message.control, message.number)
    record = _clock(store, incident) if incident else None
    if incident is None or record is None:
        store.commit(home, done)
        return Outbound()
    told = SelfReporter.of(services).apply(
        reminder_id(incident), BREACH_CLOCK, lambda: _report(services, incident)
    )
    following: list[Write] = []
    if record.clock.runs:
        zone = services.config.breach.time_zone
        following = [reminder_row(record, next_morning(services.clock(), zone))]
    store.commit(home, [*done, *following])
    return told


def begin_reminders(services: Services) -> None:
    """Store the due row of each running clock: a clock of an earlier version has none."""
    at = next_morning(services.clock(), services.config.breach.time_zone)
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(services.store, shard, *keys.below(RowKind.CLOCK)):
            try:
                record = clock_in(row)
                runs = record.clock.runs
            except NotUnderstood:
                continue  # the version that wrote it knows
            if runs:
                services.store.commit(shard, [reminder_row(record, at)])


def _clock(store: Store, incident: Incident) -> ClockRecord | None:
    row = clock_row(store, incident)
    return clock_in(row) if row else None


def _report(services: Services, incident: Incident) -> Report | None:
    """Return the newest reminder of each notice that is due and not recorded as made."""
    record, breach = _clock(services.store, incident), services.config.breach
    if record is None:
        return None
    clock, today = record.clock, local_day(services.clock(), breach.time_zone)
    due = still_due(clock, breach.rules, breach.time_zone)
    told = reminders(due, breach.reminders, today)
    if not told:
        why = reminder_words.why_over(incident, clock, due)
        return Report(Verdict(Outcome.PASS, why), _PHI, accumulates=False)
    verdict = Verdict(
        Outcome.FAIL,
        reminder_words.reason(incident, told),
        reminder_words.evidence(told),
        reminder_words.severity(told),
        Fix(note=reminder_words.what_to_do(incident, clock, told)),
    )
    return Report(verdict, _PHI, accumulates=False)
