"""What a load balancer forwards from a public address to the machines behind it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from drift import ids
from drift.arm.references import id_at, references_at
from drift.errors import Unreadable
from drift.ids import relative_to
from drift.model import MISSING, Evidence, Resource, dig

FRONTENDS: Final = "properties.frontendIPConfigurations"
NAT_RULES: Final = "properties.inboundNatRules"
RULES: Final = "properties.loadBalancingRules"

_FRONTEND: Final = "properties.frontendIPConfiguration.id"
_POOL: Final = "properties.backendAddressPool.id"
_POOLS: Final = "properties.backendAddressPools"
_PUBLIC: Final = ("properties.publicIPAddress", "properties.publicIPPrefix")
_PORTS: Final = ("protocol", "frontendPort", "frontendPortRangeStart", "backendPort")


def openings(balancer: Resource, ways: Collection[str], machine: Resource) -> tuple[Evidence, ...]:
    """Return the rules that forward from a public frontend by these ids of rules and pools.

    A pool only for outbound traffic is in no rule. Raise Unreadable if the load balancer does not
    show the deciding properties.
    """
    wanted = {ids.key(each) for each in ways}
    public = _frontends(balancer)
    shown = f"{relative_to(balancer.id, machine.id)}#"
    found = []
    for path, rule in _rules(balancer, wanted):
        frontend = ids.key(id_at(rule, _FRONTEND))
        if frontend not in public:
            raise Unreadable(f"{path}.{_FRONTEND}", "absent, or a frontend that is not shown")
        if public[frontend]:
            found.append(Evidence(f"{shown}{path}", _ports(rule), "no public frontend"))
    return tuple(found)


def _frontends(balancer: Resource) -> dict[str, bool]:
    """Return for each frontend whether it is public."""
    return {
        own: any(dig(each, path) is not MISSING for path in _PUBLIC)
        for own, each in _shown(balancer, FRONTENDS).items()
    }


def _rules(balancer: Resource, wanted: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rules with one of these ids or pools, each with its path."""
    known = {path: _shown(balancer, path) for path in (NAT_RULES, RULES)}
    if {each for each in wanted if "/inboundnatrules/" in each} - known[NAT_RULES].keys():
        raise Unreadable(NAT_RULES, "it does not show a rule that an interface references")
    for path, rules in known.items():
        for own, each in rules.items():
            pools = {ids.key(pool) for pool in (id_at(each, _POOL), *references_at(each, _POOLS))}
            if wanted & {own, *pools}:
                yield f"{path}[{dig(each, 'name') or ''}]", each


def _shown(balancer: Resource, path: str) -> dict[str, Mapping[str, Any]]:
    """Return the items of a list by their ids; ARM always shows the list, even if empty."""
    if balancer.get(path) is MISSING:
        raise Unreadable(path, "absent")
    found = {ids.key(id_at(each, "id")): each for each in balancer.items(path)}
    if not all(found):
        raise Unreadable(path, "one of them has no id")
    return found


def _ports(rule: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: dig(rule, f"properties.{name}") for name in _PORTS}
    return {name: value for name, value in shown.items() if value is not MISSING}
