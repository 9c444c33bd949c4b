"""Everything that the state holds about one resource; only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from cli.explanation.deliveries import Delivery, deliveries_of, standalone_deliveries
from drift import ids
from drift.changes.confirmation import confirmation_cause
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.config.model import Timing
from drift.controls.monitor_controls import BLIND
from drift.errors import NotUnderstood
from drift.observation.throttle_gate import dependency_of, open_from
from drift.ports import Row, Store
from drift.queues.outbound import MessageKind
from drift.state import keys, paging
from drift.state.due_text import due_text_of
from drift.state.incident_record import Incident, load_incident
from drift.state.keys import RowKind
from drift.state.resource_record import Record, load_record

MOST_ENDED: Final = 5
"""How many ended incidents are shown; the others are counted."""

_MOST_DUE: Final = 5000
"""How many due rows of a partition are searched; the earliest come first."""

_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"

_DUE_TEXTS: Final = {
    MessageKind.CONTEXT: "activity log: search for other writes of the actor",
    MessageKind.LINKS: "follow-up: evaluate the resources that the last write linked or unlinked",
    MessageKind.MOVING: "move: look for resources that have a new id",
}
"""Kinds of due rows shown besides those of the record; rows of deliveries are shown with the deliveries."""


@dataclass(frozen=True, slots=True)
class DueTime:
    """Something that is due: its reason, its time, and a text."""

    reason: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A source that asked to wait: no read of it is made before ``until``."""

    dependency: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that cannot be read for the resource; ``is_reported``: MONITOR-BLIND is open."""

    dependency: str
    since: datetime
    is_reported: bool


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident and its delivery state for each channel."""

    incident: Incident
    deliveries: tuple[Delivery, ...]

    @property
    def is_open(self) -> bool:
        """Tell whether it is open."""
        return self.incident.closure is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The stored data of one resource, at ``now``.

    ``standalone`` are deliveries of notices that belong to no incident; ``not_understood`` names what
    another version wrote. ``is_watched``: its subscription is in MONITORED_SUBSCRIPTIONS.
    """

    now: datetime
    record: Record
    incidents: tuple[StoredIncident, ...] = ()
    more_ended: int = 0
    standalone: tuple[Delivery, ...] = ()
    due: tuple[DueTime, ...] = ()
    gates: tuple[Gate, ...] = ()
    outages: tuple[Outage, ...] = ()
    not_understood: tuple[str, ...] = ()
    is_watched: bool = True

    @property
    def read_at(self) -> datetime | None:
        """Return when Azure answered the last read that showed the resource."""
        at = self.record.documents.get(ids.key(self.record.id))
        return bounds.later(at, MARGIN) if at else None

    def open_incident(self, control_id: str) -> Incident | None:
        """Return the open incident of a control."""
        found = (each.incident for each in self.incidents if each.is_open)
        return next((each for each in found if each.control_id == control_id), None)


def stored_of(store: Store, resource_id: str, now: datetime, timing: Timing) -> Stored | None:
    """Return the stored data of a resource, None for nothing; raise NotUnderstood, StoreUnavailable."""
    stored = load_record(store, resource_id)
    if not stored.etag:
        return None
    record = stored.record
    incidents, not_understood = _incidents(store, record.id, now)
    ended = [each for each in incidents if not each.is_open]
    shown = [*(each for each in incidents if each.is_open), *ended[:MOST_ENDED]]
    return Stored(
        now=now,
        record=record,
        incidents=tuple(shown),
        more_ended=max(0, len(ended) - MOST_ENDED),
        standalone=standalone_deliveries(store, record, now),
        due=tuple(sorted(_due(store, record, timing), key=lambda each: each.at)),
        gates=tuple(_gates(store, record, now)),
        outages=tuple(_outages(store, record)),
        not_understood=not_understood,
    )


def evaluated_with(store: Store, resource_id: str) -> str:
    """Return the id of the nearest resource above that is stored, "" for none."""
    above = islice(ids.lineage(resource_id), 1, None)
    return next((each for each in above if _is_stored(store, each)), "")


def _is_stored(store: Store, resource_id: str) -> bool:
    key = keys.row_key(RowKind.RESOURCE, keys.digest(resource_id))
    return store.get(keys.partition(resource_id), key) is not None


def _incidents(
    store: Store, resource_id: str, now: datetime
) -> tuple[list[StoredIncident], tuple[str, ...]]:
    """Return the incidents, the newest first, and the keys of those that another version wrote."""
    place = keys.below(RowKind.INCIDENT, keys.digest(resource_id))
    found, refused = [], []
    for row in paging.all_rows(store, keys.partition(resource_id), *place):
        control_id, number = row.key.split("|")[-2:]
        try:
            incident = load_incident(store, resource_id, control_id, int(number))
        except NotUnderstood:
            refused.append(f"incident {control_id} {int(number)}")
            continue
        if incident:
            found.append(StoredIncident(incident, deliveries_of(store, incident, now)))
    found.sort(key=lambda each: each.incident.opened_at, reverse=True)
    return found, tuple(refused)


def _due(store: Store, record: Record, timing: Timing) -> Iterator[DueTime]:
    cause = confirmation_cause(record, timing)
    for reason, at in record.due.items():
        yield DueTime(reason, at, due_text_of(reason, cause))
    rows = paging.all_rows(store, keys.partition(record.id), *keys.below(RowKind.DUE))
    digest = keys.digest(record.id)
    for row in islice(rows, _MOST_DUE):
        _, stamp, kind, *names = row.key.split("|")
        if digest in names and kind in _DUE_TEXTS:
            at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            yield DueTime(kind, at, f"{_DUE_TEXTS[MessageKind(kind)]}{_control_of(row)}")


def _control_of(row: Row) -> str:
    control = row.data.get("control")
    return f", for {control}" if isinstance(control, str) else ""


def _gates(store: Store, record: Record, now: datetime) -> Iterator[Gate]:
    """Yield the gates that stop reads of the resource, or of documents on which its verdicts are based."""
    named = (record.id, *record.documents)
    for dependency in sorted({dependency_of(each) for each in named} | record.failing.keys()):
        first = keys.row_key(RowKind.GATE, keys.digest(dependency))
        for row in store.range(keys.partition(dependency), first, f"{first}~"):
            until = open_from(row)
            if until > now:
                yield Gate(dependency, until)


def _outages(store: Store, record: Record) -> Iterator[Outage]:
    for dependency, since in record.failing.items():
        key = keys.row_key(RowKind.OPEN, keys.digest(dependency), BLIND.id)
        reported = store.get(keys.partition(dependency), key) is not None
        yield Outage(dependency, since, reported)
