"""The addresses behind a security group, and the group at the other level that also filters them.

Both levels must allow traffic, the subnet's group and the interface's; a level without a group
allows everything.
https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectors.topology.interfaces import OWN_GROUP, InboundAddress, Interface, find_interface
from detectors.topology.networks import SubnetPlace, place_of
from detectors.topology.subnet_interfaces import MOST, occupants_of, owner_of
from drift import ids
from drift.arm.references import reference_at, references_at
from drift.arm.types import INTERFACE, SECURITY_GROUP, SUBNET
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource

SUBNETS: Final = "properties.subnets"
INTERFACES: Final = "properties.networkInterfaces"


@dataclass(frozen=True, slots=True)
class Way:
    """One path through the group: ``other`` is the group at the other level, "" for none."""

    interface: Interface
    address: InboundAddress
    place: SubnetPlace
    other: str


@dataclass(frozen=True, slots=True)
class Behind:
    """The paths behind a group, and why there may be more.

    A gap that is NotGiven is of a type that is not evaluated, or is not among the given documents.
    Any other gap may hide a path: it was not readable, or there are too many to evaluate.
    """

    ways: tuple[Way, ...]
    gaps: tuple[Unreadable, ...]


def is_attached(group: Resource) -> bool:
    """Tell whether the group is attached; ARM omits both lists where they are empty."""
    return any(group.get(path) not in (MISSING, [], ()) for path in (SUBNETS, INTERFACES))


def look_behind(group: Resource, estate: Estate) -> Behind:
    """Return every path through the group, as far as it is readable."""
    walk = _Walk(group, estate)
    walk.all()
    return Behind(tuple(walk.ways), tuple(walk.gaps))


class _Walk:
    """Follows a group to the addresses behind it, and notes where a read fails."""

    def __init__(self, group: Resource, estate: Estate) -> None:
        self.ways: list[Way] = []
        self.gaps: list[Unreadable] = []
        self._group = group
        self._estate = estate
        self._seen: set[str] = set()
        self._has_more = False

    def all(self) -> None:
        """Follow every interface and every subnet that the group references."""
        for each in self._read(self._named(INTERFACES)):
            self._to_interface(each, None)
        subnets = self._named(SUBNETS)
        if len(subnets) > MOST:
            self.gaps.append(_too_many("subnets"))
        for each in subnets[:MOST]:
            self._to_subnet(each)

    def _named(self, path: str) -> tuple[str, ...]:
        try:
            return references_at(self._group, path)
        except Unreadable as error:
            self.gaps.append(error)
            return ()

    def _read(self, named: tuple[str, ...]) -> Iterator[str]:
        """Yield the interfaces that are evaluated; the others are noted once for each owner.

        Only what is read counts toward the limit.
        """
        single = [each for each in named if ids.type_of(each) == INTERFACE]
        others = dict.fromkeys(owner_of(each) for each in named if each not in single)
        self.gaps += (NotGiven(each, "resources of its kind are not evaluated") for each in others)
        yield from single

    def _to_subnet(self, subnet_id: str) -> None:
        try:
            place = self._place(subnet_id)
            interfaces, others = occupants_of(place.subnet)
        except Unreadable as error:
            self.gaps.append(error)
            return
        self.gaps += (NotGiven(each, "resources of its kind are not evaluated") for each in others)
        for each in interfaces:
            self._to_interface(each, place)

    def _to_interface(self, interface_id: str, place: SubnetPlace | None) -> None:
        name = ids.key(interface_id)
        if name not in self._seen and len(self._seen) == MOST:
            self._note_more()
            return
        self._seen.add(name)
        try:
            interface = find_interface(interface_id, self._estate)
            self.ways += self._from_subnet(interface, place) if place else self._own(interface)
        except Unreadable as error:
            self.gaps.append(error)

    def _note_more(self) -> None:
        """Note once that there are more interfaces than are evaluated."""
        if not self._has_more:
            self._has_more = True
            self.gaps.append(_too_many("interfaces"))

    def _own(self, interface: Interface) -> Iterator[Way]:
        """Yield the paths to an interface that has the group itself."""
        for address in interface.addresses:
            place = self._place(address.subnet)
            yield self._way(
                interface,
                address,
                place,
                reference_at(place.subnet, OWN_GROUP, SECURITY_GROUP),
            )

    def _from_subnet(self, interface: Interface, place: SubnetPlace) -> Iterator[Way]:
        """Yield the paths to an interface in a subnet that has the group."""
        for address in interface.addresses:
            if ids.key(address.subnet) == ids.key(place.subnet.id):
                yield self._way(interface, address, place, interface.group)

    def _way(
        self, interface: Interface, address: InboundAddress, place: SubnetPlace, other: str
    ) -> Way:
        same = ids.key(other) == ids.key(self._group.id)
        return Way(interface, address, place, "" if same else other)

    def _place(self, subnet_id: str) -> SubnetPlace:
        if ids.type_of(subnet_id) != SUBNET:
            raise Unreadable(SUBNETS, "one of them is not a subnet")
        place = place_of(subnet_id, self._estate)
        if place is None:
            raise NotGiven(subnet_id, "it is referenced but does not exist")
        return place


def _too_many(what: str) -> Unreadable:
    return Unreadable(f"more than {MOST} {what} are behind the group", f"only {MOST} are evaluated")
