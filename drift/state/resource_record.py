"""The stored record of a resource and its controls, and its row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from drift.codec import check_schema, decode, encode, versioned
from drift.errors import NotUnderstood
from drift.events import Event
from drift.extensible import Extensible
from drift.model import Outcome
from drift.ports import Put, Row, Store
from drift.state import keys, opening_numbers, packing
from drift.state.keys import RowKind

SEEN: Final = 200
"""How many event ids are stored per resource; Event Grid retries an event for a day at most."""

PENDING: Final = 20
"""How many events are stored until nothing is owed; beyond that only the last ones name an actor."""


_MOST_CHUNKS: Final = 16
"""Packed properties of a row, so that it stays below 1 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState(Extensible):
    """The last verdict of one control on one resource, and its latest incident.

    ``failed_at`` is when the last failing answer was given, by Azure's clock; ``number`` counts
    openings from 1, or continues the numbers of a deleted record, and is 0 if there was none;
    ``sequence`` is the last change of that incident. ``unknown_told``: the SIEM has been notified
    that the verdict is unknown. ``asides`` counts the standalone notifications: of verdicts that
    are unknown for long, and of excepted failures. ``first_opened_at`` is the first opening of that
    incident.
    """

    outcome: Outcome
    number: int = 0
    open: bool = False
    sequence: int = 0
    failed_at: datetime | None = None
    closed_at: datetime | None = None
    unknown_since: datetime | None = None
    unknown_told: bool = False
    asides: int = 0
    first_opened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed(Extensible):
    """The oldest and the newest event about one document that no read has proved, by Azure's clock.

    ``doubted`` is the time of a failing answer that a later pass contradicts, if it is newer than
    the events or nothing else is owed. It needs a proof like an event, but does not delay the proof
    of events.
    """

    oldest: datetime
    newest: datetime
    doubted: datetime | None = None

    @property
    def is_doubt(self) -> bool:
        """Tell whether no event is owed a proof, only a contradicted answer."""
        return self.doubted == self.newest

    @property
    def last(self) -> datetime:
        """Return the time of the last event or contradicted answer: its proof proves all."""
        return max(self.newest, self.doubted or self.newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Extensible):
    """The stored record of one resource.

    ``wanted`` counts the reasons to read, ``served`` those that an evaluation has answered,
    ``looked`` those that were answered by an evaluation which could read the resource. ``reader``
    is the lease holder until ``reading_until``, and ``lost`` counts the last leases in a row that
    expired. ``documents`` has the time as of which each document of the last such evaluation was
    read, by Azure's clock; ``view`` is a hash of its watched properties. ``due`` is what must
    happen later and when, ``due_keys`` the keys of the due rows; ``failing`` is since when each
    dependency could not be read for it. ``phi_tag`` is the last PHI tag on the resource itself and
    ``phi_because`` why it ever held PHI ("" for neither); ``links`` are what its document refers
    to, None where that was never read. ``gone_at`` is the time of the first 404 that may mean a
    deletion, by our clock; ``absent_at`` is the time of the answer that proved the deletion, by
    Azure's clock, None while it exists. ``moved_from`` is the previous id, ``moved_to`` the next
    one ("" for none).

    ``owed`` holds, by document named in an event, the events that no read has proved yet.
    ``contents`` are hashes of what ARM last answered, by document; ``unfinished`` are the documents
    that were then still being changed, and ``unfinished_reads`` counts the confirmations that found
    them so. ``quick`` are the documents to read again at the times ``quick_at``, because they
    showed nothing new. ``forgotten`` is the time of the newest event that ``pending`` dropped for
    lack of room or because of its age.

    ``ended_at`` is when the resource was found to be gone, or no longer watched, None before;
    ``leaving`` are the other documents for which it still has ``uses`` rows. Its opening numbers
    begin after ``numbers_after``: an earlier record of it may have used the lower ones.
    """

    id: str
    wanted: int = 0
    served: int = 0
    looked: int = 0
    reader: str = ""
    reading_until: datetime | None = None
    lost: int = 0
    reads: tuple[datetime, ...] = ()
    seen: tuple[str, ...] = ()
    pending: tuple[Event, ...] = ()
    suspects: tuple[str, ...] = ()
    documents: Mapping[str, datetime] = field(default_factory=dict)
    view: str = ""
    due: Mapping[str, datetime] = field(default_factory=dict)
    due_keys: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, ControlState] = field(default_factory=dict)
    failing: Mapping[str, datetime] = field(default_factory=dict)
    attempts: int = 0
    phi: bool | None = None
    phi_tag: str = ""
    phi_because: str = ""
    links: Mapping[str, str] | None = None
    deletion: bool = False
    gone_at: datetime | None = None
    absent_at: datetime | None = None
    config_hash: str = ""
    moved_from: str = ""
    moved_to: str = ""
    owed: Mapping[str, Owed] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    unfinished: tuple[str, ...] = ()
    unfinished_reads: int = 0
    quick: tuple[str, ...] = ()
    quick_at: tuple[datetime, ...] = ()
    forgotten: datetime | None = None
    leaving: tuple[str, ...] = ()
    ended_at: datetime | None = None
    numbers_after: int = 0


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is in the store: its row's etag ("" for none), and its snapshot."""

    record: Record
    etag: str
    snapshot: Mapping[str, Any] | None

    def put(self) -> Put:
        """Return the write that stores the record over the row it was read from.

        A snapshot that the row cannot hold is left out: the next difference is then not known.
        """
        data = versioned({"resource": self.record.id})
        data |= packing.pack(encode(self.record), "record")
        if self.snapshot is not None:
            packed = packing.pack(self.snapshot, "snapshot")
            data |= packed if len(data) + len(packed) <= _MOST_CHUNKS else {}
        return Put(keys.row_key(RowKind.RESOURCE, keys.digest(self.record.id)), data, self.etag)


def load_record(store: Store, resource_id: str) -> StoredRecord:
    """Return what is known of a resource, an empty record where it is new; raise NotUnderstood."""
    key = keys.row_key(RowKind.RESOURCE, keys.digest(resource_id))
    row = store.get(keys.partition(resource_id), key)
    if row is None:
        used = opening_numbers.highest_used(store, keys.partition(resource_id))
        return StoredRecord(Record(id=resource_id, numbers_after=used), "", None)
    check_schema(row.data)
    record = decode(Record, packing.unpack(row.data, "record"))
    return StoredRecord(record, row.etag, _snapshot(row))


def is_stored(store: Store, resource_id: str) -> bool:
    """Tell whether anything is known of a resource, by any version."""
    key = keys.row_key(RowKind.RESOURCE, keys.digest(resource_id))
    return store.get(keys.partition(resource_id), key) is not None


def _snapshot(row: Row) -> Mapping[str, Any] | None:
    """Return the values of the last evaluation; without them, the next change shows no difference."""
    try:
        found = packing.unpack(row.data, "snapshot")
    except NotUnderstood:
        return None
    return found if isinstance(found, Mapping) else None
