"""NSG-ADMIN-PORTS: rules that are malformed, in conflict, or not shown."""

from typing import Any

import pytest

from detectors.network.admin_ports import evaluate
from drift.errors import Unreadable
from drift.model import Outcome, Severity
from tests.detectors.network.admin_ports import deny, judged, source, sources
from tests.detectors.network.groups import Estate, group, rule

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
