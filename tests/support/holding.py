"""A fake Azure and a store in memory that count reads of documents and rows."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift import ids
from drift.notices import Notice
from drift.ports import Audience, Listing, Page, PageCheck, Reading, Row, Store, Write, every_page


@dataclass
class Held:
    """How many results of the ports are in memory now, and the maximum so far.

    Each object of a document counts, so that a part that is kept counts too. ``rows`` is the most that
    the store was ever asked for at once.
    """

    now: int = 0
    most: int = 0
    rows: int = 0

    def document(self, text: str) -> Any:
        """Return a document as it comes off the wire, counted."""
        return json.loads(text, object_hook=lambda each: _Counted(each, self))

    def row(self, row: Row) -> Row:
        """Return a row, counted."""
        return Row(row.key, _Counted(row.data, self), row.etag)


class _Counted(dict[str, Any]):
    """A mapping that counts its instances in memory."""

    def __init__(self, content: Mapping[str, Any], held: Held) -> None:
        super().__init__(content)
        self._held = held
        held.now += 1
        held.most = max(held.most, held.now)

    def __del__(self) -> None:
        self._held.now -= 1


class Azure:
    """ARM and Resource Graph over documents that are kept as text."""

    def __init__(
        self, bodies: Iterable[Mapping[str, Any]], clock: Callable[[], datetime], held: Held
    ) -> None:
        self.reads: Counter[str] = Counter()
        self._texts = {ids.key(each["id"]): json.dumps(each) for each in bodies}
        self._names = sorted(self._texts)
        self._clock = clock
        self._held = held

    def get(self, resource_id: str) -> Reading:
        """Read one document."""
        self.reads[ids.type_of(resource_id)] += 1
        text = self._texts.get(ids.key(resource_id))
        if text is None:
            return Reading(None, self._clock(), "ResourceNotFound")
        return Reading(self._held.document(text), self._clock())

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read no collection: there is none."""
        return Listing(None, self._clock(), "ResourceNotFound")

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return the rows of a page."""
        names = [each for each in self._names if each > after and ids.type_of(each) in types]
        more = len(names) > size
        return Page(self._shown(names[:size]), self._clock(), names[size - 1] if more else "")

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and groups of it."""
        home = f"/subscriptions/{subscription}"
        return Page(
            self._shown([home, *(f"{home}/resourcegroups/{each}" for each in groups)]),
            self._clock(),
        )

    def members(self, subscription: str) -> Sequence[str]:
        """Return no resource: nothing moves here."""
        return ()

    def groups(self, subscription: str) -> Sequence[str]:
        """Return no group: every one that there is is listed."""
        return ()

    def _shown(self, names: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
        return tuple(self._row(each) for each in names if each in self._texts)

    def _row(self, name: str) -> Mapping[str, Any]:
        row: dict[str, Any] = self._held.document(self._texts[name])
        row["type"] = ids.type_of(name)
        return row


@dataclass
class HeldRows:
    """A store whose rows are counted."""

    store: Store
    held: Held

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row."""
        row = self.store.get(partition, key)
        return self.held.row(row) if row else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return the rows of a range."""
        rows = [self.held.row(each) for each in self.store.range(partition, first, end, limit)]
        self.held.rows = max(self.held.rows, len(rows))
        return rows

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write."""
        self.store.commit(partition, writes)


@dataclass
class Counting:
    """A channel that keeps only the number of messages."""

    name: str
    audience: Audience = Audience.PEOPLE
    fingerprint: str = "as installed"
    told: int = 0

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Count it."""
        self.told += 1
