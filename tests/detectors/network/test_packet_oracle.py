"""The evaluator agrees with packets sent through the rules one by one."""

from itertools import product
from random import Random

import pytest

from detectors.ip.addresses import NOWHERE, V6_START
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import public_but
from detectors.network import admin_ports
from detectors.nsg.exposure import find_openings
from detectors.nsg.matches import ADMINISTRATIVE, AdminService
from detectors.nsg.security_rules import rules_in_order
from drift.model import Outcome, Severity
from tests.detectors.network.generated_groups import draw_group
from tests.detectors.network.groups import GROUP_ID, Estate, group
from tests.detectors.network.packet_oracle import (
    SERVICES,
    SPECIAL,
    Address,
    Block,
    Findings,
    Oracle,
)
from tests.support.extent import EVERYTHING

GROUPS_A_CHUNK = 1_000 if EVERYTHING else 250


@pytest.mark.parametrize("chunk", range(5))
def test_verdict_and_witness_agree_with_packets_sent_one_by_one(chunk: int) -> None:
    random = Random(f"chunk {chunk}")
    for number in range(GROUPS_A_CHUNK):
        rules, approved = draw_group(random)
        case = f"group {number} of chunk {chunk}: {rules}, approved {approved}"
        oracle = Oracle(rules, approved)
        found = oracle.find()
        verdict = admin_ports.evaluate(group(rules), Estate(*approved))
        opened = _opened(rules, approved)

        assert verdict.outcome is _expected(found), case
        assert {s: _blocks(opened[s]) for s in SERVICES} == found.open, case
        if verdict.outcome is Outcome.FAIL:
            assert (verdict.severity is Severity.CRITICAL) == _is_broad(found), case
        for service, source in product(SERVICES, _random_sources(random, rules)):
            assert (_place(source) in opened[service]) == oracle.lets_in(service, source), case


def _expected(found: Findings) -> Outcome:
    if found.certain:
        return Outcome.FAIL
    return Outcome.UNKNOWN if found.possible else Outcome.PASS


def _opened(rules: list[dict[str, object]], approved: tuple[str, ...]) -> dict[object, IntervalSet]:
    """Return the addresses to which each service is open for certain, by the evaluator."""
    opened: dict[object, IntervalSet] = dict.fromkeys(SERVICES, NOWHERE)
    listed = [("properties.securityRules", each) for each in rules]
    for each in find_openings(
        rules_in_order(listed, GROUP_ID, ADMINISTRATIVE), public_but(approved)
    ):
        if each.certain:
            opened[_key(each.service)] |= each.addresses
    return opened


def _key(service: AdminService) -> tuple[str, int]:
    return service.protocol.lower(), service.port


def _place(source: Address) -> int:
    family, number = source
    return number if family == 4 else V6_START + number


def _blocks(addresses: IntervalSet) -> list[Block]:
    blocks = []
    for start, end in addresses.intervals():
        if start < V6_START:
            blocks.append((4, start, min(end, V6_START) - 1))
        if end > V6_START:
            blocks.append((6, max(start, V6_START) - V6_START, end - 1 - V6_START))
    return blocks


def _is_broad(found: Findings) -> bool:
    """Count independently: 2^24 addresses, of IPv6 the /64 networks, or machines of any customer."""
    networks: set[tuple[int, int]] = set()
    for family, first, last in (each for blocks in found.open.values() for each in blocks):
        shift = 0 if family == 4 else 64
        networks.add((first >> shift | (family == 6) << 65, last >> shift | (family == 6) << 65))
    total, reached = 0, -1
    for first, last in sorted(networks):
        total += max(0, last - max(first, reached + 1) + 1)
        reached = max(reached, last)
    return found.rented or total >= 1 << 24


def _random_sources(random: Random, rules: list[dict[str, object]]) -> list[Address]:
    """Return addresses at random, special ones, and neighbours of the rules' and registries' edges."""
    sources = [(4, random.getrandbits(32)), (6, random.getrandbits(128))]
    edges = [edge for each in Oracle(rules, ()).rules for edge in each.sources.blocks]
    for family, first, last in [*edges[:4], *random.sample(SPECIAL, 2)]:
        sources += [(family, at) for at in (first - 1, first, last, last + 1)]
    sizes = {4: 1 << 32, 6: 1 << 128}
    return [(family, number) for family, number in sources if 0 <= number < sizes[family]]
