"""Flow logs: which of them record the traffic of a virtual network, or of parts of it."""

from dataclasses import dataclass
from typing import Final

from detectors.evidence import listed
from detectors.topology.networks import subnets_in
from detectors.topology.subnet_interfaces import occupants_of
from drift import ids
from drift.arm.references import id_at, reference_at
from drift.arm.types import SECURITY_GROUP
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource

TARGET: Final = "properties.targetResourceId"
REGION: Final = "location"

_WATCHERS: Final = "providers/Microsoft.Network/networkWatchers"
_FLOW_LOGS: Final = "flowLogs"
_GROUP: Final = "properties.networkSecurityGroup"


@dataclass(frozen=True, slots=True)
class FlowLogs:
    """The flow logs of a network.

    ``whole`` record the network, ``parts`` its subnets and their interfaces. ``of_groups`` tells
    whether one records a security group of a subnet. ``watcher`` holds the flow logs of the region, ""
    where there is none. There may be others where there is a ``doubt``.
    """

    whole: tuple[Resource, ...]
    parts: tuple[Resource, ...]
    of_groups: bool
    watcher: str
    doubt: Unreadable | None


def flow_logs_of(network: Resource, estate: Estate) -> FlowLogs:
    """Return the flow logs of a network; the watcher of its region and subscription holds them.

    A list may come from a cache from before a change, and an event of a watcher or a flow log finds
    only resources that have read its own document: so each is read.
    https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview
    """
    subscription = f"/subscriptions/{ids.subscription_of(network.id)}"
    watchers, doubt = listed(lambda: estate.children(subscription, _WATCHERS))
    region = _region_of(network)
    near = [each.id for each in watchers if _region_of(each) == region]
    here: list[str] = []
    shown: list[Resource] = []
    for watcher in near:
        exists, refused = _existence(watcher, estate)
        found, unlisted = _listed(watcher, estate) if exists else ((), None)
        here += [watcher] if exists else []
        shown += found
        doubt = doubt or refused or unlisted
    kind = SECURITY_GROUP
    return FlowLogs(
        _read(shown, frozenset([ids.key(network.id)]), estate),
        _read(shown, _parts_of(network), estate),
        any(ids.type_of(each) == kind for each in _targets(shown) & _groups_of(network)),
        next(iter(here), ""),
        doubt,
    )


def _existence(watcher: str, estate: Estate) -> tuple[bool, Unreadable | None]:
    """Tell whether a listed watcher still exists, and why that is not certain."""
    try:
        return estate.get(watcher) is not None, None
    except Unreadable as error:
        return True, error


def _listed(watcher: str, estate: Estate) -> tuple[tuple[Resource, ...], Unreadable | None]:
    return listed(lambda: estate.children(watcher, _FLOW_LOGS))


def _read(shown: list[Resource], targets: frozenset[str], estate: Estate) -> tuple[Resource, ...]:
    named = [each.id for each in shown if _target_of(each) in targets]
    return tuple(found for found in map(estate.get, named) if found)


def _targets(shown: list[Resource]) -> frozenset[str]:
    return frozenset(map(_target_of, shown))


def _target_of(flow_log: Resource) -> str:
    """Return the id of what a flow log records, as ``ids.key`` spells it."""
    target = id_at(flow_log, TARGET)
    if not target:
        raise Unreadable(f"{flow_log.id}#{TARGET}", "absent")
    return ids.key(target)


def _parts_of(network: Resource) -> frozenset[str]:
    subnets = tuple(subnets_in(network))
    interfaces = (name for each in subnets for name in occupants_of(each)[0])
    return frozenset(map(ids.key, (*(each.id for each in subnets), *interfaces)))


def _groups_of(network: Resource) -> frozenset[str]:
    groups = (reference_at(each, _GROUP, SECURITY_GROUP) for each in subnets_in(network))
    return frozenset(ids.key(each) for each in groups if each)


def _region_of(resource: Resource) -> str:
    """Return a region as ARM compares it: ``East US`` is ``eastus``."""
    region = resource.word(REGION)
    if region is MISSING:
        raise Unreadable(f"{resource.id}#{REGION}", "absent")
    return str(region).replace(" ", "")
