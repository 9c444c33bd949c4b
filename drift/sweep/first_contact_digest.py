"""Tell people, in one message, what the first sweep of a subscription found."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from drift import ids
from drift.codec import member
from drift.controls.monitor_controls import CONTACT
from drift.controls.result import ControlResult
from drift.estate import Scope
from drift.model import Evidence, Outcome, Severity, Verdict
from drift.notices import Change, Found
from drift.outbox import routing
from drift.outbox.append import append_standalone
from drift.outbox.entry import Moment
from drift.ports import Row
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys, paging
from drift.state.keys import RowKind

_NAMED: Final = 10
"""Failures that a digest names."""


_PHI: Final = "the failing resources may hold PHI"


def digest(services: Services, subscription: str) -> Outbound:
    """Tell people, in one message, what the first scan of a subscription found; store it first.

    It holds at most one page of rows in memory.
    """
    counted = Counter(
        (str(each.data["control"]), _severity(each)) for each in _found(services, subscription)
    )
    people = routing.people(services.channels)
    if not counted or not people:
        return Outbound()
    subject = f"/subscriptions/{subscription}/providers/phidrift/firstcontacts/{subscription}"
    now = services.clock()
    severity = max((each for _, each in counted), key=lambda each: each.rank)
    judged = ControlResult(CONTACT, _verdict(counted), severity, Scope(None, _PHI))
    entry = append_standalone(
        services,
        judged,
        subject,
        moment=Moment(read_at=now, decided_at=now),
        sequence=1,
        change=Change.OPENED,
        channels=people,
        context=_worst(_found(services, subscription)),
    )
    services.store.commit(keys.partition(subject), list(entry.writes))
    return entry.outbound


def _found(services: Services, subscription: str) -> Iterator[Row]:
    """Yield the rows of the incidents that are open since the first scan of a subscription."""
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(services.store, shard, *keys.below(RowKind.OPEN)):
            there = ids.subscription_of(str(row.data["resource"])) == subscription
            if there and row.data.get("found") == Found.FIRST_CONTACT.value:
                yield row


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
    return "/".join(str(row.data["resource"]).rstrip("/").split("/")[-2:])


def _severity(row: Row) -> Severity:
    return member(Severity, row.data["severity"])


def _counted(number: int) -> str:
    return f"{number} existing failure{'' if number == 1 else 's'}"


def _worst_first(counted: tuple[Severity, int]) -> int:
    return -counted[0].rank
