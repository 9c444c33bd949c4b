"""What a channel was told of an incident, and the claim of the process that sends it the rest."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import Extensible, decode, encode, versioned
from drift.errors import Conflict
from drift.ports import Channel, Delete, Put, Row, Write
from drift.queues.messages import DeliverMessage
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind

_DETAILS: Final = ("resource", "control", "number", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKey:
    """One incident and one channel.

    ``due`` is the row that asked for the delivery, ``net`` the redelivery row, which stays until every
    channel has the change or a row of its own for it; "" for none.
    """

    resource: str
    control: str
    number: int
    channel: str
    due: str = ""
    net: str = ""

    @property
    def before(self) -> "DeliveryKey":
        """Return the same of the opening before; there is none of the first, nor of number 0."""
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
        return keys.key(RowKind.CURSOR, *self.names, self.channel)

    @property
    def held_key(self) -> str:
        """Return the key of the row that says that the channel does not take this incident."""
        return keys.key(RowKind.HELD, self.channel, *self.names)

    @property
    def details(self) -> dict[str, Any]:
        """Return the fields by which a row or a message names this incident and channel."""
        return {name: getattr(self, name) for name in _DETAILS}

    @property
    def message(self) -> str:
        """Return the message that asks for the delivery at once."""
        return DeliverMessage(**self.details, due=self.due, net=self.net).text


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor(Extensible):
    """What a channel was told of an incident: the last sequence, and when each was told.

    ``claim`` names the sender that holds the cursor until ``claimed_until``. ``attempts`` counts failed
    sends in a row. ``failing_since``: the first of them, while the channel may work later.
    ``held_since``: since when the channel has rejected the change. ``fingerprint`` is that of the
    settings of the last failure or rejection ("": the channel has no settings). ``told`` may lie beyond
    the last of ``times``: what was given up counts as told. ``heard``: the channel was last told that
    the incident is open. ``deferred_since``: since when the next change waits for a version that
    understands it.
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

    def freed(self) -> "Cursor":
        """Return the cursor without a claim."""
        return replace(self, claim="", claimed_until=None)

    def is_claimed(self, now: datetime) -> bool:
        """Tell whether a sender holds the cursor now."""
        return bool(self.claim) and self.claimed_until is not None and now < self.claimed_until


@dataclass(frozen=True, slots=True)
class Claim:
    """A cursor that is ours for a while, and the row it stands in."""

    address: DeliveryKey
    channel: Channel
    cursor: Cursor
    etag: str


def find_cursor(services: Services, delivery_key: DeliveryKey) -> tuple[Cursor, str]:
    """Return a cursor and the etag of its row, a new cursor and "" where there is none."""
    row = services.store.get(delivery_key.partition, delivery_key.key)
    return (decode(Cursor, row.data), row.etag) if row else (Cursor(), "")


def claim(services: Services, delivery_key: DeliveryKey, channel: Channel) -> Claim | None:
    """Take the cursor; None where it is not time yet, or another sender holds it.

    That sender may have crashed: the delivery is asked for again when its claim expires.
    """
    cursor, etag = find_cursor(services, delivery_key)
    now = services.clock()
    if until := _taken_until(cursor, channel, now):
        after = [*spent_rows(delivery_key), redelivery_at(delivery_key, until)]
        services.store.commit(delivery_key.partition, one_write_per_key(after))
        return None
    until = now + timedelta(seconds=services.config.timing.claim_seconds)
    cursor = replace(cursor, claim=secrets.token_hex(8), claimed_until=until)
    return _stored(services, Claim(delivery_key, channel, cursor, etag), ())


def store_cursor(
    services: Services, held: Claim, cursor: Cursor, writes: Sequence[Write]
) -> Claim | None:
    """Store a cursor that we hold; None where we no longer hold it: its new owner goes on from there.

    A conflict that leaves our claim in place is no reason to forget what was sent: store it again.
    """
    while True:
        if kept := _stored(services, replace(held, cursor=cursor), writes):
            return kept
        found, etag = find_cursor(services, held.address)
        if found.claim != held.cursor.claim:
            return None
        held = replace(held, etag=etag)


def _stored(services: Services, held: Claim, writes: Sequence[Write]) -> Claim | None:
    """Store the cursor over the row it was read from, and return it with its new etag."""
    put = Put(held.address.key, versioned(encode(held.cursor)), held.etag)
    try:
        services.store.commit(held.address.partition, one_write_per_key([*writes, put]))
    except Conflict:
        return None
    row = services.store.get(held.address.partition, held.address.key)
    if row is None or row.data["claim"] != held.cursor.claim:
        return None
    return replace(held, etag=row.etag)


def _taken_until(cursor: Cursor, channel: Channel, now: datetime) -> datetime | None:
    """Return until when nothing may be sent; changed settings wait for nothing but a claim."""
    if cursor.is_claimed(now):
        return cursor.claimed_until
    if (cursor.held_since or cursor.failing_since) and cursor.fingerprint != channel.fingerprint:
        return None
    return cursor.retry_at if cursor.retry_at and now < cursor.retry_at else None


def oldest_undelivered(services: Services, delivery_key: DeliveryKey, cursor: Cursor) -> Row | None:
    """Return the first outbox row for this channel that it has not been told."""
    _, end = keys.below(RowKind.OUTBOX, *delivery_key.names)
    after = keys.key(RowKind.OUTBOX, *delivery_key.names, keys.numbered(cursor.told + 1))
    rows = services.store.range(delivery_key.partition, after, end)
    return next((row for row in rows if delivery_key.channel in row.data["channels"]), None)


def is_undelivered(services: Services, delivery_key: DeliveryKey) -> bool:
    """Tell whether a change of an incident still waits for a channel."""
    return (
        delivery_key.number > 0
        and oldest_undelivered(services, delivery_key, find_cursor(services, delivery_key)[0])
        is not None
    )


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
