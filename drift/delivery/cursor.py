"""The delivery cursor: which changes of an incident a channel has received, and the sender's claim."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import decode, encode, number_in, text_in, texts_in, versioned
from drift.errors import Conflict, NotUnderstood
from drift.extensible import Extensible
from drift.notices import HEARTBEAT
from drift.ports import Channel, Delete, Put, Row, Store, Write
from drift.queues.messages import DeliverMessage
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

_MOST_TIMES: Final = 200
"""How many times of delivery a cursor keeps for an incident."""

_DETAILS: Final = ("resource", "control", "number", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKey:
    """One incident and one channel.

    ``due`` is the key of the row that asked for the delivery. ``net`` is the key of the redelivery
    row, which stays until every channel has received the change or has its own row for it. Both are
    "" for none.
    """

    resource: str
    control: str
    number: int
    channel: str
    due: str = ""
    net: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "DeliveryKey":
        """Return the key that ``details`` put into a row; raise NotUnderstood."""
        resource, control, channel = (
            text_in(data, each) for each in ("resource", "control", "channel")
        )
        number = number_in(data, "number")
        return cls(resource=resource, control=control, number=number, channel=channel)

    @property
    def before(self) -> "DeliveryKey":
        """Return the key of the previous opening; its number is below 1 where there is none."""
        return replace(self, number=self.number - 1, due="", net="")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the part that the keys of all rows of the incident share, after their kind."""
        return keys.digest(self.resource), self.control, keys.numbered(self.number)

    @property
    def partition(self) -> str:
        """Return the partition of the incident's rows."""
        return keys.partition(self.resource)

    @property
    def key(self) -> str:
        """Return the key of the cursor row."""
        return keys.row_key(RowKind.CURSOR, *self.names, self.channel)

    @property
    def held_key(self) -> str:
        """Return the key of the row that says that the channel does not take this incident."""
        return keys.row_key(RowKind.HELD, self.channel, *self.names)

    @property
    def is_heartbeat(self) -> bool:
        """Tell whether these are heartbeats: each replaces the previous one, sent or not."""
        return self.control == HEARTBEAT

    @property
    def details(self) -> dict[str, Any]:
        """Return the fields by which a row or a message names this incident and channel."""
        return {name: getattr(self, name) for name in _DETAILS}

    @property
    def message(self) -> str:
        """Return the message that asks for the delivery at once."""
        return DeliverMessage(**self.details, due=self.due, net=self.net).text


def _sequence_in(name: str) -> int:
    """Return the sequence that a key of ``times`` has, 0 for one that this version does not know."""
    try:
        return int(name)
    except ValueError:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor(Extensible):
    """What a channel received of an incident: ``told`` is the last sequence, ``times`` when each was sent.

    ``told`` may lie beyond the last of ``times``: a change that was given up counts as told.
    ``heard``: by the last message to the channel the incident is open. ``claim`` names the sender
    that has claimed the cursor until ``claimed_until``. ``attempts`` counts failed sends in a row.
    ``failing_since`` is the time of the first of them, while the channel may work later.
    ``held_since`` is when the channel first rejected the change. ``fingerprint`` is that of the
    settings of the last failure or rejection ("": the channel has no settings). ``deferred_since``
    is when the next change began to wait for a version that understands it.
    """

    told: int = 0
    heard: bool = False
    times: dict[str, datetime] = field(default_factory=dict)
    claim: str = ""
    claimed_until: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    held_since: datetime | None = None
    fingerprint: str = ""
    deferred_since: datetime | None = None
    failing_since: datetime | None = None

    def times_with(self, sequence: int, at: datetime) -> dict[str, datetime]:
        """Return the times with one more; only the newest are kept, because a property holds 64 KiB."""
        times = {**self.times, str(sequence): at}
        newest = sorted(times, key=_sequence_in)[-_MOST_TIMES:]
        return {each: times[each] for each in newest}

    @property
    def sent_at(self) -> dict[int, datetime]:
        """Return when each change was sent, by its sequence, as far as ``times`` still holds it."""
        known = ((_sequence_in(name), at) for name, at in self.times.items())
        return {sequence: at for sequence, at in known if sequence}

    def freed(self) -> "Cursor":
        """Return the cursor without a claim."""
        return replace(self, claim="", claimed_until=None)

    def is_claimed(self, now: datetime) -> bool:
        """Tell whether a sender holds the cursor now."""
        return bool(self.claim) and self.claimed_until is not None and now < self.claimed_until


@dataclass(frozen=True, slots=True)
class Claim:
    """A cursor that this sender holds until the claim expires, and its row."""

    delivery_key: DeliveryKey
    channel: Channel
    cursor: Cursor
    etag: str


def load_cursor(store: Store, delivery_key: DeliveryKey) -> tuple[Cursor, str]:
    """Return a cursor and the etag of its row, a new cursor and "" where there is none."""
    row = store.get(delivery_key.partition, delivery_key.key)
    return (decode(Cursor, row.data), row.etag) if row else (Cursor(), "")


def claim_cursor(
    store: Store,
    delivery_key: DeliveryKey,
    channel: Channel,
    *,
    now: datetime,
    lasting: timedelta,
) -> Claim | None:
    """Claim the cursor; return None if its next try is later, or another sender has claimed it.

    That sender may have crashed: the delivery is asked for again when its claim expires.
    """
    cursor, etag = load_cursor(store, delivery_key)
    if until := _blocked_until(cursor, channel, now):
        writes = [*spent_rows(delivery_key), redelivery_at(delivery_key, until)]
        store.commit(delivery_key.partition, one_write_per_key(writes))
        return None
    cursor = replace(cursor, claim=secrets.token_hex(8), claimed_until=now + lasting)
    try:
        return _committed(store, Claim(delivery_key, channel, cursor, etag), ())
    except Conflict:
        return None


def store_cursor(
    store: Store, claim: Claim, cursor: Cursor, writes: Sequence[Write]
) -> Claim | None:
    """Store a claimed cursor; return None if another sender has claimed it and continues from the store.

    If our claim is still in place after a conflict, the cursor is stored again, so that the sent
    changes are recorded. Raise TooManyConflicts.
    """
    etag = claim.etag

    def attempt() -> Claim | None:
        nonlocal etag
        try:
            return _committed(store, replace(claim, cursor=cursor, etag=etag), writes)
        except Conflict:
            found, etag = load_cursor(store, claim.delivery_key)
            if found.claim != claim.cursor.claim:
                return None
            raise

    return retry_on_conflict(claim.delivery_key.resource, attempt)


def _committed(store: Store, claim: Claim, writes: Sequence[Write]) -> Claim | None:
    """Store the cursor over the row it was read from; return the claim with the row's new etag.

    None where another sender has claimed the cursor since. Raise Conflict.
    """
    delivery_key = claim.delivery_key
    put = Put(delivery_key.key, versioned(encode(claim.cursor)), claim.etag)
    store.commit(delivery_key.partition, one_write_per_key([*writes, put]))
    row = store.get(delivery_key.partition, delivery_key.key)
    if row is None or row.data.get("claim") != claim.cursor.claim:
        return None
    return replace(claim, etag=row.etag)


def _blocked_until(cursor: Cursor, channel: Channel, now: datetime) -> datetime | None:
    """Return until when nothing may be sent; with changed settings only a claim must be waited for."""
    if cursor.is_claimed(now):
        return cursor.claimed_until
    if (cursor.held_since or cursor.failing_since) and cursor.fingerprint != channel.fingerprint:
        return None
    return cursor.retry_at if cursor.retry_at and now < cursor.retry_at else None


def oldest_undelivered(store: Store, delivery_key: DeliveryKey, cursor: Cursor) -> Row | None:
    """Return the first outbox row for this channel that was not delivered to it.

    A row of another version may be for any channel, so it is not skipped.
    """
    _, end = keys.below(RowKind.OUTBOX, *delivery_key.names)
    after = keys.row_key(RowKind.OUTBOX, *delivery_key.names, keys.numbered(cursor.told + 1))
    rows = store.range(delivery_key.partition, after, end)
    return next((row for row in rows if _may_be_for(delivery_key.channel, row)), None)


def last_undelivered(store: Store, delivery_key: DeliveryKey, cursor: Cursor) -> Row | None:
    """Return the last outbox row for this channel that was not delivered to it.

    Raise NotUnderstood where a row of another version may be for it.
    """
    _, end = keys.below(RowKind.OUTBOX, *delivery_key.names)
    after = keys.row_key(RowKind.OUTBOX, *delivery_key.names, keys.numbered(cursor.told + 1))
    rows = store.range(delivery_key.partition, after, end)
    named = [row for row in rows if delivery_key.channel in texts_in(row.data, "channels")]
    return named[-1] if named else None


def _may_be_for(channel: str, row: Row) -> bool:
    try:
        return channel in texts_in(row.data, "channels")
    except NotUnderstood:
        return True


def is_undelivered(store: Store, delivery_key: DeliveryKey) -> bool:
    """Tell whether a change of an incident still waits for a channel."""
    if delivery_key.number <= 0:
        return False
    cursor, _ = load_cursor(store, delivery_key)
    return oldest_undelivered(store, delivery_key, cursor) is not None


def spent_rows(delivery_key: DeliveryKey) -> list[Write]:
    """Return the end of the due row that asked for the delivery."""
    return [Delete(delivery_key.due)] if delivery_key.due else []


def redelivery_at(delivery_key: DeliveryKey, at: datetime) -> Put:
    """Return the due row that asks for the delivery at a later time."""
    message = DeliverMessage(**delivery_key.details)
    return due_rows.due_put(message, at, *delivery_key.names, delivery_key.channel)


def sequence_of(row: Row) -> int:
    """Return the sequence of an outbox row, from its key: the row itself may not decode."""
    return int(row.key.rpartition("|")[2])
