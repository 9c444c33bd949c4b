"""Address rules of a firewall: which of them allow more than the operator approved."""

import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final

from detectors.ip.addresses import BROAD, IPV4, addresses_of, count
from detectors.ip.public_space import PUBLIC
from drift import ids
from drift.estate import Baseline
from drift.model import MISSING, Resource, dig

Network = IPv4Network | IPv6Network

IP_RULES: Final = "properties.networkAcls.ipRules"
IPV6_RULES: Final = "properties.networkAcls.ipv6Rules"

_NARROW: Final = {4: 24, 6: 64}
"""The shortest prefix, by IP version, that names one place rather than a part of the Internet."""

_FAMILIES: Final = (PUBLIC & IPV4, PUBLIC & addresses_of(("2000::/3",)))
"""The public addresses by family; IANA allocates IPv6 from 2000::/3 only (RFC 4291, section 2.4)."""

_SHOWN_NETWORKS: Final = 5
"""Networks named in a reason; the others are counted."""


@dataclass(frozen=True, slots=True)
class IpRule:
    """One address rule: the item as ARM shows it, and the network it allows."""

    item: Any
    network: Network


@dataclass(frozen=True, slots=True)
class Approved:
    """What the operator approved: networks, and the ARM ids (also of what lies above) of subnets."""

    networks: tuple[Network, ...]
    ids: tuple[str, ...]

    @staticmethod
    def by(baseline: Baseline) -> "Approved":
        """Read the approved networks: an entry that begins with a slash is an id, others prefixes."""
        return _approved(baseline.approved_networks)

    def covers(self, network: Network) -> bool:
        """Tell whether every address of the network is approved."""
        return any(_within(network, each) for each in self.networks)

    def names(self, resource_id: str) -> bool:
        """Tell whether a resource, or something it lies in, is approved by its id."""
        own = ids.key(resource_id)
        return any(own == each or own.startswith(f"{each}/") for each in self.ids)


@functools.lru_cache(maxsize=8)
def _approved(networks: tuple[str, ...]) -> Approved:
    named = [each for each in networks if each.startswith("/")]
    prefixes = [each for each in networks if not each.startswith("/")]
    return Approved(united(network_of(each) for each in prefixes), tuple(map(ids.key, named)))


def rules(resource: Resource, path: str) -> tuple[tuple[IpRule, ...], int]:
    """Return the rules of a list, and how many items are not an Allow of addresses."""
    items = resource.items(path)
    found = tuple(rule for item in items if (rule := _rule(item)))
    return found, len(items) - len(found)


def _rule(item: Any) -> IpRule | None:
    action, value = dig(item, "action"), dig(item, "value")
    if action is not MISSING and str(action).lower() != "allow":
        return None
    try:
        return IpRule(item, network_of(value))
    except ValueError:
        return None


def network_of(text: Any) -> Network:
    """Return an address or a prefix as a network; bits below the prefix length do not matter."""
    if not isinstance(text, str):
        raise ValueError("not a string")
    return ip_network(text.strip(), strict=False)


def united(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return the fewest networks that hold the same addresses: two halves become one whole."""
    listed = list(networks)
    v4 = collapse_addresses(each for each in listed if isinstance(each, IPv4Network))
    v6 = collapse_addresses(each for each in listed if isinstance(each, IPv6Network))
    return (*v4, *v6)


def is_wide(network: Network) -> bool:
    """Tell whether a network is too large to be one place."""
    return network.prefixlen < _NARROW[network.version]


def is_whole_internet(found: Iterable[IpRule]) -> bool:
    """Tell whether rules together allow all public addresses of a family, in however many parts.

    A gap that is smaller than what counts as the Internet in a security group changes nothing.
    """
    allowed = addresses_of(str(each.network) for each in found)
    return any(count(family - allowed) < BROAD for family in _FAMILIES)


def is_narrow(networks: Iterable[Network], approved: Approved) -> bool:
    """Tell whether every network, two halves as one whole, is approved or small enough to be a place."""
    return all(approved.covers(each) or not is_wide(each) for each in united(networks))


def _within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def not_approved(found: Iterable[IpRule], approved: Approved) -> tuple[IpRule, ...]:
    """Return the rules that allow an address which is not approved."""
    return tuple(each for each in found if not approved.covers(each.network))


def described(found: Iterable[IpRule]) -> str:
    """Return networks in words, and their combined size where it is more than one site."""
    rules_found = tuple(found)
    networks = [each.network for each in rules_found]
    names = ", ".join(str(each).removesuffix("/32") for each in networks[:_SHOWN_NETWORKS])
    more = f" and {len(networks) - _SHOWN_NETWORKS} more" if len(networks) > _SHOWN_NETWORKS else ""
    whole = ", together the whole Internet" if is_whole_internet(rules_found) else ""
    return names + more + (whole or _breadth(united(networks), networks[:_SHOWN_NETWORKS]))


def _breadth(networks: Iterable[Network], shown: Collection[Network]) -> str:
    """Return the size of the widest network, "" if the text already shows it."""
    widest = min(networks, key=lambda each: each.prefixlen)
    return f", as wide as a /{widest.prefixlen}" if is_wide(widest) and widest not in shown else ""
