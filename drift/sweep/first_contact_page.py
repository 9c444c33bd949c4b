"""The page of a first scan: one for all critical PHI failures that did not page alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from drift import ids
from drift.codec import text_in, texts_in
from drift.controls.monitor_controls import CONTACT
from drift.controls.result import ControlResult
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.model import Evidence, Outcome, Severity, Verdict
from drift.notices import Change
from drift.outbox import first_pages
from drift.outbox.append import append_standalone
from drift.outbox.entry import Moment
from drift.ports import Store
from drift.queues.outbound import Outbound
from drift.services import AppInfo
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep

_NAMED: Final = 24
"""Failures that a page names; with the line that counts the others, they fill PagerDuty's 25 lines."""

_PHI: Final = "the failing resources may hold PHI"


@dataclass(slots=True)
class _Failures:
    """What one page stands for: failures by control, the first ones by name, and who is paged."""

    counted: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    channels: dict[str, None] = field(default_factory=dict)

    def add(self, resource: str, control: str, channels: tuple[str, ...]) -> None:
        self.counted[control] += 1
        self.channels |= dict.fromkeys(channels)
        if len(self.named) < _NAMED:
            self.named.append(f"{control} on {ids.last_pair_of(resource)}")

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the failures by name, and how many are not named."""
        others = self.counted.total() - len(self.named)
        return (*self.named, *((f"and {others} more: the SIEM has each",) if others else ()))


def store_page(store: Store, app: AppInfo, sweep: Sweep, *, now: datetime) -> Outbound:
    """Store one page for all open failures of a first scan that did not page alone; return it.

    It belongs to no incident, so no all-clear ends it: people close it by hand, as its runbook says.
    Each failure has its own incident, which pages when the failure changes.
    """
    subscription = sweep.subscription
    failures = _Failures()
    for resource, control, channels in _not_paged(store, subscription):
        failures.add(resource, control, channels)
    message = Outbound()
    if failures.counted:
        subject = (
            f"/subscriptions/{subscription}/providers/phidrift/firstcontacts/"
            f"{subscription}-page-{sweep.run}"
        )
        scope = Scope(None, _PHI)
        result = ControlResult(CONTACT, _verdict(failures.counted), Severity.CRITICAL, scope)
        entry = append_standalone(
            app,
            result,
            subject,
            moment=Moment(read_at=now, decided_at=now),
            sequence=1,
            change=Change.OPENED,
            channels=tuple(failures.channels),
            context=failures.lines,
        )
        store.commit(keys.partition(subject), list(entry.writes))
        message = entry.outbound
    first_pages.forget(store, subscription)
    return message


def _not_paged(store: Store, subscription: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the resource, the control and the pagers of each failure that is open and was not paged alone."""
    for row in first_pages.paged_together(store, subscription):
        with suppress(NotUnderstood):  # that of another version stands in that version's page
            resource, control = text_in(row.data, "resource"), text_in(row.data, "control")
            key = keys.row_key(RowKind.OPEN, keys.digest(resource), control)
            if store.get(keys.partition(resource), key):
                yield resource, control, texts_in(row.data, "channels")


def _verdict(counted: Mapping[str, int]) -> Verdict:
    count = sum(counted.values())
    more = f"{count} more critical failure{'' if count == 1 else 's'}"
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return Verdict(
        Outcome.FAIL,
        f"The first scan found {more} where PHI may be held. {first_pages.AT_MOST} others have a page of "
        "their own. Close this page by hand when all are repaired.",
        tuple(Evidence(f"{control} (critical)", number, "0") for control, number in ordered),
    )
