"""Firewall rules of a SQL server: address ranges, and the special rule for all of Azure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.ip.addresses import IPV4, IPV6, count, count_v4, count_v6, interval_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PUBLIC
from drift.model import Resource, Severity

IPV4_RULES: Final = "firewallRules"
IPV6_RULES: Final = "ipv6FirewallRules"

ENDS: Final = {
    IPV4_RULES: ("properties.startIpAddress", "properties.endIpAddress"),
    IPV6_RULES: ("properties.startIPv6Address", "properties.endIPv6Address"),
}
"""The properties that hold the first and last address of a rule, by collection."""

_ALL_OF_AZURE: Final = "0.0.0.0 - 0.0.0.0"

_BROAD: Final = 1 << 24
"""Addresses that count as the Internet, as they do in a security group."""

_PLACE: Final = 1 << 8
"""Addresses of a /24, the most that one site has."""

_SHOWN_RANGES: Final = 5


@dataclass(frozen=True, slots=True)
class SqlFirewallRule:
    """One rule: its document, its range in words, and its addresses, None where they are invalid."""

    document: Resource
    path: str
    text: str
    addresses: IntervalSet | None

    @property
    def lets_in_azure(self) -> bool:
        """Tell whether it allows every address inside Azure, also those of other customers.

        https://learn.microsoft.com/azure/azure-sql/database/firewall-configure
        """
        return self.text == _ALL_OF_AZURE


def rule_of(document: Resource, kind: str) -> SqlFirewallRule:
    """Read a rule of a collection."""
    first, last = ENDS[kind]
    ends = [str(document.get(path)).strip() for path in (first, last)]
    found = interval_of("-".join(ends))
    addresses = None if found is None else IntervalSet((found[0], found[1]))
    return SqlFirewallRule(document, first, " - ".join(ends), addresses)


def let_in(rules: Iterable[SqlFirewallRule]) -> IntervalSet:
    """Return all addresses of the rules together: two halves of the Internet are the Internet."""
    return IntervalSet.of(
        interval for each in rules if each.addresses for interval in each.addresses.intervals()
    )


def severity_of_ranges(rules: Iterable[SqlFirewallRule]) -> Severity:
    """Return the severity of rules that allow addresses outside the approved list."""
    together = let_in(rules)
    if count(together & PUBLIC) >= _BROAD:
        return Severity.CRITICAL
    is_place = count_v4(together) <= _PLACE and count_v6(together) <= 1
    return Severity.MEDIUM if is_place else Severity.HIGH


def described(rules: Sequence[SqlFirewallRule]) -> str:
    """Return ranges in words, and a note where together they are the whole Internet."""
    names = ", ".join(each.text for each in rules[:_SHOWN_RANGES])
    more = f" and {len(rules) - _SHOWN_RANGES} more" if len(rules) > _SHOWN_RANGES else ""
    whole = any(not (PUBLIC & each) - let_in(rules) for each in (IPV4, IPV6))
    return f"{names}{more}{', together the whole Internet' if whole else ''}"
