"""Evaluate all listed resources of a subscription now, without storing or delivering anything.

Memory holds one page. Reads have the budget of a sweep, and the scan waits if a source asks for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, TypeVar

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.errors import SourceUnavailable
from drift.model import Outcome, Resource
from drift.observation.observation import Observation
from drift.observation.observe import observe
from drift.observation.sweep_budget import SweepBudgetReader
from drift.observation.timely_reader import OUT_OF_TIME
from drift.ports import Inventory, Page
from drift.services import Services
from drift.state.resource_record import Record
from drift.state.sweep_state import ReadBudget
from drift.sweep.inventory_rows import (
    groups_of,
    listed_containers,
    listed_types,
    observe_row,
    resources_in,
)

T = TypeVar("T")

Known = Mapping[str, CachedRead]

Pause = Callable[[float, SourceUnavailable], None]
"""Waits for a number of seconds because of a refused read."""

PAGE: Final = 100
"""Rows of one page."""

UNLISTED: Final = "no longer listed"
"""The code for a resource to continue after that no page contains."""

_MOST_PAUSES: Final = 20
"""Maximum number of consecutive pauses for one resource or page; after that it stays unread."""

_UNASKED_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class ScannedResource:
    """One resource, its row, and its observation."""

    resource_id: str
    row_id: str
    observation: Observation


def scan_subscription(
    services: Services, inventory: Inventory, subscription: str, *, pause: Pause, begin: str = ""
) -> Iterator[ScannedResource]:
    """Yield each evaluated resource of a subscription in the order listed, from row ``begin`` on.

    Raises SourceUnavailable where the subscription cannot be listed to its end, or not from there.
    """
    reader = SweepBudgetReader(services.reader, services.clock, ReadBudget(began=services.clock()))
    scan = _Scan(replace(services, reader=reader), inventory, subscription, pause)
    has_begun = not begin
    for row_id, resource, tags in scan.listed():
        has_begun = has_begun or ids.key(row_id) == ids.key(begin)
        if has_begun and not (observation := scan.observation(resource, tags)).gone:
            yield ScannedResource(resource.id, row_id, observation)
    if not has_begun:
        raise SourceUnavailable(begin, HTTPStatus.NOT_FOUND, UNLISTED)


@dataclass(frozen=True, slots=True)
class _Scan:
    services: Services
    inventory: Inventory
    subscription: str
    pause: Pause

    def listed(self) -> Iterator[tuple[str, Resource, Page]]:
        """Yield the id of each row, a resource that stands in it, and the tags above it."""
        detectors = self.services.detectors
        for kinds in (listed_types(detectors), listed_containers(detectors)):
            for page, tags in self._pages(kinds) if kinds else ():
                for row in page.rows:
                    yield from ((str(row["id"]), each, tags) for each in resources_in(row))
                for each in page.unreadable:
                    yield each, Resource(each, ids.type_of(each), {}, whole=False), tags

    def observation(self, resource: Resource, tags: Page) -> Observation:
        """Evaluate a resource by its row; unless everything passes, read the resource from ARM."""
        services, record = self.services, Record(id=resource.id)
        if not resource.body:  # Resource Graph cannot show its row
            return self._with_pauses(lambda known: observe(services, record, known), {})

        def by_row(known: Known) -> Observation:
            return observe_row(services, record, resource, tags=tags, cached=known)

        seen = self._with_pauses(by_row, {})
        if all(_is_right(each.verdict.outcome) for each in seen.results):
            return seen
        return self._with_pauses(lambda known: observe(services, record, known), seen.asked)

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
        """Return the answer of Resource Graph, once it no longer asks to wait."""
        for _ in range(_MOST_PAUSES):
            try:
                return ask()
            except SourceUnavailable as error:
                if not _asks_to_wait(error):
                    raise
                self.pause(_seconds(error), error)
        return ask()

    def _with_pauses(
        self,
        observe_by: Callable[[Known], Observation],
        known: Known,
    ) -> Observation:
        """Observe until no source asks to wait; reads before each pause are kept."""
        observation = observe_by(known)
        for _ in range(_MOST_PAUSES):
            refused = max(filter(_asks_to_wait, observation.failures), key=_seconds, default=None)
            if refused is None:
                break
            self.pause(_seconds(refused), refused)
            known = {**known, **observation.asked}
            observation = observe_by(known)
        return observation


def _is_right(outcome: Outcome) -> bool:
    return outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)


def _asks_to_wait(error: SourceUnavailable) -> bool:
    return error.status == HTTPStatus.TOO_MANY_REQUESTS or error.code == OUT_OF_TIME


def _seconds(error: SourceUnavailable) -> float:
    if error.code == OUT_OF_TIME:
        return 0.0
    return _UNASKED_SECONDS if error.retry_after is None else max(error.retry_after, 0.0)
