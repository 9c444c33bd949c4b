"""NSG-ADMIN-PORTS: the effect of Deny rules, and of default rules that are not listed."""

from typing import Any

import pytest

from drift.model import Outcome
from tests.detectors.network.admin_ports import deny, judged, source, sources
from tests.detectors.network.groups import DEFAULTS, rule


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
