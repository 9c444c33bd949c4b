"""Decide what must happen to a resource later: settle, try again, poll, tell that it is unknown."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from drift.changes.admission import next_read
from drift.changes.evaluation import Look, is_deleted
from drift.changes.read_retries import retried
from drift.changes.settling import settle_at
from drift.controls.exceptions import exemption_for
from drift.incidents.decision import Ruling
from drift.model import Outcome
from drift.ports import Write
from drift.services import Parts
from drift.state import due_rows
from drift.state.due_rows import cancel, of_newer_version, wake_at
from drift.state.resource_record import Record


def reschedule(
    parts: Parts, record: Record, look: Look, rulings: Sequence[Ruling]
) -> tuple[Record, list[Write]]:
    """Return the record with what is due from now on, and the rows that say so."""
    record, again = retried(parts, record, look)
    wanted = {} if is_deleted(parts, look) else _due_times(parts, record, look, rulings)
    wanted |= of_newer_version(record, parts.clock())
    if again:
        wanted[due_rows.RETRY] = again
    if doubts := [wanted[each] for each in (due_rows.RETRY, due_rows.SETTLE) if each in wanted]:
        # What another look will find, the sweep has found.
        wanted |= dict.fromkeys(look.reasons & due_rows.SWEEPS, min(doubts))
    record, writes = cancel(record, record.due)
    for reason, at in wanted.items():
        record, puts = wake_at(record, reason, at)
        writes += puts
    return record, writes


def _due_times(
    parts: Parts, record: Record, look: Look, rulings: Sequence[Ruling]
) -> dict[str, datetime]:
    timing, now, sight = parts.config.timing, parts.clock(), look.sight
    due: dict[str, datetime] = {}
    if settle := settle_at(parts, record, look, rulings):
        due[due_rows.SETTLE] = settle
    if sight.silent_since:
        due[due_rows.POLL] = sight.silent_since + timedelta(minutes=timing.poll_minutes)
    if ends := list(_exceptions_end(parts, record.id, rulings, now)):
        due[due_rows.CONFIG] = min(ends)
    if waiting := list(_unknown_untold(rulings)):
        due[due_rows.UNKNOWN] = min(waiting) + timedelta(seconds=timing.unknown_seconds)
    if record.wanted > look.taken.wanted:
        due[due_rows.TRAILING] = next_read(record, now, timing)
    return due


def _exceptions_end(
    parts: Parts, resource_id: str, rulings: Iterable[Ruling], now: datetime
) -> Iterable[datetime]:
    """Yield when each exception that covers a failure of the resource expires."""
    for each in rulings:
        if each.state.outcome is Outcome.EXCEPTED:
            exemption = exemption_for(parts.config, each.control_id, resource_id, now)
            if exemption:
                yield exemption.expires


def _unknown_untold(rulings: Iterable[Ruling]) -> Iterable[datetime]:
    states = (each.state for each in rulings)
    return (each.unknown_since for each in states if each.unknown_since and not each.unknown_told)
