"""The input and the result of a decision about one control's verdict."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift import ids
from drift.config.model import Route, Timing
from drift.events import Event
from drift.incidents.lifecycle import Transition
from drift.incidents.read_times import ReadTimes
from drift.model import Control
from drift.notices import Difference, Found
from drift.observation.snapshot import differences
from drift.outbox import first_pages
from drift.outbox.entry import Moment, OutboxEntry
from drift.ports import Channel, Write
from drift.services import AppInfo, Services
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState
from drift.state.sweep_state import find_sweep_of_any_version


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """The state on record and the circumstances of a new verdict.

    ``events`` are those that no read has proved yet: one of them may be the cause. ``reads`` has
    the read times (None: the verdict is about the monitor itself). ``before`` and ``after`` are the
    watched properties at the last read and now (``before`` None: never read). ``rules_changed``:
    the configuration differs from that of the last verdict. ``certain``: the verdict is about the
    monitor itself, so no replica can lag. ``doubtful``: some read failed. ``began`` is the start of
    the evaluation, by our clock; ``answered`` are the times of the answers on which the verdicts
    are based, by Azure's clock; ``answered_now`` are those on which no earlier verdict was based.
    ``found`` is how a failure was found, ``origin`` the id of the resource before a move, or "". A
    control without a state numbers its incidents from ``numbers_after`` + 1. ``overtaken``: an
    event may have changed a document that was not read now.
    """

    resource_id: str
    states: Mapping[str, ControlState]
    open: Mapping[str, Incident]
    events: tuple[Event, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    rules_changed: bool
    moment: Moment
    began: datetime
    answered: tuple[datetime, ...] = ()
    answered_now: tuple[datetime, ...] = ()
    certain: bool = False
    reads: ReadTimes | None = None
    found: Found = Found.EVENT
    origin: str = ""
    doubtful: bool = False
    overtaken: bool = False
    numbers_after: int = 0

    def differences(self, control: Control) -> tuple[Difference, ...]:
        """Return what a control watches and what differs from the last evaluation, () in the first."""
        return differences(self.before, self.after, control) if self.before is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext:
    """The context of a decision: settings, channels, and lookups.

    ``control`` returns a control by its id and the resource that it judged. ``is_digest_pending`` is
    True while the digest of the initial scan, which will name this resource's failures, is still to
    come; ``may_page_alone`` is True until so many failures of that scan have paged that the others
    share one page.
    """

    app: AppInfo
    timing: Timing
    channels: tuple[Channel, ...]
    routes: tuple[Route, ...]
    control: Callable[[str, str], Control]
    is_digest_pending: Callable[[str], bool]
    may_page_alone: Callable[[str], bool]

    @classmethod
    def of(cls, services: Services) -> "DecisionContext":
        """Return the context of every decision about a resource."""

        def is_digest_pending(resource_id: str) -> bool:
            subscription, now = ids.subscription_of(resource_id), services.clock()
            sweep, _ = find_sweep_of_any_version(services.store, subscription, now)
            return sweep is not None and sweep.lists_in_digest(now)

        return cls(
            app=services.facts,
            timing=services.config.timing,
            channels=services.channels,
            routes=services.config.routes,
            control=services.control,
            is_digest_pending=is_digest_pending,
            may_page_alone=functools.partial(first_pages.may_page_alone, services.store),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of one verdict; ``incident`` was opened, changed or closed, or is None.

    ``entry`` is the outbox entry of the change, None if nothing is sent. ``writes`` are the rows to
    store.
    """

    control_id: str
    step: Transition
    state: ControlState
    writes: tuple[Write, ...] = ()
    entry: OutboxEntry | None = None
    incident: Incident | None = None


def opened_incidents(decisions: Iterable[Decision]) -> Iterator[Incident]:
    """Yield the incidents that the decisions opened."""
    return (each.incident for each in decisions if each.step is Transition.OPENED and each.incident)


def changed_incidents(decisions: Iterable[Decision]) -> Iterator[Incident]:
    """Yield the incidents that the decisions opened or ended."""
    steps = (Transition.OPENED, Transition.ENDED)
    return (each.incident for each in decisions if each.step in steps and each.incident)
