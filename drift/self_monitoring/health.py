"""The monitor's own figures: due rows, undelivered messages, and unknown verdicts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import text_in, time_in
from drift.config.model import Config
from drift.controls.exceptions import exception_for
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.queues.outbound import MessageKind
from drift.self_monitoring.evidence_health import refusals
from drift.self_monitoring.last_event import last_event_at
from drift.self_monitoring.undelivered import undelivered
from drift.services import Services
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.sweep_state import find_sweep

_COUNTED: Final = 1000
"""Maximum number of rows counted per partition; beyond it the figure is a lower bound."""

_LATE: Final = timedelta(minutes=5)
"""If a due row is older, ``tick`` does not run or cannot write: it normally takes a row within 10 s."""


def health(services: Services) -> dict[str, Any]:
    """Return the figures of ``/api/health``; degraded: something is undelivered, unknown, blind or late."""
    store, now, timing = services.store, services.clock(), services.config.timing
    later = now + timing.requeue
    scheduled = list(_rows(store, f"{RowKind.DUE}|", _due_at(later)))
    held, deferred = _all(store, RowKind.HELD), _all(store, RowKind.DEFERRED)
    channels, given_up = {each.name for each in services.channels}, _all(store, RowKind.UNDELIVERED)
    missing = undelivered(store, channels, held, given_up, now=now, timing=timing)
    oldest = _oldest_undelivered((*missing.held, *deferred, *scheduled), now)
    unknowns = _unknowns(_all(store, RowKind.UNKNOWN), services.config, now)
    affected, records = _all(store, RowKind.BLIND), _all(store, RowKind.EVIDENCE)
    refused = refusals(store) if services.evidence else ()
    last_event, outage = last_event_at(store), timedelta(seconds=timing.channel_outage_seconds)
    degraded = (
        bool(missing.count > missing.old or deferred or unknowns.open)
        or not unknowns.accepts(affected)
        or oldest >= timing.channel_outage_seconds
        or any(row.key < _due_at(now - _LATE) for row in scheduled)
        or any(row.key < _recorded_at(now - outage) for row in records)
        or any(each.since <= now - outage for each in refused)
    )
    return {
        "status": "degraded" if degraded else "ok",
        "queues": {},
        "lastEvent": last_event.isoformat(timespec="seconds") if last_event else None,
        "due": sum(1 for row in scheduled if row.key < _due_at(now)),
        "undelivered": missing.count,
        "undeliveredOld": missing.old,
        "unknown": len(unknowns.open),
        "blind": sorted({_named(row, "dependency") for row in affected}),
        "notUnderstood": len(deferred),
        "oldestUndelivered": oldest,
        "lastSweep": {each: _last_sweep(store, each) for each in services.facts.subscriptions},
        "accepted": len(unknowns.accepted),
        "evidenceWaiting": len(records),
        "evidenceRefused": len(refused),
    }


@dataclass(frozen=True, slots=True)
class _Unknowns:
    """The rows of the unknown verdicts: those that an exception covers, and the others."""

    accepted: tuple[Row, ...]
    open: tuple[Row, ...]

    def accepts(self, affected: Iterable[Row]) -> bool:
        """Tell whether every unknown verdict of each affected resource is accepted."""
        resources = {_resource(row) for row in self.accepted} - {
            _resource(row) for row in self.open
        }
        return all(_resource(row) in resources for row in affected)


def _unknowns(rows: Iterable[Row], config: Config, now: datetime) -> _Unknowns:
    accepted: list[Row] = []
    others: list[Row] = []
    for row in rows:
        exemption = exception_for(config, _named(row, "control"), _resource(row), now)
        (accepted if exemption else others).append(row)
    return _Unknowns(tuple(accepted), tuple(others))


def _resource(row: Row) -> str:
    return _named(row, "resource")


def _named(row: Row, name: str) -> str:
    """Return a name in a row; a row of another version with another form counts too."""
    try:
        return text_in(row.data, name)
    except NotUnderstood:
        return "unknown"


def _oldest_undelivered(rows: Iterable[Row], now: datetime) -> int:
    """Return the age in seconds of the oldest change that waits for a channel, 0 if none waits."""
    ages = (now - since for row in rows if (since := _waits_since(row.data)))
    return int(max(ages, default=timedelta()).total_seconds())


def _waits_since(data: Mapping[str, Any]) -> datetime | None:
    """Return since when a change waits for a channel by this row, None if the row does not say it."""
    is_spread = data.get("kind") == MessageKind.SPREAD
    if not is_spread and "channel" not in data:
        return None
    try:
        return time_in(data, "decided_at" if is_spread else "since")
    except NotUnderstood:
        return None


def _last_sweep(store: Store, subscription: str) -> str | None:
    """Return when the last sweep of a subscription finished, None where none has, or is understood."""
    try:
        sweep, _ = find_sweep(store, subscription)
    except NotUnderstood:
        return None
    at = sweep.last_good if sweep else None
    return at.isoformat(timespec="seconds") if at else None


def _due_at(at: datetime) -> str:
    return keys.row_key(RowKind.DUE, keys.stamp(at))


def _recorded_at(at: datetime) -> str:
    return keys.row_key(RowKind.EVIDENCE, keys.stamp(at))


def _all(store: Store, kind: RowKind) -> tuple[Row, ...]:
    return tuple(_rows(store, *keys.below(kind)))


def _rows(store: Store, first: str, end: str) -> Iterator[Row]:
    for shard in keys.PARTITIONS:
        yield from store.range(shard, first, end, _COUNTED)
