"""An outbox entry, and the moment of the decision that it carries."""

from dataclasses import dataclass
from datetime import datetime

from drift.ports import Write
from drift.queues.outbound import Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a resource was read and evaluated, and the id of the event that caused it ("" for none)."""

    read_at: datetime
    decided_at: datetime
    event_id: str = ""
    event_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """The outbox rows of a change, and the messages that ask for their delivery."""

    writes: tuple[Write, ...]
    outbound: Outbound
