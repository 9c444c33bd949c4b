"""Close everything of a resource whose subscription, tenant or group the settings no longer name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from drift import ids
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.incidents.closing import end_incidents, unwatched_ending
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.enrichment import open_incidents
from drift.incidents.transition_log import trace_decisions
from drift.observation.related_cache import drop_cached_reads
from drift.outbox.entry import Moment
from drift.ports import Delete, Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring import monitor_blind
from drift.state import keys, known_resources
from drift.state.batch import one_write_per_key
from drift.state.due_rows import cancel
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.update import retry_on_conflict


def stop_watching(
    store: Store, context: DecisionContext, resource_id: str, *, now: datetime, due_key: str = ""
) -> Outbound:
    """Close the incidents of a resource with this reason, and delete all its due rows."""
    spent: list[Write] = [Delete(due_key)] if due_key else []

    def attempt() -> tuple[StoredRecord, Sequence[Decision], Outbound]:
        stored = load_record(store, resource_id)
        if not stored.etag:  # nothing was ever known of it
            store.commit(keys.partition(resource_id), spent)
            return stored, [], Outbound()
        decisions = _endings(store, context, stored, now)
        record, cancelled = cancel(_forgotten(stored.record, decisions, now), stored.record.due)
        blind = monitor_blind.note_blindness(
            store, stored.record, record, now=now, timing=context.timing
        )
        writes = [
            *spent,
            *cancelled,
            *(write for each in decisions for write in each.writes),
            drop_cached_reads(record.id),
            known_resources.forget_row(record.id),
            StoredRecord(record, stored.etag, None).put(),
        ]
        store.commit(keys.partition(record.id), one_write_per_key(writes))
        return stored, decisions, blind

    stored, decisions, blind = retry_on_conflict(resource_id, attempt)
    trace_decisions(stored.record.id, decisions, timing=context.timing, event_id="", read_at=None)
    told = (each.entry.outbound for each in decisions if each.entry)
    return sum(told, Outbound()) + blind


def _endings(
    store: Store, context: DecisionContext, stored: StoredRecord, now: datetime
) -> list[Decision]:
    record = stored.record
    inputs = DecisionInput(
        resource_id=record.id,
        states=record.controls,
        open=open_incidents(store, record),
        events=(),
        before=None,
        after={},
        rules_changed=False,
        moment=Moment(read_at=_last_read(record) or now, decided_at=now),
        began=now,
    )
    ending = unwatched_ending(record.id)
    return end_incidents(context, inputs, record.controls, ending)


def _last_read(record: Record) -> datetime | None:
    """Return when the resource was last read: nothing is read in order to close it."""
    at = record.documents.get(ids.key(record.id))
    return bounds.later(at, MARGIN) if at else None


def _forgotten(record: Record, decisions: Sequence[Decision], now: datetime) -> Record:
    """Return the record without any reason to read; a reader at work stores nothing more.

    The PHI scope is kept until the record is deleted, because the resource may be watched again.
    """
    return replace(
        record,
        controls={**record.controls, **{each.control_id: each.state for each in decisions}},
        served=record.wanted,
        looked=record.wanted,
        reader="",
        reading_until=None,
        lost=0,
        pending=(),
        suspects=(),
        owed={},
        documents={},
        contents={},
        unfinished=(),
        unfinished_reads=0,
        quick=(),
        quick_at=(),
        failing={},
        gone_at=None,
        deletion=False,
        ended_at=record.ended_at or now,
        attempts=0,
    )
