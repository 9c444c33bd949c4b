"""What the domain asks of the world; adapters and notifiers implement it, tests hand in fakes."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from drift.model import Actor, Severity
from drift.notices import Notice


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer of ARM. ``body`` is None where it answered 404; ``code`` is then ARM's error code.

    ``at`` is the answer's Date header (Azure's clock), not ours; ``left`` how many more reads ARM
    allows in the subscription at once, None where it does not say.
    """

    body: Mapping[str, Any] | None
    at: datetime
    code: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One whole collection, all pages. ``items`` is None where the collection answered 404."""

    items: tuple[Mapping[str, Any], ...] | None
    at: datetime
    code: str = ""
    left: int | None = None


class Reader(Protocol):
    """Reads ARM. Raises SourceUnavailable on all but 200 and 404; never sleeps a Retry-After."""

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id (a subscription, a group, a resource, an extension)."""

    def list(self, collection_id: str) -> Listing:
        """Read every item of a collection such as ``<account>/blobServices/default/containers``."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One write found in the activity log."""

    at: datetime
    operation: str
    resource_id: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class ActivityAnswer:
    """What the log answered; ``caught_up`` only if the event's own correlation id was found in it.

    ``activities`` are the newest, newest first; ``total`` counts them all, up to 1000.
    """

    caught_up: bool
    activities: tuple[Activity, ...]
    total: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what Resource Graph lists; ``after`` leads to the next one, "" after the last."""

    rows: tuple[Mapping[str, Any], ...]
    at: datetime
    after: str = ""


class Inventory(Protocol):
    """Lists resources. Raises SourceUnavailable. Pages are seconds to minutes behind ARM.

    A page that is not certain to be whole raises, too. What the identity may not read is left out
    without a word, as Resource Graph does.
    """

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of a subscription's resources of these types, in the order of their ids.

        Groups and subscriptions are listed apart from all other types.
        """

    def members(self, subscription: str) -> Sequence[str]:
        """Return the id of every resource of a subscription, as ARM itself lists them."""

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and these of its resource groups (by name) with their tags."""


class ActivityLog(Protocol):
    """Asks Log Analytics. Raises SourceUnavailable."""

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return what else this actor wrote in the window (a principal matches by object id)."""


@dataclass(frozen=True, slots=True)
class Clients:
    """The ports to Azure that are built together; ``close`` ends all of them."""

    reader: Reader
    activity_log: ActivityLog
    inventory: Inventory
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the store; ``etag`` changes with every write."""

    key: str
    data: Mapping[str, Any]
    etag: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write a row. ``etag`` "" inserts (Conflict if it exists), "*" overwrites, else must match."""

    key: str
    data: Mapping[str, Any] = field(repr=False)
    etag: str = "*"


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a row. ``etag`` "*" deletes whatever is there (also nothing), else must match."""

    key: str
    etag: str = "*"


Write = Put | Delete


class Store(Protocol):
    """Rows in partitions, as Azure Tables has them; ``data`` is JSON-ready.

    At most 100 writes and 4 MiB in a batch, one write per key; 1 MiB a row; keys under 512
    characters, without slash, backslash, hash, question mark or control characters. Every store
    holds to these limits.
    """

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""


class Audience(enum.Enum):
    """Who gets a channel's messages."""

    PEOPLE = "people"
    """Read them when they have time."""
    PAGER = "pager"
    """Are woken by them."""
    SIEM = "siem"
    """Programs, which get everything, unknown verdicts too."""

    @property
    def least(self) -> Severity:
        """Return the lowest severity that is sent to them where monitor.toml has no routes."""
        return _LEAST[self]


_LEAST = {
    Audience.PEOPLE: Severity.MEDIUM,
    Audience.PAGER: Severity.CRITICAL,
    Audience.SIEM: Severity.LOW,
}


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """Return the channel's name, as routes in monitor.toml have it."""

    @property
    def audience(self) -> Audience:
        """Return who gets its messages; that decides what it is sent where there are no routes."""

    @property
    def fingerprint(self) -> str:
        """Return a short hash of the channel's settings, which changes when one is repaired."""

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Tell one change, within 20 s; ``opening``: for all it has heard, the incident is not open.

        Raise DeliveryFailed (may work later) or DeliveryRejected (not before a repair).
        """
