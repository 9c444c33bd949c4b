"""Every type whose fields are stored or queued, found from those that are stored as a whole."""

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any, Final, cast, get_args, get_type_hints

from drift.arm.cached_read import CachedRead
from drift.breach_clock.record import ClockRecord
from drift.delivery.cursor import Cursor
from drift.events import KINDS
from drift.evidence_log.head import EvidenceHead
from drift.log_feed.cursor import LogCursor
from drift.log_feed.sign_ins import SignIns
from drift.notices import Heartbeat, Notice
from drift.observation.confirmation_budget import ConfirmationBudget
from drift.queues.decoding import OWN
from drift.queues.outbound import MessageKind
from drift.schedule.queue_marks import QueueProgress
from drift.self_monitoring.evidence_health import EvidenceRefusal
from drift.self_monitoring.monitor_blind import AffectedCount
from drift.self_monitoring.own_configuration import OwnConfiguration
from drift.self_monitoring.own_gaps import Running
from drift.state.due_rows import DueReason
from drift.state.incident_record import Incident
from drift.state.keys import RowKind
from drift.state.resource_record import Record
from drift.state.sweep_state import Sweep
from drift.state.watched_subscriptions import WatchedSubscriptions

WHOLE: Final = (
    *(Record, Incident, Notice, Heartbeat, Cursor, Sweep, CachedRead, ConfirmationBudget),
    *(ClockRecord, WatchedSubscriptions, AffectedCount, QueueProgress, LogCursor, EvidenceHead),
    *(Running, EvidenceRefusal, SignIns, OwnConfiguration),
    *KINDS.values(),
    *OWN.values(),
    *(RowKind, DueReason, MessageKind),
)


def stored_types() -> list[type]:
    """Return the dataclasses and enums that the stored types are made of, by name."""
    found: dict[str, type] = {}
    left: list[Any] = [*WHOLE]
    while left:
        each = left.pop()
        if isinstance(each, type) and each.__name__ not in found and _is_ours(each):
            found[each.__name__] = each
            left += _within(each)
    return [found[name] for name in sorted(found)]


def _is_ours(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, enum.StrEnum)


def _within(kind: type) -> Iterator[Any]:
    """Yield what the fields of a dataclass hold, whatever container they hold it in."""
    if dataclasses.is_dataclass(kind):
        left: list[Any] = [hint for name, hint in get_type_hints(kind).items() if name != "KIND"]
        while left:
            each = left.pop()
            left += get_args(each)
            yield each


def fields_of(kind: type) -> list[str]:
    """Return ``Type.field`` for a dataclass, ``Type=value`` for an enum."""
    if dataclasses.is_dataclass(kind):
        names = [each.name for each in dataclasses.fields(kind)]
        return [f"{kind.__name__}.{each}" for each in names if each != "extra"]
    return [f"{kind.__name__}={each.value}" for each in cast(type[enum.StrEnum], kind)]
