"""Verdicts from an incomplete set of documents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detectors.network import admin_ports, bastion, coverage
from drift import ids
from drift.config.model import Config, PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.detector import Detector
from drift.estate import Baseline
from drift.model import Outcome, Resource, Severity, Verdict
from drift.phi.resolver import LazyScopeResolver, PriorScope
from tests.detectors.network.groups import DEFAULTS, GROUP_ID, SUBNET, group, rule
from tests.detectors.network.test_admin_ports import PEER_CASES

NETWORK = SUBNET["id"].partition("/subnets/")[0]
NIC = f"{GROUP_ID.partition('/providers/')[0]}/providers/Microsoft.Network/networkInterfaces/nic"
HOST = NIC.replace("networkInterfaces/nic", "bastionHosts/way-in")
OCCUPIED = {
    "addressPrefix": "10.0.0.0/24",
    "ipConfigurations": [{"id": f"{NIC}/ipConfigurations/a"}],
}


def judged(
    detector: Detector, resource: Resource, *related: dict[str, Any], complete: bool = False
) -> Verdict:
    around = DocumentEstate(
        {ids.key(each["id"]): each for each in related},
        complete=complete,
        baseline=Baseline(),
        now=datetime(2026, 3, 1, tzinfo=UTC),
    )
    listed = PhiScope(subscriptions=(ids.subscription_of(resource.id),))
    scoping = LazyScopeResolver(resource, around, listed, PriorScope())
    [result] = evaluate_controls((detector,), resource, around, scoping=scoping, config=Config())
    return result.verdict


def of(resource_id: str, **properties: Any) -> Resource:
    return Resource(resource_id, ids.type_of(resource_id), {"properties": properties})


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("case", PEER_CASES)
def test_a_group_alone_is_judged_by_its_own_rules(case: str, complete: bool) -> None:
    exposed, *rules = PEER_CASES[case]
    verdict = judged(admin_ports, group(rules), complete=complete)

    assert verdict.outcome is (Outcome.PASS if exposed == ".." else Outcome.FAIL)
    assert "not evaluated" in verdict.reason


def test_a_group_that_nothing_gets_through_needs_nothing_else() -> None:
    closed = rule("closed", 100, access="Deny", protocol="*", destinationPortRange="*")
    verdict = judged(admin_ports, group([closed]))

    assert verdict.outcome is Outcome.PASS
    assert "not evaluated" not in verdict.reason


def test_a_network_may_be_at_hand_by_its_subnet_alone() -> None:
    machine = {"id": NIC.replace("Network/networkInterfaces", "Compute/virtualMachines")}
    interface = {
        "virtualMachine": machine,
        "ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.4", "subnet": SUBNET}}],
    }
    shown = {"id": SUBNET["id"], "properties": OCCUPIED}
    verdict = judged(admin_ports, group([]), shown, {"id": NIC, "properties": interface}, machine)

    assert verdict.outcome is Outcome.FAIL


def test_an_interface_that_is_not_at_hand_counts_as_a_machines() -> None:
    assert judged(coverage, of(SUBNET["id"], **OCCUPIED)).outcome is Outcome.FAIL


def test_a_host_at_hand_serves_its_network_whatever_other_hosts_there_are() -> None:
    network = of(NETWORK, subnets=[{"name": "front", "properties": OCCUPIED}])
    place = {"properties": {"subnet": {"id": f"{NETWORK}/subnets/AzureBastionSubnet"}}}
    properties = {"provisioningState": "Succeeded", "ipConfigurations": [place]}
    host = {"id": HOST, "sku": {"name": "Basic"}, "properties": properties}

    assert judged(bastion, network, host).outcome is Outcome.PASS
    assert judged(bastion, network).outcome is Outcome.UNKNOWN
    assert judged(bastion, network, complete=True).outcome is Outcome.FAIL


def in_part(whole: Resource, **properties: Any) -> Resource:
    """Return a resource as an event shows it: with only these properties."""
    return Resource(whole.id, whole.type, {"properties": properties}, whole=False)


def test_an_event_that_does_not_show_what_is_behind_a_group_lowers_nothing() -> None:
    shown = {"securityRules": [rule("ssh", 100)], "defaultSecurityRules": list(DEFAULTS)}
    verdict = judged(admin_ports, in_part(group([]), **shown), complete=True)

    assert (verdict.outcome, verdict.severity) == (Outcome.FAIL, Severity.CRITICAL)
    assert "not evaluated" in verdict.reason


@pytest.mark.parametrize(
    ("detector", "resource", "shown"),
    [
        (coverage, of(SUBNET["id"]), OCCUPIED),
        (bastion, of(NETWORK), {"subnets": [{"name": "front", "properties": OCCUPIED}]}),
    ],
)
def test_what_an_event_does_not_show_is_not_taken_for_absent(
    detector: Detector, resource: Resource, shown: dict[str, Any]
) -> None:
    assert judged(detector, in_part(resource, **shown), complete=True).outcome is Outcome.UNKNOWN
    assert judged(detector, of(resource.id, **shown), complete=True).outcome is Outcome.FAIL
