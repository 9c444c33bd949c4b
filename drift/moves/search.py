"""Find what a move has given another id: what is known in a group, and listed elsewhere now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from drift import ids
from drift.ports import Inventory
from drift.services import Services
from drift.state import known_resources
from drift.state.resource_record import load_record

_ABOVE: Final = (ids.GROUP, ids.SUBSCRIPTION)


def search_moves(services: Services, inventory: Inventory, group: str) -> "MoveCandidates":
    """Return what has moved from a group, or to it; raise SourceUnavailable where a list is refused."""
    return _Search(services, inventory, group).result()


@dataclass(frozen=True, slots=True)
class MoveCandidates:
    """Where what is missing is now (nowhere: no id), and what has arrived unknown."""

    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arrived: tuple[str, ...] = ()

    def pairs(self, *, lost_counts: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each old id and its new ones; what is found nowhere only if that counts by now."""
        yield from ((old, new) for old, new in self.moved.items() if new or lost_counts)
        yield from (("", (each,)) for each in self.arrived)


class _Search:
    """One look at which known resources of a group are listed elsewhere now."""

    def __init__(self, services: Services, inventory: Inventory, group: str) -> None:
        self._services = services
        self._inventory = inventory
        self._group = ids.key(group)
        self._searched: set[str] = set()
        self._listed: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)

    def result(self) -> MoveCandidates:
        """Return what has moved; raise SourceUnavailable where a list is refused."""
        own = ids.subscription_of(self._group)
        self._list(own)
        here = known_resources.within(self._services.store, self._group)
        missing = [each for each in here if ids.key(_top(each)) not in self._listed]
        if missing:
            for each in self._services.facts.subscriptions:
                self._list(each)
        moved = {each: tuple(self._now(each)) for each in missing}
        groups = {
            self._group,
            *(ids.key(ids.group_of(new)) for every in moved.values() for new in every),
        }
        return MoveCandidates(moved, tuple(self._unknown_in(groups, moved)))

    def _list(self, subscription: str) -> None:
        if subscription in self._searched:
            return
        self._searched.add(subscription)
        for each in self._inventory.members(subscription):
            self._listed[ids.key(each)] = each
            self._by_name[_name(each)].append(each)

    def _now(self, old: str) -> Iterator[str]:
        """Yield the ids that a missing resource may have now: of its name and type, elsewhere.

        One that was known before is taken for it only where there is none that was not.
        """
        top = _top(old)
        alike = [each for each in self._by_name[_name(top)] if ids.key(each) != ids.key(top)]
        new = [each for each in alike if self._is_new(each, top)]
        yield from (f"{each}{old[len(top) :]}" for each in new or alike)

    def _is_new(self, candidate: str, top: str) -> bool:
        record = load_record(self._services.store, candidate).record
        return not record.documents or ids.key(record.moved_from) == ids.key(top)

    def _unknown_in(
        self, groups: Iterable[str], moved: Mapping[str, tuple[str, ...]]
    ) -> Iterator[str]:
        """Yield what is judged and listed in these groups, and was never looked at."""
        taken = {ids.key(each) for every in moved.values() for each in every}
        judged, wanted = self._services.watched.evaluated, set(groups)
        for name, each in self._listed.items():
            if name in taken or ids.key(ids.group_of(each)) not in wanted:
                continue
            if (
                ids.type_of(each) in judged
                and not load_record(self._services.store, each).record.documents
            ):
                yield each


def _top(resource_id: str) -> str:
    """Return the id of the resource itself that a child belongs to: a move takes all of it along."""
    *_, top = (each for each in ids.lineage(resource_id) if ids.type_of(each) not in _ABOVE)
    return top


def _name(resource_id: str) -> str:
    """Return what a move leaves of an id: its type and its name."""
    return ids.key(resource_id).partition("/providers/")[2]
