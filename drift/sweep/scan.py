"""Judge all that Resource Graph lists of a subscription now: nothing is stored, nobody is told.

Memory holds one page. Reads are rationed as a sweep's are, and whoever is asked to wait waits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, TypeVar

from drift import ids
from drift.errors import SourceUnavailable
from drift.model import Outcome, Resource
from drift.observation.observe import Sight, look
from drift.observation.read_estate import OUT_OF_TIME, Remembered
from drift.observation.sweep_budget import SweepReader
from drift.ports import Inventory, Page
from drift.services import Parts
from drift.state.resource_record import Record
from drift.state.sweep_state import Ration
from drift.sweep.inventory_rows import (
    groups_of,
    listed_containers,
    listed_types,
    resources_in,
    survey,
)

T = TypeVar("T")

Known = Mapping[str, Remembered]

Pause = Callable[[float], None]
"""Waits for so many seconds."""

PAGE: Final = 100
"""Rows of one page."""

UNLISTED: Final = "no longer listed"
"""The code of a resource to go on after that no page has."""

_MOST_PAUSES: Final = 20
"""In a row, for one resource or one page; beyond that it is left unread."""

_UNASKED_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One resource, the row that it stands in, and what was seen of it."""

    resource_id: str
    row_id: str
    sight: Sight


def scanned(
    parts: Parts, inventory: Inventory, subscription: str, *, pause: Pause, begin: str = ""
) -> Iterator[Seen]:
    """Yield each judged resource of a subscription in the order listed, from row ``begin`` on.

    Raises SourceUnavailable where the subscription cannot be listed to its end, or not from there.
    """
    reader = SweepReader(parts.reader, parts.clock, Ration(began=parts.clock()))
    scan = _Scan(replace(parts, reader=reader), inventory, subscription, pause)
    has_begun = not begin
    for row_id, resource, tags in scan.listed():
        has_begun = has_begun or ids.key(row_id) == ids.key(begin)
        if has_begun and not (sight := scan.sight(resource, tags)).gone:
            yield Seen(resource.id, row_id, sight)
    if not has_begun:
        raise SourceUnavailable(begin, HTTPStatus.NOT_FOUND, UNLISTED)


@dataclass(frozen=True, slots=True)
class _Scan:
    parts: Parts
    inventory: Inventory
    subscription: str
    pause: Pause

    def listed(self) -> Iterator[tuple[str, Resource, Page]]:
        """Yield the id of each row, a resource that stands in it, and the tags above it."""
        for kinds in (listed_types(self.parts), listed_containers(self.parts)):
            for page, tags in self._pages(kinds) if kinds else ():
                for row in page.rows:
                    yield from ((str(row["id"]), each, tags) for each in resources_in(row))

    def sight(self, resource: Resource, tags: Page) -> Sight:
        """Judge a resource by its row; what that does not show to be right is read from ARM."""
        parts, record = self.parts, Record(id=resource.id)

        def by_row(known: Known) -> Sight:
            return survey(parts, record, resource, tags=tags, remembered=known)

        seen = self._patiently(by_row, {})
        if all(_is_right(each.verdict.outcome) for each in seen.judgements):
            return seen
        return self._patiently(lambda known: look(parts, record, known), seen.asked)

    def _pages(self, kinds: Sequence[str]) -> Iterator[tuple[Page, Page]]:
        page: Page | None = None
        while page is None or page.after:
            page = self._page(kinds, after=page.after if page else "")
            yield page, self._tags(groups_of(page))

    def _page(self, kinds: Sequence[str], *, after: str) -> Page:
        return self._asked(
            lambda: self.inventory.page(self.subscription, kinds, after=after, size=PAGE)
        )

    def _tags(self, groups: Sequence[str]) -> Page:
        return self._asked(lambda: self.inventory.tags(self.subscription, groups))

    def _asked(self, ask: Callable[[], T]) -> T:
        """Return what Resource Graph answers, once it no longer asks to wait."""
        for _ in range(_MOST_PAUSES):
            try:
                return ask()
            except SourceUnavailable as error:
                if not _asks_to_wait(error):
                    raise
                self.pause(_seconds(error))
        return ask()

    def _patiently(
        self,
        see: Callable[[Known], Sight],
        known: Known,
    ) -> Sight:
        """See once no read is asked to wait; what was read before each pause is kept."""
        sight = see(known)
        for _ in range(_MOST_PAUSES):
            waits = [_seconds(each) for each in sight.failures if _asks_to_wait(each)]
            if not waits:
                break
            self.pause(max(waits))
            known = {**known, **sight.asked}
            sight = see(known)
        return sight


def _is_right(outcome: Outcome) -> bool:
    return outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)


def _asks_to_wait(error: SourceUnavailable) -> bool:
    return error.status == HTTPStatus.TOO_MANY_REQUESTS or error.code == OUT_OF_TIME


def _seconds(error: SourceUnavailable) -> float:
    if error.code == OUT_OF_TIME:
        return 0.0
    return _UNASKED_SECONDS if error.retry_after is None else max(error.retry_after, 0.0)
