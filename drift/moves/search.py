"""Find resources that a move has given another id: known in a group, and now listed elsewhere."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from drift import ids
from drift.ports import Inventory, Store
from drift.state import known_resources
from drift.state.resource_record import load_record

_ABOVE: Final = (ids.GROUP, ids.SUBSCRIPTION)


@dataclass(frozen=True, slots=True)
class MoveCandidates:
    """The new ids of each missing resource (none: found nowhere), and resources not known before."""

    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arrived: tuple[str, ...] = ()

    def pairs(self, *, lost_counts: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each old id and its new ids; a resource that is not found only if ``lost_counts``."""
        yield from ((old, new) for old, new in self.moved.items() if new or lost_counts)
        yield from (("", (each,)) for each in self.arrived)


class MoveSearch:
    """One search for resources that have moved from a group, or to it.

    ``subscriptions`` are the monitored ones, ``evaluated`` the types that controls evaluate.
    """

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        group: str,
        *,
        subscriptions: Sequence[str],
        evaluated: Container[str],
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._group = ids.key(group)
        self._subscriptions = subscriptions
        self._evaluated = evaluated
        self._searched: set[str] = set()
        self._listed: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)

    def result(self) -> MoveCandidates:
        """Return what has moved; raise SourceUnavailable where a list is refused."""
        own = ids.subscription_of(self._group)
        self._list(own)
        here = known_resources.within(self._store, self._group)
        missing = [each for each in here if ids.key(_top(each)) not in self._listed]
        if missing:
            for each in self._subscriptions:
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

        An id that was known before counts only if there is no new one.
        """
        top = _top(old)
        alike = [each for each in self._by_name[_name(top)] if ids.key(each) != ids.key(top)]
        new = [each for each in alike if self._is_new(each, top)]
        yield from (f"{each}{old[len(top) :]}" for each in new or alike)

    def _is_new(self, candidate: str, top: str) -> bool:
        record = load_record(self._store, candidate).record
        return not record.documents or ids.key(record.moved_from) == ids.key(top)

    def _unknown_in(
        self, groups: Iterable[str], moved: Mapping[str, tuple[str, ...]]
    ) -> Iterator[str]:
        """Yield the resources of evaluated types in these groups that were never evaluated."""
        taken = {ids.key(each) for every in moved.values() for each in every}
        wanted = set(groups)
        for name, each in self._listed.items():
            if name in taken or ids.key(ids.group_of(each)) not in wanted:
                continue
            if (
                ids.type_of(each) in self._evaluated
                and not load_record(self._store, each).record.documents
            ):
                yield each


def _top(resource_id: str) -> str:
    """Return the id of the top-level resource that a child belongs to: it moves as a whole."""
    *_, top = (each for each in ids.lineage(resource_id) if ids.type_of(each) not in _ABOVE)
    return top


def _name(resource_id: str) -> str:
    """Return the part of an id that a move does not change: its type and its name."""
    return ids.key(resource_id).partition("/providers/")[2]
