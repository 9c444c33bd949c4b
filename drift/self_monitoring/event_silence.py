"""Report a subscription without events although its resources change, as MONITOR-SELF.

A quiet subscription has no events either. So the end of a sweep decides: if the sweep found a
change that an event should have reported, and no event of the subscription has arrived since the
previous sweep, then Event Grid does not deliver. The report ends with the next event.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.codec import number_in, text_in
from drift.controls.monitor_controls import SELF
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Verdict
from drift.notices import Found
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.last_event import last_event_of, note_first
from drift.services import Services
from drift.state import due_rows, keys, paging
from drift.state.incident_record import load_incident
from drift.state.keys import RowKind
from drift.state.resource_record import load_record
from drift.state.sweep_state import Phase, Sweep, find_sweep

_TYPE: Final = "phidrift/deliveries"
_CHECKED_EVERY: Final = timedelta(minutes=5)
_LATE: Final = timedelta(minutes=15)
"""How late an event may be: the change that the sweep found may be very recent."""

_NAMED: Final = 20
"""Maximum number of changes that the report names."""

_PHI: Final = Scope(None, "the changed resources may hold PHI")
_FIX: Final = Fix(
    note="Check whether MONITOR-SELF fails on the subscription itself, whether the function app "
    "answers, and how many events the metrics of topic phidrift-changes count as failed or "
    "dead-lettered. infra/scripts/send_test_event.py tests the path of an event."
)


def subject_of(subscription: str) -> str:
    """Return the id that stands for the delivery of a subscription's events."""
    return f"/subscriptions/{subscription}/providers/{_TYPE}/events"


def is_silence(dependency: str) -> bool:
    """Tell whether a dependency stands for the delivery of events."""
    return ids.type_of(dependency) == _TYPE


def decide_after(store: Store, after: Sweep, now: datetime) -> None:
    """Store the due row that decides when a sweep has ended and late events have had their time.

    It is stored before the end of the sweep, so that no crash loses it; one more row decides the same.
    """
    if after.phase is Phase.DONE:
        subject = subject_of(after.subscription)
        store.commit(keys.partition(subject), [_check(subject, now + _LATE)])


def on_event_silence(services: Services, subject: str, due_key: str) -> Outbound:
    """Open, update or close the incident, and check again while it is open."""
    store, subscription = services.store, ids.subscription_of(subject)
    done: list[Write] = [Delete(due_key)] if due_key else []
    note_first(store, subscription, services.clock())

    def assess() -> Report | None:
        return _report(services, subscription, subject)

    report = assess()
    if report is None:
        store.commit(keys.partition(subject), done)
        return Outbound()
    if report.verdict.outcome is Outcome.FAIL:
        done.append(_check(subject, services.clock() + _CHECKED_EVERY))
    return SelfReporter.of(services).apply(subject, SELF, assess, done=done)


def _report(services: Services, subscription: str, subject: str) -> Report | None:
    """Return whether events arrive; None if nothing is open and nothing shows a problem."""
    is_open = _is_open(services.store, subject)
    if not services.is_watched(f"/subscriptions/{subscription}"):
        why = f"Subscription {subscription} is no longer watched."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI) if is_open else None
    last = last_event_of(services.store, subscription)
    sweep = _last_sweep(services.store, subscription)
    if last is None or sweep is None or sweep.since is None:
        return None
    if last >= sweep.since:
        why = (
            f"Events of subscription {subscription} arrive again: the last one at {_moment(last)}."
        )
        return Report(Verdict(Outcome.PASS, why), _PHI) if is_open else None
    missed = tuple(_missed(services.store, sweep))
    if not missed and not is_open:
        return None
    why = (
        f"No event of subscription {subscription} has arrived since {_moment(last)}, although "
        "resources in it change: the sweep found a change that an event should have reported. "
        "Until events arrive, only sweeps find changes."
    )
    shown = tuple(Evidence(f"missed[{each}]", "no event", "an event") for each in missed[:_NAMED])
    return Report(Verdict(Outcome.FAIL, why, shown, fix=_FIX), _PHI)


def _is_open(store: Store, subject: str) -> bool:
    state = load_record(store, subject).record.controls.get(SELF.id)
    return state is not None and state.open


def _last_sweep(store: Store, subscription: str) -> Sweep | None:
    try:
        state, _ = find_sweep(store, subscription)
    except NotUnderstood:
        return None
    return state


def _missed(store: Store, sweep: Sweep) -> Iterator[str]:
    """Yield the resources whose change this sweep found without an event.

    A failure without a difference came with time, such as an expired key, and is not a change.
    """
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(store, shard, *keys.below(RowKind.OPEN)):
            try:
                if _is_of(row, sweep) and _has_changed(store, row):
                    yield text_in(row.data, "resource")
            except NotUnderstood:
                continue  # that of another version is counted by that version


def _is_of(row: Row, sweep: Sweep) -> bool:
    if row.data.get("found") != Found.MISSED.value:
        return False
    opened = datetime.fromisoformat(text_in(row.data, "opened"))
    resource = text_in(row.data, "resource")
    return opened >= sweep.started and ids.subscription_of(resource) == sweep.subscription


def _has_changed(store: Store, row: Row) -> bool:
    resource, control = text_in(row.data, "resource"), text_in(row.data, "control")
    incident = load_incident(store, resource, control, int(number_in(row.data, "number")))
    return incident is not None and bool(incident.differences)


def _check(subject: str, at: datetime) -> Put:
    message = BlindMessage(dependency=subject, resource=subject)
    return due_rows.due_put(message, at, keys.digest(subject))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
