"""An outbox entry, and the moment of the decision that it carries."""

from dataclasses import dataclass, replace
from datetime import datetime

from drift.notices import Notice
from drift.ports import Write
from drift.queues.outbound import Outbound
from drift.state.attribution_record import PossibleCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a resource was read and evaluated, and the id of the event that caused it ("" for none)."""

    read_at: datetime
    decided_at: datetime
    event_id: str = ""
    event_at: datetime | None = None

    def of(self, write: PossibleCause | None) -> "Moment":
        """Return the moment with the event of the named write, if there is one."""
        return replace(self, event_id=write.event_id, event_at=write.at) if write else self


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """The outbox rows of a change, the messages that ask for their delivery, and what they deliver."""

    writes: tuple[Write, ...]
    outbound: Outbound
    notice: Notice
    channels: tuple[str, ...]
