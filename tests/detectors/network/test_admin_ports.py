"""NSG-ADMIN-PORTS evaluates who can reach a port, for any form of rules."""

from typing import Any

import pytest

from detectors.network.admin_ports import CONTROL
from drift.controls.engine import severity_in_scope
from drift.estate import Scope
from drift.fixes import DeleteChild
from drift.model import Outcome, Severity
from tests.detectors.network.admin_ports import deny, judged, source, sources
from tests.detectors.network.groups import GROUP_ID, rule

UNSEEN = " The resources behind the group were not evaluated"
BOTH = {"destinationPortRange": "", "destinationPortRanges": ["22", "3389"]}
WINDOW = {"destinationAddressPrefix": "10.0.0.4"}
SSH_AND_RDP = (("TCP 22",), ("TCP 3389", "UDP 3389"))


def ports(*ranges: str) -> dict[str, Any]:
    return {"destinationPortRange": "", "destinationPortRanges": list(ranges)}


PEER_CASES = {
    "a": ("..", rule("allow", 200), deny("deny", 100)),
    "a2": ("..", rule("allow", 200, **source("Internet")), deny("deny", 100)),
    "a3": ("S.", rule("allow", 100), deny("deny", 200)),
    "b": ("S.", rule("allow", 100, destinationPortRange="20-30", **source("Internet"))),
    "c": (".R", rule("allow", 100, protocol="*", **ports("3380-3400", "443"))),
    "c2": ("SR", rule("allow", 100, destinationPortRange="*")),
    "d": ("S.", rule("a", 100, **source("0.0.0.0/1")), rule("b", 110, **source("128.0.0.0/1"))),
    "e": ("S.", rule("allow", 100, **source("::/0"))),
    "f": ("S.", rule("allow", 100, **source("8.0.0.0/6"))),
    "g": ("S.", rule("allow", 100, **source("AzureCloud"))),
    "h": ("S.", rule("allow", 100, **sources("10.0.0.0/8", "0.0.0.0/0"))),
    "i": ("S.", rule("allow", 100, **source("any"))),
    "j": ("..", rule("allow", 100, protocol="Udp")),
    "k": ("S.", deny("deny", 100, **source("10.0.0.0/8")), rule("allow", 200)),
    "l": ("..", rule("allow", 100, **source("VirtualNetwork"))),
    "m": ("..", rule("allow", 100, **source("10.0.0.0/8"))),
    "n": ("..", rule("allow", 100, direction="Outbound")),
}


@pytest.mark.parametrize("case", PEER_CASES)
def test_the_cases_that_peers_get_wrong_are_judged_right(case: str) -> None:
    exposed, *rules = PEER_CASES[case]
    verdict = judged(*rules)
    told = "".join(
        letter if any(each in verdict.reason for each in names) else "."
        for letter, names in zip("SR", SSH_AND_RDP, strict=True)
    )

    assert verdict.outcome is (Outcome.PASS if exposed == ".." else Outcome.FAIL)
    if exposed != "..":
        assert told == exposed


@pytest.mark.parametrize(
    ("prefixes", "severity"),
    [
        (("*",), Severity.CRITICAL),
        (("8.0.0.0/8",), Severity.CRITICAL),
        (("8.0.0.0/9", "9.0.0.0/9"), Severity.CRITICAL),
        (("8.0.0.0/9",), Severity.HIGH),
        (("10.0.0.0/8", "8.8.8.8"), Severity.HIGH),
        (("2600::/40",), Severity.CRITICAL),
        (("2600::/41",), Severity.HIGH),
        (("2600::/41", "8.0.0.0/9"), Severity.CRITICAL),
        (("AzureCloud.westeurope",), Severity.CRITICAL),
    ],
)
def test_severity_follows_how_many_addresses_get_in(
    prefixes: tuple[str, ...], severity: Severity
) -> None:
    assert judged(rule("allow", 100, **sources(*prefixes))).severity is severity


def test_what_a_deny_or_the_approved_networks_take_away_is_not_counted() -> None:
    allow = rule("allow", 200, **source("8.0.0.0/8"))
    one = deny("one", 100, **source("8.0.0.1"))

    assert judged(one, allow).severity is Severity.HIGH
    assert judged(allow, approved=("8.0.0.1/32",)).severity is Severity.HIGH
    assert judged(allow, approved=("8.0.0.0/7",)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("properties", "phi", "severity"),
    [
        ({}, True, Severity.CRITICAL),
        ({}, None, Severity.CRITICAL),
        ({}, False, Severity.HIGH),
        ({"subnets": []}, True, Severity.LOW),
        ({"subnets": None, "networkInterfaces": None}, False, Severity.LOW),
        ({"subnets": [], "networkInterfaces": [{"id": "nic"}]}, True, Severity.CRITICAL),
        ({"subnets": "one"}, True, Severity.CRITICAL),
    ],
)
def test_severity_is_lower_where_no_phi_or_nothing_is_behind_the_group(
    properties: dict[str, Any], phi: bool | None, severity: Severity
) -> None:
    verdict = judged(rule("allow", 100), **properties)

    assert severity_in_scope(CONTROL, verdict, Scope(phi, "")) is severity


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            (rule("ssh", 100),),
            "Rule ssh (priority 100) lets the whole Internet reach TCP 22.",
        ),
        (
            (rule("half", 100, **source("0.0.0.0/1")), rule("rest", 110, **source("128.0.0.0/1"))),
            (
                "Rules half (priority 100) and rest (priority 110) let the whole IPv4 Internet "
                "reach TCP 22."
            ),
        ),
        (
            (rule("ssh", 100, **source("8.0.0.0/8")),),
            (
                "Rule ssh (priority 100) lets 16,777,216 IPv4 addresses (0.45 % of the Internet) "
                "reach TCP 22."
            ),
        ),
        (
            (rule("ssh", 100, **sources("8.8.8.8", "2600::1")),),
            "Rule ssh (priority 100) lets 1 IPv4 address and 1 IPv6 network (/64) reach TCP 22.",
        ),
        (
            (rule("all", 100, protocol="*", destinationPortRange="*", **source("::/0")),),
            (
                "Rule all (priority 100) lets the whole IPv6 Internet "
                "reach TCP 22, TCP 3389 and UDP 3389."
            ),
        ),
        (
            (rule("cloud", 100, **source("AzureCloud.eastus")),),
            (
                "Rule cloud (priority 100) lets AzureCloud.eastus (machines of any Azure customer) "
                "reach TCP 22."
            ),
        ),
        (
            (rule("ssh", 100), rule("rdp", 110, destinationPortRange="3389", **source("8.8.8.8"))),
            (
                "Rule ssh (priority 100) lets the whole Internet reach TCP 22. "
                "Rule rdp (priority 110) lets 1 IPv4 address reach TCP 3389."
            ),
        ),
        (
            (rule("SecurityCenter-JITRule-7", 100, **WINDOW, **source("8.8.8.8")),),
            (
                "Rule SecurityCenter-JITRule-7 (priority 100), which looks like a just-in-time window "
                "of Defender, lets 1 IPv4 address reach TCP 22. A just-in-time window "
                "appears to be open; its policy was not read."
            ),
        ),
    ],
)
def test_the_reason_names_rules_ports_and_how_much_of_the_internet(
    rules: tuple[object, ...], words: str
) -> None:
    assert judged(*rules).reason.partition(UNSEEN)[0] == words


@pytest.mark.parametrize(
    ("name", "shape", "severity"),
    [
        ("SecurityCenter-JITRule-7", WINDOW, Severity.HIGH),
        ("microsoftdefenderforcloud-jitrule-7", {**WINDOW, **ports("22", "3389")}, Severity.HIGH),
        ("SecurityCenter-JITRule-7", {}, Severity.CRITICAL),
        (
            "SecurityCenter-JITRule-7",
            {"destinationAddressPrefix": "10.0.0.4/31"},
            Severity.CRITICAL,
        ),
        ("SecurityCenter-JITRule-7", {**WINDOW, **ports("22", "80-90")}, Severity.CRITICAL),
        ("SecurityCenter-JITRule-7", {**WINDOW, "destinationPortRange": "*"}, Severity.CRITICAL),
        (
            "SecurityCenter-JITRule-7",
            {**WINDOW, **ports("22", *map(str, range(8000, 8010)))},
            Severity.CRITICAL,
        ),
        ("my-SecurityCenter-JITRule-7", WINDOW, Severity.CRITICAL),
    ],
)
def test_only_the_name_and_the_shape_of_a_window_keep_the_whole_internet_from_being_critical(
    name: str, shape: dict[str, Any], severity: Severity
) -> None:
    assert judged(rule(name, 100, **shape)).severity is severity


@pytest.mark.parametrize(
    ("name", "shape", "severity"),
    [
        ("SecurityCenter-JITRule-7", WINDOW, Severity.MEDIUM),
        ("SecurityCenter-JITRule-7", {}, Severity.MEDIUM),
        ("SecurityCenter-JITRule-7", {"destinationPortRange": "20-30"}, Severity.HIGH),
        ("ssh", WINDOW, Severity.HIGH),
    ],
)
def test_a_window_for_few_is_one_step_less_severe(
    name: str, shape: dict[str, Any], severity: Severity
) -> None:
    assert judged(rule(name, 100, **{**shape, **source("8.8.8.8")})).severity is severity


def test_the_reason_says_what_was_approved_and_what_is_attached() -> None:
    verdict = judged(rule("ssh", 100), approved=("8.8.8.0/24",), subnets=[])

    assert verdict.reason == (
        "Rule ssh (priority 100) lets the whole Internet outside the approved networks "
        "reach TCP 22. The group is not attached to a subnet or an interface."
    )


def test_many_rules_are_counted_in_the_reason_and_cut_in_the_evidence() -> None:
    verdict = judged(*(rule(f"r{at}", 100 + at, **source(f"8.8.8.{at}")) for at in range(40)))

    assert "r4 (priority 104) and 35 more let 40 IPv4 addresses" in verdict.reason
    assert len(verdict.evidence) == 20
    assert verdict.fix is not None
    assert len(verdict.fix.steps) == 40


def test_evidence_shows_the_deciding_properties_of_each_rule() -> None:
    many = [f"8.8.{at}.0/24" for at in range(12)]
    verdict = judged(rule("ssh", 100, **sources(*many)), rule("vnet", 90, **source("10.0.0.4")))

    assert [each.path for each in verdict.evidence] == ["properties.securityRules[ssh]"]
    assert verdict.evidence[0].expected == "no public source to TCP 22"
    assert verdict.evidence[0].value == {
        "priority": 100,
        "access": "Allow",
        "direction": "Inbound",
        "protocol": "Tcp",
        "sourceAddressPrefixes": [*many[:10], "… and 2 more"],
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }


def test_the_fix_removes_every_rule_that_lets_in_also_one_behind_another() -> None:
    rules = (rule("ssh", 100), rule("web", 300, **ports("22", "443")), rule("vpn", 400, **BOTH))
    verdict = judged(*rules)

    assert verdict.fix is not None
    assert verdict.fix.steps == tuple(
        DeleteChild(f"{GROUP_ID}/securityRules/{name}") for name in ("ssh", "web", "vpn")
    )
    assert "survive the removal of a rule" in verdict.fix.note
    assert "Narrow web instead" in verdict.fix.note


def test_a_rule_without_an_id_is_fixed_by_its_name() -> None:
    allow = {"name": "ssh", "properties": rule("ssh", 100)["properties"]}
    verdict = judged(allow)

    assert verdict.fix is not None
    assert verdict.fix.steps == (DeleteChild(f"{GROUP_ID}/securityRules/ssh"),)
