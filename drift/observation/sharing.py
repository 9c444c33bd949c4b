"""Decide which answers of other evaluations an evaluation may use instead of its own reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.arm.shared_reads import SharedReads
from drift.clock.skew import MARGIN
from drift.observation.read_estate import EVERYTHING
from drift.state.resource_record import Record

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which answers of others one evaluation may use.

    ``named`` are the documents that an event has named, or that are read again: for these it makes its
    own reads. ``since`` is the time of the newest event that it answers. ``known`` has the time as of
    which each document is already known.
    """

    reads: SharedReads
    clock: Callable[[], datetime]
    owner: str
    named: frozenset[str]
    since: datetime
    known: Mapping[str, datetime]

    def answer(self, document: str, read: Callable[[], CachedRead]) -> CachedRead:
        """Return an answer of another evaluation where it may be used, else that of an own read."""
        if self._is_own(document):
            return read()
        found = None
        if not self._is_named(document):
            found = self.reads.find(document, self._since(document), self.clock())
        return found or self.reads.read(document, read, self.clock)

    def at_hand(self, document: str) -> CachedRead | None:
        """Return an answer of another evaluation that may be used, None where none is there now."""
        if self._is_own(document) or self._is_named(document):
            return None
        return self.reads.at_hand(document, self._since(document), self.clock())

    def _since(self, document: str) -> datetime:
        return max(self.since, self.known.get(document, _NEVER) + MARGIN)

    def _is_own(self, document: str) -> bool:
        return document == self.owner or document.startswith(f"{self.owner}/")

    def _is_named(self, document: str) -> bool:
        return EVERYTHING in self.named or any(
            ids.is_shown_in(each, document) for each in self.named
        )


def sharing(
    reads: SharedReads,
    clock: Callable[[], datetime],
    record: Record,
    again: frozenset[str] = frozenset(),
) -> Sharing:
    """Return which answers of others an evaluation of a resource may use; after a failed read none."""
    named = frozenset((*record.suspects, *record.owed, *again))
    return Sharing(
        reads=reads,
        clock=clock,
        owner=ids.key(record.id),
        named=frozenset({EVERYTHING}) if record.failing else named,
        since=max((each.last for each in record.owed.values()), default=_NEVER),
        known=record.documents,
    )
