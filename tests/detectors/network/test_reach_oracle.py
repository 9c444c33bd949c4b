"""What gets through two groups to one machine agrees with packets sent through both one by one."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from detectors.ip.public_space import public_but
from detectors.nsg.exposure_severity import effect_of
from detectors.nsg.lateral import lateral
from detectors.nsg.security_rules import rules_of
from drift import ids
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import ScopedEstate
from drift.estate import Baseline
from drift.model import Outcome, Severity
from drift.phi.resolver import LazyScopeResolver, PriorScope
from tests.detectors.network.generated_groups import draw_group
from tests.detectors.network.groups import GROUP_ID, SUBNET, group
from tests.detectors.network.packet_oracle import (
    FAMILY_BITS,
    SERVICES,
    SPECIAL,
    Address,
    Block,
    block,
    parse,
    within,
)
from tests.support.extent import part

PAIRS_A_CHUNK = 60
SUBSCRIPTION = ids.subscription_of(GROUP_ID)
GROUP, _, _ = GROUP_ID.partition("/providers/")
NETWORK = SUBNET["id"].partition("/subnets/")[0]
NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/records"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/records"
INNER = GROUP_ID.replace("/front", "/inner")
OWN_SPACE = ("10.0.0.0/16", "fd00:1::/48")
BASTION = "10.0.9.0/26"
FROM_BASTION: dict[str, Any] = {
    "access": "Allow",
    "sourceAddressPrefix": BASTION,
    "sourceAddressPrefixes": [],
    "sourceApplicationSecurityGroups": None,
}
PRIVATE = [
    block(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]
PLACES = ("10.0.0.4", "10.0.0.5", "10.0.0.200", "fd00:1::7")

Raw = dict[str, Any]


@dataclass
class Level:
    """One group's rules, which packets to one machine meet in order."""

    raws: list[Raw]
    address: Address
    members: list[str]

    def lets_in(self, service: tuple[str, int], source: Address) -> bool:
        return any(self._from_port(service, source, port) for port in self._source_ports())

    def _source_ports(self) -> set[int]:
        ends = [each for raw in self.raws for each in parse(raw).source_ports]
        return {0, *(first for first, _ in ends), *(last + 1 for _, last in ends if last < 65535)}

    def _from_port(self, service: tuple[str, int], source: Address, port: int) -> bool:
        for raw in sorted(self.raws, key=lambda each: each["properties"]["priority"]):
            rule = parse(raw)
            here = any(rule.reaches(self.address, each, port) for each in ("", *self.members))
            if rule.inbound and here and rule.serves(service) and _is_from(raw, source):
                return bool(rule.allows)
        return False


def _is_from(raw: Raw, source: Address) -> bool:
    """Tell whether a rule's sources contain an address; VirtualNetwork has its known ranges."""
    facts = raw["properties"]
    texts = [facts.get("sourceAddressPrefix"), *(facts.get("sourceAddressPrefixes") or ())]
    allows = facts["access"].lower() == "allow"
    meant: dict[str, Callable[[], bool]] = {
        "*": lambda: True,
        "any": lambda: True,
        "internet": lambda: not within(source, SPECIAL),
        "virtualnetwork": lambda: within(
            source, [block(each) for each in OWN_SPACE] if allows else PRIVATE
        ),
        "azureloadbalancer": lambda: False,
        "gatewaymanager": lambda: False,
    }
    return any(
        meant.get(text.lower(), lambda text=text: within(source, [block(text)]))()
        for text in texts
        if text
    )


def draw_clear_group(random: Random) -> list[Raw]:
    """Return rules that leave nothing in doubt: no broken ones, no tag whose ranges we lack.

    Now and then one of them lets in the Bastion subnet.
    """
    while True:
        raws, _ = draw_group(random)
        rules = [parse(raw) for raw in raws]
        priorities = [each.priority for each in rules]
        clear = not any(
            each.broken or each.sources.lacking or each.sources.rented for each in rules
        )
        if clear and len(set(priorities)) == len(priorities):
            random.choice(raws)["properties"] |= random.choice(({}, {}, FROM_BASTION))
            return raws


def sources(levels: list[Level], family: int) -> Iterator[Address]:
    """Yield the first address of every stretch that nothing here tells apart."""
    blocks: list[Block] = [*SPECIAL, *PRIVATE, *map(block, (*OWN_SPACE, BASTION))]
    for raw in (raw for each in levels for raw in each.raws):
        blocks += parse(raw).sources.blocks
    starts = {first for kind, first, _ in blocks if kind == family}
    starts |= {last + 1 for kind, _, last in blocks if kind == family}
    yield from ((family, each) for each in sorted({0, *starts}) if not each >> FAMILY_BITS[family])


def documents(inner: list[Raw], address: str, members: list[str]) -> dict[str, Raw]:
    configuration = {
        "privateIPAddress": address,
        "subnet": SUBNET,
        "publicIPAddress": {"id": f"{NIC}-ip"},
        "applicationSecurityGroups": [{"id": each} for each in members],
    }
    interface = {
        "networkSecurityGroup": {"id": INNER},
        "virtualMachine": {"id": MACHINE},
        "ipConfigurations": [{"name": "one", "properties": configuration}],
    }
    front = {
        "addressPrefixes": ["10.0.0.0/24", "fd00:1::/64"],
        "ipConfigurations": [{"id": f"{NIC}/ipConfigurations/one"}],
    }
    network = {
        "addressSpace": {"addressPrefixes": list(OWN_SPACE)},
        "subnets": [
            {"name": "front", "properties": front},
            {"name": "AzureBastionSubnet", "properties": {"addressPrefix": BASTION}},
        ],
    }
    shown: dict[str, Raw] = {
        NETWORK: {"properties": network},
        NIC: {"properties": interface},
        MACHINE: {"properties": {}},
        INNER: {"properties": {"securityRules": inner}},
    }
    return {name.lower(): {"id": name, **body} for name, body in shown.items()}


@pytest.mark.parametrize("chunk", part(range(5), one_in=3))
def test_two_levels_agree_with_packets_sent_through_both(chunk: int) -> None:
    random = Random(f"reach {chunk}")
    for number in range(PAIRS_A_CHUNK):
        outer, inner = draw_clear_group(random), draw_clear_group(random)
        place = random.choice(PLACES)
        members = random.choice(([], ["/subscriptions/s/web"], ["/subscriptions/s/jump"]))
        family, first, _ = block(place)
        levels = [Level(each, (family, first), members) for each in (outer, inner)]
        found = list(_let_in(levels, family))
        judged = group(outer, defaultSecurityRules=[])
        around = DocumentEstate(
            documents(inner, place, members),
            complete=True,
            baseline=Baseline(),
            now=datetime(2026, 3, 1, tzinfo=UTC),
        )
        scoping = LazyScopeResolver(
            judged, around, PhiScope(subscriptions=(SUBSCRIPTION,)), PriorScope()
        )
        estate, rules = ScopedEstate(around, scoping), rules_of(judged, Baseline().admin_ports)
        severity = effect_of(
            judged, estate, rules=rules, public=public_but(()), severity=Severity.CRITICAL
        ).severity
        case = f"pair {number} of chunk {chunk} to {place} in {members}: {outer}, {inner}"

        inside = lateral(rules, judged, estate).outcome is Outcome.FAIL
        assert inside == any(_is_private(source) and both for source, _, both in found), case
        public = [each for each in found if not within(each[0], SPECIAL)]
        assert (severity is Severity.LOW) == (not any(both for *_, both in public)), case


def _is_private(source: Address) -> bool:
    return within(source, PRIVATE) and not within(source, [block(BASTION)])


def _let_in(levels: list[Level], family: int) -> Iterator[tuple[Address, bool, bool]]:
    """Yield for each sort of packet whether the first level lets it in, and whether both do."""
    outer, inner = levels
    for service, source in itertools.product(SERVICES, sources(levels, family)):
        here = outer.lets_in(service, source)
        yield source, here, here and inner.lets_in(service, source)
