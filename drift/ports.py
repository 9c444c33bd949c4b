"""The ports of the domain; adapters and notifiers implement them, tests pass in fakes."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeGuard

from drift.access.ports import AccessLog, Metrics, QueryValue
from drift.model import Actor, Severity
from drift.notices import Heartbeat, Notice
from drift.queues.dead_letters import DeadLetterBox


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer of ARM. ``body`` is None where it answered 404; ``code`` is then ARM's error code.

    ``at`` is the answer's Date header, so Azure's clock and not ours. ``left`` is the number of reads
    that ARM still allows in the subscription, None where the answer does not state it.
    """

    body: Mapping[str, Any] | None
    at: datetime
    code: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole collection with all its pages; ``items`` is None where it answered 404."""

    items: tuple[Mapping[str, Any], ...] | None
    at: datetime
    code: str = ""
    left: int | None = None


PageCheck = Callable[[], float | None]
"""Called before each page of a list; an error that it raises ends the list.

It returns how many seconds the page may take, None if only the reader's own limit applies.
"""


def every_page() -> None:
    """Let a list continue to its end."""


class Reader(Protocol):
    """Reads ARM; raises SourceUnavailable on all but 200 and 404, and never waits for a Retry-After."""

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id (a subscription, a group, a resource, an extension)."""

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection such as ``<account>/blobServices/default/containers``."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One write in the activity log."""

    at: datetime
    operation: str
    resource_id: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class ActivityAnswer:
    """The answer of the log; ``caught_up``: it contains the event's own correlation id.

    ``activities`` are the newest ones, newest first; ``total`` counts all, up to 1000.
    """

    caught_up: bool
    activities: tuple[Activity, ...]
    total: int = 0


UNKNOWN_PAGE: Final = "InvalidSkipToken"
"""The code of a page whose continuation token has expired: the list must start again."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a Resource Graph query; ``after`` leads to the next page, "" on the last.

    ``unreadable`` are the ids of resources that are listed here, and whose rows cannot be shown.
    """

    rows: tuple[Mapping[str, Any], ...]
    at: datetime
    after: str = ""
    unreadable: tuple[str, ...] = ()


class Inventory(Protocol):
    """Lists resources from Resource Graph, seconds to minutes behind ARM.

    Raises SourceUnavailable, also for a page that may be incomplete. Resources that the identity may
    not read are silently left out, as Resource Graph does.
    """

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of a subscription's resources of these types, ordered by id.

        ``types`` holds either groups and subscriptions, or other types. A page may hold fewer rows
        than ``size``, or none, although another one follows.
        """

    def members(self, subscription: str) -> Sequence[str]:
        """Return the id of every resource of a subscription, as ARM itself lists them."""

    def groups(self, subscription: str) -> Sequence[str]:
        """Return the id of every resource group of a subscription, as ARM itself lists them.

        Raise SourceUnavailable also where the subscription itself does not answer.
        """

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and the named resource groups in it, with their tags."""


class ActivityLog(Protocol):
    """Queries the activity log in Log Analytics; raises SourceUnavailable."""

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return the writes by this actor between two times; a principal matches by object id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """A row of a log that reports a change which raised no event, or a sign-in.

    ``id`` is the row's own id. ``resource`` is the ARM id that the row names, "" for the tenant, and
    ``document`` the name of what was written within it. ``authentication`` is how the caller of a
    storage account authenticated, and of a sign-in the code of its result.
    """

    id: str
    at: datetime
    operation: str
    resource: str
    document: str
    person: str
    object_id: str
    application: str
    application_id: str
    address: str
    authentication: str
    correlation_id: str


MOST_CHANGES: Final = 1000
"""Maximum number of rows of a query for changes; if it returns that many, there may be more."""


class ChangeLog(Protocol):
    """Reads from Log Analytics which changes raised no event; raises SourceUnavailable."""

    def changes(
        self, query: str, *, since: datetime, until: datetime, values: Mapping[str, QueryValue]
    ) -> Sequence[LoggedChange]:
        """Return the rows of a named query between two times, the oldest MOST_CHANGES of them.

        ``values`` are what the query asks for beside the times.
        """


class Logs(ActivityLog, ChangeLog, AccessLog, Protocol):
    """One workspace of Log Analytics."""


@dataclass(frozen=True, slots=True)
class Clients:
    """The ports to Azure that are built together; ``close`` closes all of them."""

    reader: Reader
    activity_log: Logs
    inventory: Inventory
    metrics: Metrics
    dead_letters: DeadLetterBox
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
    """Delete a row. ``etag`` "*" deletes any row or none; any other etag must match."""

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
        """Return one row, None where there is none; raise StoreUnavailable."""

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``; raise StoreUnavailable."""

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all rows or none; raise Conflict where an etag does not match, or StoreUnavailable."""


class Audience(enum.Enum):
    """The recipients of a channel's messages."""

    PEOPLE = "people"
    """Persons who read messages during their work."""
    PAGER = "pager"
    """On-call engineers who are paged."""
    SIEM = "siem"
    """Programs that get every change, also unknown verdicts."""

    @property
    def least(self) -> Severity:
        """Return the lowest severity that they get where monitor.toml has no routes."""
        return _LEAST[self]


_LEAST = {
    Audience.PEOPLE: Severity.MEDIUM,
    Audience.PAGER: Severity.CRITICAL,
    Audience.SIEM: Severity.LOW,
}


class Channel(Protocol):
    """A channel that delivers notices, such as Teams."""

    @property
    def name(self) -> str:
        """Return the channel's name, as in the routes of monitor.toml."""

    @property
    def audience(self) -> Audience:
        """Return the recipients, who decide what is sent where monitor.toml has no routes."""

    @property
    def fingerprint(self) -> str:
        """Return a short hash of the channel's settings: a change means that held messages are retried."""

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Deliver one change within 20 s; ``opening``: the channel has no open incident for it yet.

        Raise DeliveryFailed (a retry may succeed) or DeliveryRejected (not before a repair).
        """


class HeartbeatChannel(Channel, Protocol):
    """A channel that programs read, which also gets the hourly heartbeat."""

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Deliver one heartbeat within 20 s; raise DeliveryFailed or DeliveryRejected."""


def takes_heartbeats(channel: Channel) -> TypeGuard[HeartbeatChannel]:
    """Tell whether a channel also gets the hourly heartbeat."""
    return hasattr(channel, "send_heartbeat")
