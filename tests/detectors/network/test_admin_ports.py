"""NSG-ADMIN-PORTS judges by who gets through, whatever the rules look like."""

from typing import Any

import pytest

from detectors.network.admin_ports import CONTROL, evaluate
from drift.controls.engine import severity_in_scope
from drift.errors import Unreadable
from drift.estate import Scope
from drift.fixes import DeleteChild
from drift.model import Outcome, Severity, Verdict
from tests.detectors.network.groups import DEFAULTS, GROUP_ID, Estate, group, rule

UNSEEN = " The resources behind the group were not evaluated"
BOTH = {"destinationPortRange": "", "destinationPortRanges": ["22", "3389"]}
WINDOW = {"destinationAddressPrefix": "10.0.0.4"}
SSH_AND_RDP = (("TCP 22",), ("TCP 3389", "UDP 3389"))


def judged(*rules: object, approved: tuple[str, ...] = (), **properties: Any) -> Verdict:
    return evaluate(group(rules, **properties), Estate(*approved))


def sources(*prefixes: str) -> dict[str, Any]:
    return {"sourceAddressPrefix": "", "sourceAddressPrefixes": list(prefixes)}


def source(prefix: str) -> dict[str, Any]:
    return {"sourceAddressPrefix": prefix}


def ports(*ranges: str) -> dict[str, Any]:
    return {"destinationPortRange": "", "destinationPortRanges": list(ranges)}


def deny(name: str, priority: object, **properties: Any) -> dict[str, Any]:
    return rule(name, priority, access="Deny", **properties)


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


@pytest.mark.parametrize(
    "masking",
    [
        deny("d", 100, protocol="*", destinationPortRange="*"),
        deny("d", 100, **source("Internet"), destinationAddressPrefix="VirtualNetwork"),
        deny("d", 100, **sources("0.0.0.0/0", "::/0")),
        deny("d", 100, **source("8.0.0.0/7")),
        deny("d", 100, destinationAddressPrefix="10.0.0.0/16"),
    ],
)
def test_a_deny_masks_what_it_covers(masking: dict[str, Any]) -> None:
    allow = rule("a", 200, **source("8.8.0.0/16"), destinationAddressPrefix="10.0.0.4")

    assert judged(masking, allow).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "beside",
    [
        deny("d", 100, protocol="Udp"),
        deny("d", 100, destinationPortRange="23-3389"),
        deny("d", 100, direction="Outbound"),
        deny("d", 100, **source("8.8.0.0/17")),
        deny("d", 100, **source("::/0")),
        deny("d", 100, **source("VirtualNetwork")),
        deny("d", 100, **source("AzureCloud")),
        deny("d", 100, **source("Storage")),
        deny("d", 100, destinationAddressPrefix="10.0.0.5"),
        deny("d", 100, destinationAddressPrefix="Storage"),
        deny("d", 100, destinationAddressPrefix="::/0"),
        deny("d", 100, sourcePortRange="1024-65535"),
        deny(
            "d",
            100,
            destinationAddressPrefix=None,
            destinationApplicationSecurityGroups=[{"id": "/s/web"}],
        ),
        deny(
            "d",
            100,
            sourceAddressPrefix=None,
            sourceApplicationSecurityGroups=[{"id": "/s/web"}],
        ),
        deny("d", 201),
    ],
)
def test_a_deny_does_not_mask_what_it_does_not_cover(beside: dict[str, Any]) -> None:
    allow = rule("a", 200, **source("8.8.0.0/16"), destinationAddressPrefix="10.0.0.4")

    assert judged(beside, allow).outcome is Outcome.FAIL


def test_denies_mask_together_what_each_leaves_open() -> None:
    halves = (
        deny("low", 100, sourcePortRange="0-1023", destinationAddressPrefix="10.0.0.0/25"),
        deny("high", 110, sourcePortRange="1024-65535", destinationAddressPrefix="10.0.0.0/25"),
        deny("rest", 120, destinationAddressPrefix="10.0.0.128/25"),
    )
    allow = rule("allow", 200, destinationAddressPrefix="10.0.0.0/24")

    assert judged(*halves, allow).outcome is Outcome.PASS
    assert judged(*halves[1:], allow).outcome is Outcome.FAIL
    assert judged(*halves[:2], allow).outcome is Outcome.FAIL


def test_a_thousand_rules_that_tell_packets_apart_in_as_many_ways_are_judged() -> None:
    closed = [
        deny(
            f"d{at}",
            100 + at,
            sourcePortRange=f"{at * 50}-{at * 50 + 9000}",
            destinationAddressPrefix=f"10.{at % 200}.0.0/{9 + at % 7}",
            **source(f"{1 + at % 200}.{at % 250}.0.0/16"),
        )
        for at in range(998)
    ]
    wide, narrow = rule("wide", 2000), rule("narrow", 2001, **source("8.8.8.8"))

    assert "Rules wide (priority 2000) and narrow (priority 2001) let the whole Internet" in (
        judged(*closed, wide, narrow).reason
    )
    assert judged(*closed, deny("all", 1999), wide, narrow).outcome is Outcome.PASS


def test_a_deny_for_one_application_security_group_does_not_mask_another() -> None:
    def to(name: str) -> dict[str, Any]:
        groups = [{"id": f"/subscriptions/s/{name}"}]
        return {"destinationAddressPrefix": "", "destinationApplicationSecurityGroups": groups}

    assert judged(deny("d", 100, **to("WEB")), rule("a", 200, **to("web"))).outcome is Outcome.PASS
    assert judged(deny("d", 100, **to("web")), rule("a", 200, **to("jump"))).outcome is Outcome.FAIL
    assert judged(deny("d", 100, **to("web")), rule("a", 200)).outcome is Outcome.FAIL
    assert judged(deny("d", 100), rule("a", 200, **to("web"))).outcome is Outcome.PASS


def test_an_application_security_group_as_source_is_never_the_internet() -> None:
    groups = [{"id": "/subscriptions/s/admins"}]
    allow = rule("a", 100, sourceAddressPrefix=None, sourceApplicationSecurityGroups=groups)

    assert judged(allow).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "absent", [{}, {"defaultSecurityRules": []}, {"defaultSecurityRules": None}]
)
def test_what_no_rule_matches_is_denied(absent: dict[str, Any]) -> None:
    assert judged(**absent).outcome is Outcome.PASS
    assert judged(rule("web", 100, destinationPortRange="443"), **absent).outcome is Outcome.PASS


def test_a_default_rule_is_judged_like_any_other() -> None:
    opened = [rule("AllowAll", 65200), *DEFAULTS]
    verdict = judged(defaultSecurityRules=opened)

    assert verdict.outcome is Outcome.FAIL
    assert verdict.fix is not None
    assert verdict.fix.steps == ()


@pytest.mark.parametrize("tag", ["Storage", "Storage.WestEurope", "AzureDevOps", "ActionGroup"])
def test_an_allow_from_a_tag_we_lack_is_unknown_and_names_it(tag: str) -> None:
    verdict = judged(rule("tagged", 100, **source(tag)))

    assert verdict.outcome is Outcome.UNKNOWN
    assert tag in verdict.reason
    assert "tagged" in verdict.reason


def test_an_allow_from_a_tag_we_lack_passes_when_everything_is_denied_before() -> None:
    tagged = rule("tagged", 200, **source("Storage"))

    assert judged(deny("all", 100, **source("Internet")), tagged).outcome is Outcome.PASS


def test_what_is_certain_fails_even_beside_what_is_not() -> None:
    verdict = judged(rule("tagged", 100, **source("Storage")), rule("open", 200))

    assert verdict.outcome is Outcome.FAIL
    assert "Rule open (priority 200) lets" in verdict.reason
    assert "Cannot tell whether rule tagged" in verdict.reason


@pytest.mark.parametrize("tag", ["VirtualNetwork", "azureloadbalancer", "GatewayManager"])
def test_tags_of_private_networks_and_the_platform_pass(tag: str) -> None:
    assert judged(rule("tagged", 100, **source(tag))).outcome is Outcome.PASS


MALFORMED = [
    {"access": None},
    {"access": "Permit"},
    {"direction": None},
    {"direction": "Sideways"},
    {"protocol": None},
    {"protocol": "Sctp"},
    {"priority": None},
    {"priority": "100"},
    {"priority": True},
    {"sourceAddressPrefix": "10.0.0.0/33"},
    {"sourceAddressPrefix": "300.1.1.1"},
    {"sourceAddressPrefix": None},
    {"sourceAddressPrefix": 7},
    {"sourceAddressPrefix": "", "sourceAddressPrefixes": "0.0.0.0/0"},
    {"sourceAddressPrefix": "", "sourceAddressPrefixes": [None]},
    {"destinationAddressPrefix": "Storage"},
    {"destinationAddressPrefix": None},
    {"destinationAddressPrefix": None, "destinationApplicationSecurityGroups": [{}]},
    {"destinationAddressPrefix": None, "destinationApplicationSecurityGroups": "web"},
    {"destinationPortRange": "ssh"},
    {"destinationPortRange": "30-20"},
    {"destinationPortRange": "70000"},
    {"destinationPortRange": None},
    {"sourcePortRange": "x"},
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_a_malformed_allow_that_may_let_in_is_unknown_and_named(malformed: dict[str, Any]) -> None:
    broken = rule("broken", 100)
    broken["properties"] |= malformed
    verdict = judged(broken)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "broken" in verdict.reason


@pytest.mark.parametrize(
    ("malformed", "doubt"),
    [
        ({"priority": None}, "priority is missing"),
        ({"access": "Permit"}, 'access "Permit" is not understood'),
        ({"protocol": ["Tcp"]}, "protocol <list> is not understood"),
        ({"sourceAddressPrefix": {}}, 'sourceAddressPrefix "<dict>" is not understood'),
        ({"destinationPortRange": None}, "destinationPortRange is missing"),
        ({"access": "x" * 99}, f'access "{"x" * 39} is not understood'),
        ({"priority": 1.5, "direction": "Up"}, 'direction "Up" is not understood and priority 1.5'),
    ],
)
def test_a_doubt_says_what_is_wrong(malformed: dict[str, Any], doubt: str) -> None:
    broken = rule("broken", 100)
    broken["properties"] |= malformed

    assert doubt in judged(broken).reason


@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_a_malformed_deny_masks_nothing(malformed: dict[str, Any]) -> None:
    broken = deny("broken", 100)
    broken["properties"] |= malformed

    assert judged(broken, rule("allow", 200)).outcome is Outcome.FAIL


@pytest.mark.parametrize("raw", [None, "rule", [], {}, {"name": "r"}, {"properties": None}])
def test_what_is_no_rule_at_all_is_unknown(raw: object) -> None:
    verdict = judged(raw)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "properties.securityRules[" in verdict.reason or "rule r" in verdict.reason


def test_a_malformed_allow_of_other_ports_or_private_sources_passes() -> None:
    web = rule("web", None, destinationPortRange="443")
    private = rule("private", None, **source("10.0.0.0/8"))

    assert judged(web, private).outcome is Outcome.PASS


def test_the_sound_part_of_a_broken_list_still_lets_in() -> None:
    verdict = judged(rule("allow", 100, **sources("8.8.8.8", "bogus!")))

    assert verdict.outcome is Outcome.FAIL
    assert "1 IPv4 address reach" in verdict.reason


def test_any_network_of_length_zero_is_everywhere() -> None:
    assert judged(rule("a", 100, **source("<nw>/0"))).severity is Severity.CRITICAL
    assert judged(deny("d", 100, **source("<nw>/0")), rule("a", 200)).outcome is Outcome.FAIL


def test_a_priority_shared_by_an_allow_and_a_deny_is_unknown() -> None:
    verdict = judged(rule("allow", 100), deny("deny", 100))

    assert verdict.outcome is Outcome.UNKNOWN
    assert "another rule also has priority 100" in verdict.reason


def test_a_priority_shared_by_allows_alone_lets_in_what_they_say() -> None:
    halves = (rule("a", 100, **source("0.0.0.0/1")), rule("b", 100, **source("128.0.0.0/1")))

    assert "the whole IPv4 Internet" in judged(*halves).reason


@pytest.mark.parametrize("absent", [None, "missing"])
def test_a_group_that_shows_no_rules_is_unreadable(absent: str | None) -> None:
    shown = group([])
    if absent:
        del shown.body["properties"]["securityRules"]
    else:
        shown.body["properties"]["securityRules"] = None

    with pytest.raises(Unreadable, match=r"properties\.securityRules"):
        evaluate(shown, Estate())


def test_rules_that_are_no_list_are_unknown() -> None:
    assert judged(securityRules="none").outcome is Outcome.UNKNOWN
    assert judged(defaultSecurityRules="none").outcome is Outcome.UNKNOWN


def test_names_of_properties_and_words_may_have_any_case() -> None:
    spelt = {name.upper(): value for name, value in rule("a", 100)["properties"].items()}
    shouting = {"NAME": "a", "Properties": {**spelt, "ACCESS": "ALLOW", "DIRECTION": "INBOUND"}}

    assert judged(shouting).outcome is Outcome.FAIL


def test_an_absent_source_port_leaves_it_open() -> None:
    allow, block = rule("allow", 200), deny("deny", 100)
    for each in (allow, block):
        del each["properties"]["sourcePortRange"], each["properties"]["sourcePortRanges"]

    assert judged(allow).outcome is Outcome.FAIL
    assert judged(block, allow).outcome is Outcome.PASS
