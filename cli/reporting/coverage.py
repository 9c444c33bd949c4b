"""What the monitor did not see, by the state: sweeps, unknown verdicts, unreadable sources, rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cli.reporting.period import Period
from cli.reporting.values import time_data
from drift.codec import text_in
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.state import keys, paging
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep, find_sweep

SWEPT = "swept in the period"
_NEVER = "no whole sweep is noted"
_BEFORE = "not swept in the period: the last whole sweep was before it"
_AFTER = "not known: only the last whole sweep is noted, and it was after the period"
_OTHER = "not known: another version of the monitor wrote the note"


def sweeps(
    store: Store, subscriptions: Iterable[str], watched: Mapping[str, datetime], period: Period
) -> list[Mapping[str, Any]]:
    """Return the known sweeps of each subscription that is or was watched."""
    names = dict.fromkeys((*subscriptions, *watched))
    return [_sweep(store, each, watched.get(each), period) for each in names]


def _sweep(
    store: Store, subscription: str, since: datetime | None, period: Period
) -> Mapping[str, Any]:
    try:
        sweep, _ = find_sweep(store, subscription)
    except NotUnderstood:
        return _line(subscription, since, None, _OTHER)
    return _line(subscription, since, sweep, _answer(sweep, period))


def _answer(sweep: Sweep | None, period: Period) -> str:
    at = sweep.last_good if sweep else None
    if at is None:
        return _NEVER
    if at in period:
        return SWEPT
    return _BEFORE if at < period.since else _AFTER


def _line(
    subscription: str, since: datetime | None, sweep: Sweep | None, answer: str
) -> Mapping[str, Any]:
    return {
        "subscription": subscription,
        "watchedSince": time_data(since),
        "lastWholeSweep": time_data(sweep.last_good) if sweep else None,
        "gaps": list(sweep.gaps) if sweep else [],
        "failingSince": time_data(sweep.failing_since) if sweep else None,
        "answer": answer,
    }


def unknown_now(store: Store) -> Mapping[str, Any]:
    """Return what is unknown, blind, undelivered or not understood at the time of the report."""
    verdicts: Counter[str] = Counter()
    oldest: dict[str, str] = {}
    for row in _rows(store, RowKind.UNKNOWN):
        control, since = _named(row, "control"), _named(row, "since")
        verdicts[control] += 1
        oldest[control] = min(oldest.get(control, since), since)
    blind = Counter(_named(row, "dependency") for row in _rows(store, RowKind.BLIND))
    return {
        "verdicts": [
            {"control": name, "count": count, "oldestSince": oldest[name]}
            for name, count in sorted(verdicts.items())
        ],
        "blind": [
            {"dependency": name, "resources": count} for name, count in sorted(blind.items())
        ],
        "undelivered": _count(store, RowKind.UNDELIVERED),
        "held": _count(store, RowKind.HELD),
        "notUnderstood": _count(store, RowKind.DEFERRED),
        "dropped": _count(store, RowKind.DROPPED),
    }


def _count(store: Store, kind: RowKind) -> int:
    return sum(1 for _ in _rows(store, kind))


def _rows(store: Store, kind: RowKind) -> Iterator[Row]:
    for shard in keys.PARTITIONS:
        yield from paging.all_rows(store, shard, *keys.below(kind))


def _named(row: Row, name: str) -> str:
    """Return a text of a row; a row of another version counts too."""
    try:
        return text_in(row.data, name)
    except NotUnderstood:
        return "not known"
