"""Respect Retry-After: one throttle gate per subscription, resource provider and kind of read."""

import enum
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.clock.skew import MARGIN
from drift.codec import time_in, versioned
from drift.errors import NotUnderstood, SourceUnavailable
from drift.ports import Listing, PageCheck, Put, Reader, Reading, Row, Store, every_page
from drift.state import keys
from drift.state.keys import RowKind
from drift.trace import trace_at

log: Final = logging.getLogger("drift.observation.throttle_gate")

WAIT: Final = "asked to wait"
"""The code of a read that was not made because its gate is closed."""

_UNASKED_SECONDS: Final = 30.0
"""How long a gate stays closed after a 429 without Retry-After."""

_LONGEST_SECONDS: Final = 900.0
"""The longest accepted Retry-After: no source, and no damaged row, may stop the monitor for good."""


_SUBSCRIPTION_LIMITS: Final = frozenset(
    {"subscriptionrequeststhrottled", "tenantrequeststhrottled"}
)
"""Error codes of ARM's own limits, which count reads and lists together; a provider counts them apart.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"""


class ReadKind(enum.StrEnum):
    """The kinds of reads that providers count separately; the values are parts of keys, and in the log."""

    DOCUMENT = "read"
    LIST = "list"


def dependency_of(resource_id: str) -> str:
    """Return the id of the dependency that answers reads: a provider in a subscription or a tenant."""
    return f"{ids.home_of(resource_id)}/providers/{ids.provider_of(resource_id)}"


class ThrottledReader:
    """A reader that makes no read while a gate is closed; all instances share the gates."""

    def __init__(self, reader: Reader, store: Store, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._store = store
        self._clock = clock

    def get(self, resource_id: str) -> Reading:
        """Read one document; raise SourceUnavailable at once while the gate is closed."""
        self._pass(resource_id, ReadKind.DOCUMENT)
        try:
            return self._reader.get(resource_id)
        except SourceUnavailable as error:
            self._refused(resource_id, ReadKind.DOCUMENT, error)
            raise

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read a collection; raise SourceUnavailable at once while the gate is closed."""
        self._pass(collection_id, ReadKind.LIST)
        try:
            return self._reader.list(collection_id, before_page=before_page)
        except SourceUnavailable as error:
            self._refused(collection_id, ReadKind.LIST, error)
            raise

    def _pass(self, resource_id: str, kind: ReadKind) -> None:
        dependency = dependency_of(resource_id)
        row = self._store.get(keys.partition(dependency), _key(dependency, kind))
        left = (open_from(row) - self._clock()).total_seconds() if row else 0
        if 0 < left <= _LONGEST_SECONDS + MARGIN.total_seconds():
            raise SourceUnavailable(
                resource_id, HTTPStatus.TOO_MANY_REQUESTS, WAIT, retry_after=left
            )

    def _refused(self, resource_id: str, kind: ReadKind, error: SourceUnavailable) -> None:
        dependency = dependency_of(resource_id)
        trace_at(
            log,
            logging.WARNING,
            "read-failed",
            dependency=dependency,
            resource=resource_id,
            status=error.status or "no answer",
            code=error.code or None,
            retry_after=error.retry_after,
        )
        self._close(dependency, kind, error)

    def _close(self, dependency: str, kind: ReadKind, error: SourceUnavailable) -> None:
        if error.status != HTTPStatus.TOO_MANY_REQUESTS and error.retry_after is None:
            return
        asked = error.retry_after if error.retry_after is not None else _UNASKED_SECONDS
        until = self._clock() + timedelta(seconds=min(asked, _LONGEST_SECONDS))
        kinds = tuple(ReadKind) if error.code.lower() in _SUBSCRIPTION_LIMITS else (kind,)
        trace_at(
            log, logging.WARNING, "gate-closed", dependency=dependency, until=until, kinds=kinds
        )
        data = versioned({"until": until.isoformat(), "dependency": dependency})
        rows = [Put(_key(dependency, each), data) for each in kinds]
        self._store.commit(keys.partition(dependency), rows)


def open_from(row: Row) -> datetime:
    """Return until when a gate is closed; a gate of another version counts as open."""
    try:
        return time_in(row.data, "until")
    except NotUnderstood:
        return datetime.min.replace(tzinfo=UTC)


def _key(dependency: str, kind: ReadKind) -> str:
    """Return the key of a gate; that of documents has no kind, as in earlier versions."""
    parts = (kind.value,) if kind is ReadKind.LIST else ()
    return keys.row_key(RowKind.GATE, keys.digest(dependency), *parts)
