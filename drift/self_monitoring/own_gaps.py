"""Report that the monitor did not run for a while, as MONITOR-SELF: it missed the changes of that time.

Each ``tick`` stores its time. If the last stored time is old, nothing ran in between. The report
ends once each subscription was swept completely afterwards. An alert outside the monitor, on its
heartbeat, must report that the monitor is stopped now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import decode, encode, versioned
from drift.controls.monitor_controls import SELF
from drift.errors import Conflict, NotUnderstood
from drift.estate import Scope
from drift.extensible import Extensible
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Store, Write
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.state import due_rows, keys
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep, find_sweep
from drift.state.update import retry_on_conflict

SUBJECT: Final = "/providers/phidrift/monitors/clock"
"""Stands for the resource id in the incident of a gap."""

GAP: Final = timedelta(minutes=15)
"""A longer time without a tick is reported; a deployment or a restart takes less."""

_NOTED_EVERY: Final = timedelta(minutes=1)
_CHECKED_EVERY: Final = timedelta(minutes=5)

_KEY: Final = keys.row_key(RowKind.META, "running")
_SHARD: Final = keys.partition(SUBJECT)
_PHI: Final = Scope(None, "changes in that time may concern PHI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Extensible):
    """When the monitor ran last, and the gap after which no complete sweep has ended yet.

    ``told``: the incident of that gap was opened.
    """

    at: datetime
    stopped_from: datetime | None = None
    stopped_until: datetime | None = None
    told: bool = False

    def put(self, etag: str) -> Put:
        """Return the write of the row, which had this etag ("" for none)."""
        return Put(_KEY, versioned(encode(self)), etag)


def is_own(dependency: str) -> bool:
    """Tell whether a dependency stands for the monitor's own clock."""
    return dependency == SUBJECT


def note_running(store: Store, now: datetime) -> None:
    """Store that the monitor runs, at most once a minute; a gap before it is stored with its check."""
    try:
        running, etag = _find(store)
        if running is not None and now - running.at < _NOTED_EVERY:
            return
        store.commit(_SHARD, _noted(running, etag, now))
    except (Conflict, NotUnderstood):
        return  # another instance or version does it


def _noted(running: Running | None, etag: str, now: datetime) -> Sequence[Write]:
    if running is None:
        return [Running(at=now).put(etag)]
    if now - running.at < GAP:
        return [replace(running, at=now).put(etag)]
    stopped = replace(running, at=now, stopped_from=running.at, stopped_until=now, told=False)
    return [stopped.put(etag), _check(now)]


def not_swept(store: Store, subscriptions: Sequence[str]) -> tuple[str, ...]:
    """Return the subscriptions without a sweep that began after the last gap; none if there is no gap."""
    running, _ = _find(store)
    if running is None or running.stopped_until is None:
        return ()
    until = running.stopped_until
    return tuple(each for each in subscriptions if not _began(store, each, until))


def on_own_gap(reporter: SelfReporter, due_key: str) -> Outbound:
    """Open, update or close the incident of a gap, and check again while it is open."""
    done: list[Write] = [Delete(due_key)] if due_key else []
    store = reporter.store
    running, _ = _find(store)
    if running is None or running.stopped_until is None:
        store.commit(_SHARD, done)
        return Outbound()
    report = _report(reporter, running)
    is_over = report.verdict.outcome is Outcome.PASS
    if not is_over:
        done.append(_check(reporter.clock() + _CHECKED_EVERY))
    follow_up = reporter.apply(SUBJECT, SELF, lambda: report, done=done)
    retry_on_conflict(SUBJECT, lambda: _store_told(store, running, is_over=is_over))
    return follow_up


def _store_told(store: Store, seen: Running, *, is_over: bool) -> None:
    """Store that a gap was reported, or end it, unless another gap has been stored since."""
    running, etag = _find(store)
    if running is None or running.stopped_until != seen.stopped_until:
        return
    over = replace(running, stopped_from=None, stopped_until=None, told=False)
    store.commit(_SHARD, [(over if is_over else replace(running, told=True)).put(etag)])


def _report(reporter: SelfReporter, running: Running) -> Report:
    """Return the gap as a failure until it is reported and each subscription was swept after it."""
    start, end = _moment(running.stopped_from), _moment(running.stopped_until)
    if running.told and _is_made_up_for(reporter, running.stopped_until):
        why = (
            f"Each subscription was swept completely after the monitor started again ({end}): "
            "all failures that exist now were reported."
        )
        return Report(Verdict(Outcome.PASS, why), _PHI)
    why = (
        f"The monitor did not run, or could not store anything, from {start} to {end}: nothing was "
        "watched in that time. A sweep of each subscription finds the failures that exist now. "
        "Only the activity log shows a failure that began and ended in that time."
    )
    evidence = (Evidence(f"stopped[{start}]", f"until {end}", "no gap"),)
    return Report(Verdict(Outcome.FAIL, why, evidence), _PHI)


def _is_made_up_for(reporter: SelfReporter, until: datetime | None) -> bool:
    """Tell whether a sweep that began after the gap has seen all of each subscription."""
    return until is not None and all(
        (state := _began(reporter.store, each, until)) is not None
        and state.last_good is not None
        and state.last_good >= state.started
        for each in reporter.context.app.subscriptions
    )


def _began(store: Store, subscription: str, since: datetime) -> Sweep | None:
    """Return the sweep of a subscription if it began after a time."""
    try:
        state, _ = find_sweep(store, subscription)
    except NotUnderstood:
        return None
    return state if state is not None and state.started >= since else None


def _check(at: datetime) -> Put:
    message = BlindMessage(dependency=SUBJECT, resource=SUBJECT)
    return due_rows.due_put(message, at, keys.digest(SUBJECT))


def _find(store: Store) -> tuple[Running | None, str]:
    row = store.get(_SHARD, _KEY)
    return (decode(Running, row.data), row.etag) if row else (None, "")


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"
