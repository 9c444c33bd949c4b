"""The interfaces in a subnet, and whether any of them belongs to a machine."""

from collections.abc import Iterable
from typing import Final

from detectors.topology.interfaces import USED_BY
from drift import ids
from drift.arm.references import reference_at, references_at
from drift.arm.types import INTERFACE, MACHINE, SCALE_SET
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.ids import name_of, parent_of
from drift.model import Resource

OCCUPANTS: Final = "properties.ipConfigurations"

MOST: Final = 20
"""How many interfaces, and how many subnets, one evaluation reads: each costs a read or two."""

_OF_INTERFACE: Final = f"{INTERFACE}/ipconfigurations"
_NOBODY_LOGS_IN: Final = tuple(
    f"microsoft.network/{kind}/"
    for kind in (
        "applicationgateways",
        "azurefirewalls",
        "bastionhosts",
        "loadbalancers",
        "virtualnetworkgateways",
    )
)
"""Azure services in a subnet: they have no SSH or RDP of the customer."""


def occupants_of(subnet: Resource) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the interfaces in a subnet, and of other resources that may accept logins."""
    interfaces, others = dict[str, str](), dict[str, str]()
    for each in references_at(subnet, OCCUPANTS):
        kind, owner = ids.type_of(each), parent_of(each)
        if kind == _OF_INTERFACE:
            interfaces.setdefault(ids.key(owner), owner)
        elif not kind.startswith(_NOBODY_LOGS_IN):
            others.setdefault(ids.key(owner_of(each)), owner_of(each))
    return tuple(interfaces.values()), tuple(others.values())


def owner_of(occupant_id: str) -> str:
    """Return the scale set that an interface or address is of, else what the id names it under."""
    whole = next((each for each in ids.lineage(occupant_id) if ids.type_of(each) == SCALE_SET), "")
    return whole or parent_of(occupant_id)


def find_machine(subnets: Iterable[Resource], estate: Estate) -> str:
    """Return words for a machine in one of the subnets, "" if there is none.

    An interface counts as a machine's unless its document shows that it belongs to a private
    endpoint or is unattached. Raise Unreadable if an unreadable interface decides.
    """
    interfaces: dict[str, str] = {}
    for subnet in subnets:
        found, others = occupants_of(subnet)
        if any(ids.type_of(each) == SCALE_SET for each in others):
            return f"a scale set in {subnet.name}"
        interfaces |= {ids.key(each): each for each in found}
    return _machine_of(tuple(interfaces.values()), estate)


def _machine_of(interfaces: tuple[str, ...], estate: Estate) -> str:
    doubt: Unreadable | None = None
    for each in interfaces[:MOST]:
        try:
            interface = estate.get(each)
            machine = reference_at(interface, USED_BY, MACHINE) if interface else each
        except NotGiven:
            return f"interface {name_of(each)}"
        except Unreadable as error:
            doubt = doubt or error
            continue
        if machine:
            return f"{'machine' if interface else 'interface'} {name_of(machine)}"
    if len(interfaces) > MOST:
        return f"{len(interfaces)} interfaces, of which {MOST} were evaluated"
    if doubt:
        raise doubt
    return ""
