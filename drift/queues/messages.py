"""The queue messages that the monitor sends to itself, one type for each kind.

A due row may hold such a message. ``due`` is then the key of that row, else ""; the row is deleted
when the message is handled. Fields may be added, with a default, and are never renamed.
"""

from dataclasses import dataclass
from datetime import datetime

from drift.events import Event, Fanout
from drift.queues.outbound import MessageKind
from drift.queues.own_message import OwnMessage, RowMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeMessage(RowMessage):
    """Evaluate a resource again: a confirmation read, a retry or a poll is due.

    A ``reason`` makes it due first, where its record could not be read when that was asked for.
    """

    KIND = MessageKind.WAKE

    resource: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindMessage(RowMessage):
    """Count again the resources that cannot be evaluated because a dependency fails.

    ``at_once``: also where they were counted a moment ago.
    """

    KIND = MessageKind.BLIND

    dependency: str
    resource: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage(RowMessage):
    """Count again the messages that a channel refuses; ``took``: it has just accepted one."""

    KIND = MessageKind.CHANNEL

    channel: str
    home: str
    took: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextMessage(RowMessage):
    """Query the activity log for an incident; ``refused`` counts its refusals so far."""

    KIND = MessageKind.CONTEXT

    resource: str
    control: str
    number: int
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestigateMessage(RowMessage):
    """Ask who used a resource while one opening of an incident exposed it; ``step`` counts the times.

    ``since`` and ``until`` are the window as it was then, None where that was not known.
    """

    KIND = MessageKind.INVESTIGATE

    resource: str
    control: str
    number: int
    opened_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepMessage(RowMessage):
    """Continue the sweep of a subscription."""

    KIND = MessageKind.SWEEP

    subscription: str
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksMessage(RowMessage):
    """Evaluate documents that a write linked or unlinked; the due row is in the partition of ``home``."""

    KIND = MessageKind.LINKS

    home: str
    documents: tuple[str, ...]
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneMessage(RowMessage):
    """Delete a due row whose messages are all on the queue, and the row ``row_key`` with it."""

    KIND = MessageKind.DONE

    home: str
    row_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingMessage(RowMessage):
    """Find the resources that were moved out of a group, and their new ids."""

    KIND = MessageKind.MOVING

    group: str
    tries: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedMessage(OwnMessage):
    """Evaluate a moved resource under its new ids."""

    KIND = MessageKind.ARRIVED

    event: Event
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftMessage(OwnMessage):
    """Close the incidents of a moved resource under its old id."""

    KIND = MessageKind.LEFT

    event: Event
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMessage(RowMessage):
    """Send a channel the changes of an incident that it has not received; ``net`` is a redelivery row."""

    KIND = MessageKind.DELIVER

    resource: str
    control: str
    number: int
    channel: str
    net: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadMessage(RowMessage):
    """Send again the deliveries of a change, decided at a time, that no sender is working on."""

    KIND = MessageKind.SPREAD

    resource: str
    control: str
    number: int
    sequence: int = 0
    channels: tuple[str, ...] = ()
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredMessage(RowMessage):
    """Read again a message that this version or an older one did not understand."""

    KIND = MessageKind.DEFERRED

    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FanningMessage(RowMessage):
    """Evaluate the next dependents of a document; ``again``: the replicas have caught up since.

    ``shown`` is a hash of what the group or subscription showed when it was read for this walk, "" before.
    """

    KIND = MessageKind.FANNING

    fanout: Fanout
    again: bool = False
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMessage(RowMessage):
    """Make due the resources whose verdicts a new configuration may change, after the row ``after``.

    ``config`` is the hash of that configuration, ``shard`` the present partition. ``unwatched``:
    the walk is about MONITORED_SUBSCRIPTIONS, and closes resources that are in none of them.
    """

    KIND = MessageKind.CONFIG

    config: str
    shard: str = ""
    after: str = ""
    unwatched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseMessage(RowMessage):
    """Send again what channels refused under other settings; ``channels`` is the hash of the new ones."""

    KIND = MessageKind.RELEASE

    channels: str
    shard: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMessage(OwnMessage):
    """Record that a queue has reached the messages that were put on it at a time."""

    KIND = MessageKind.MARK

    queue: str
    asked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage(RowMessage):
    """Handle a message that is too large for a queue; ``handled``: it is done, delete its rows."""

    KIND = MessageKind.STORED

    mark: str
    handled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetMessage(RowMessage):
    """Delete the ``uses`` rows of a deleted resource."""

    KIND = MessageKind.FORGET

    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeMessage(RowMessage):
    """Continue the walk that deletes old rows: in a partition, after a row of a kind.

    ``step`` counts the messages of all walks: a message that comes twice does nothing.
    """

    KIND = MessageKind.AGE

    step: int
    shard: str = ""
    rows: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage(RowMessage):
    """Handle a change that only a log reports; the due row is in partition META."""

    KIND = MessageKind.LOGGED

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMessage(RowMessage):
    """Write the waiting records of a partition to the evidence log, and sign it if that is due."""

    KIND = MessageKind.EVIDENCE

    shard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindMessage(RowMessage):
    """Send reminders of due notices, by the breach clock of an incident."""

    KIND = MessageKind.REMIND

    resource: str
    control: str
    number: int
