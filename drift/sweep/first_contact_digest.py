"""The digest: one message to people about all findings of the first scan of a subscription."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from drift import ids
from drift.codec import member, text_in
from drift.controls.monitor_controls import CONTACT
from drift.controls.result import ControlResult
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.incidents.transition_log import trace_standalone
from drift.model import Evidence, Outcome, Severity, Verdict
from drift.notices import Change, Found
from drift.outbox import routing
from drift.outbox.append import append_standalone
from drift.outbox.entry import Moment
from drift.ports import Channel, Row, Store
from drift.queues.outbound import Outbound
from drift.services import AppInfo
from drift.state import keys, paging
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep

_NAMED: Final = 10
"""How many failures a digest names."""


_PHI: Final = "the failing resources may hold PHI"


def store_digest(
    store: Store, app: AppInfo, sweep: Sweep, *, channels: Iterable[Channel], now: datetime
) -> Outbound:
    """Store one message to people about what a first sweep found; return it.

    It holds at most one page of rows in memory. Each run has its own message: a subscription that
    is watched again, or that was not seen completely, has more than one first sweep.
    """
    subscription = sweep.subscription
    counted = Counter(
        (str(each.data["control"]), _severity(each)) for each in _found(store, subscription)
    )
    people = routing.people(channels)
    if not counted or not people:
        return Outbound()
    subject = f"/subscriptions/{subscription}/providers/phidrift/firstcontacts/{subscription}"
    severity = max((each for _, each in counted), key=lambda each: each.rank)
    result = ControlResult(CONTACT, _verdict(counted), severity, Scope(None, _PHI))
    entry = append_standalone(
        app,
        result,
        subject,
        moment=Moment(read_at=now, decided_at=now),
        sequence=sweep.run,
        change=Change.OPENED,
        channels=people,
        context=_worst(_found(store, subscription)),
    )
    store.commit(keys.partition(subject), list(entry.writes))
    trace_standalone(subject, entry, "the first scan of the subscription is complete")
    return entry.outbound


def _found(store: Store, subscription: str) -> Iterator[Row]:
    """Yield the rows of the incidents that are open since the first scan of a subscription."""
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(store, shard, *keys.below(RowKind.OPEN)):
            if row.data.get("found") != Found.FIRST_CONTACT.value:
                continue
            with suppress(NotUnderstood):  # that of another version is in that version's digest
                if ids.subscription_of(_digested(row)) == subscription:
                    yield row


def _digested(row: Row) -> str:
    """Return the resource of a row for the digest; raise NotUnderstood."""
    resource, _, _ = (text_in(row.data, each) for each in ("resource", "control", "severity"))
    return resource


def _verdict(counted: Mapping[tuple[str, Severity], int]) -> Verdict:
    by_severity = Counter[Severity]()
    for (_, severity), count in counted.items():
        by_severity[severity] += count
    counts = [f"{count} {each}" for each, count in sorted(by_severity.items(), key=_worst_first)]
    ordered = sorted(counted.items(), key=lambda each: (-each[0][1].rank, -each[1], each[0][0]))
    return Verdict(
        Outcome.FAIL,
        f"The first scan found {_counted(by_severity.total())}: {', '.join(counts)}.",
        tuple(
            Evidence(f"{control} ({severity})", count, "0")
            for (control, severity), count in ordered
        ),
    )


def _worst(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the most severe failures by name."""
    worst = heapq.nsmallest(
        _NAMED, rows, key=lambda each: (-_severity(each).rank, str(each.data["resource"]))
    )
    return tuple(f"{_severity(each)}: {each.data['control']} on {_name(each)}" for each in worst)


def _name(row: Row) -> str:
    """Return the last type and name of a resource, such as ``storageAccounts/records``."""
    return ids.last_pair_of(str(row.data["resource"]))


def _severity(row: Row) -> Severity:
    return member(Severity, row.data["severity"])


def _counted(number: int) -> str:
    return f"{number} existing failure{'' if number == 1 else 's'}"


def _worst_first(counted: tuple[Severity, int]) -> int:
    return -counted[0].rank
