"""Which write can have changed which property: the operation and the document decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from detectors.network import admin_ports
from drift.arm.operations import can_write
from drift.events import LINKED, Event
from drift.incidents.attribution import with_events
from drift.incidents.authorship import can_have_changed, can_matter_to
from drift.model import Actor
from drift.state.attribution_record import Attribution
from tests.support.rig import ACCOUNT, GROUP, NSG, SUBSCRIPTION

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
SUBNET = f"{NETWORK}/subnets/app"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/records"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
SUB = f"/subscriptions/{SUBSCRIPTION}"
PLAN = f"{SUB}/providers/Microsoft.Security/pricings/Arm"
ALERT = f"{GROUP}/providers/Microsoft.Insights/activityLogAlerts/firewall"
SETTING = "providers/Microsoft.Insights/diagnosticSettings/d"
SCANS = "blobServices/default/containers/scans"
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def event(subject: str, operation: str = "x/write", kind: str = "") -> Event:
    return Event(
        id="e",
        type=kind or "Microsoft.Resources.ResourceWriteSuccess",
        operation=operation,
        subject=subject,
        target=subject,
        at=AT,
        actor=Actor("dana@clinic.example"),
        correlation_id="",
        deleted=False,
    )


@pytest.mark.parametrize(
    ("operation", "writes"),
    [
        ("microsoft.storage/storageaccounts/write", True),
        ("microsoft.storage/storageaccounts/delete", True),
        ("microsoft.storage/storageaccounts/failover/action", True),
        ("microsoft.compute/disks/begingetaccess/action", True),
        ("microsoft.compute/virtualmachines/generalize/action", True),
        ("", True),
        ("microsoft.storage/storageaccounts/read", False),
        ("microsoft.storage/storageaccounts/listkeys/action", False),
        ("microsoft.storage/storageaccounts/listservicesas/action", False),
        ("microsoft.x/y/generatesas/action", False),
        ("microsoft.authorization/policies/audit/action", False),
        ("microsoft.authorization/policies/auditifnotexists/action", False),
        ("microsoft.storage/storageaccounts/regeneratekey/action", False),
    ],
)
def test_an_operation_writes_or_only_reads(operation: str, writes: bool) -> None:
    assert can_write(operation) is writes


@pytest.mark.parametrize(
    ("subject", "owner", "path", "can"),
    [
        (ACCOUNT, ACCOUNT, "properties.networkAcls.defaultAction", True),
        (ACCOUNT.upper(), ACCOUNT, "properties.networkAcls.defaultAction", True),
        (f"{ACCOUNT}/failover", ACCOUNT, "properties.networkAcls.defaultAction", True),
        (f"{ACCOUNT}/{SCANS}", ACCOUNT, "properties.networkAcls.defaultAction", False),
        (f"{ACCOUNT}/{SCANS}", ACCOUNT, f"{SCANS}#properties.publicAccess", True),
        (ACCOUNT, ACCOUNT, f"{SCANS}#properties.publicAccess", False),
        (f"{ACCOUNT}/{SCANS}2", ACCOUNT, f"{SCANS}#properties.publicAccess", False),
        (f"{ACCOUNT}/{SETTING}", ACCOUNT, f"{SETTING}#properties.logs", True),
        (f"{ACCOUNT}/{SETTING}", ACCOUNT, SETTING, True),
        (ACCOUNT, ACCOUNT, SETTING, False),
        (f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", ACCOUNT, "tags", True),
        (f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", ACCOUNT, "properties.a", False),
        (VAULT, ACCOUNT, "vaults/keys#properties.enablePurgeProtection", True),
        (PLAN, SUB, "providers/Microsoft.Security/pricings/Arm#properties.pricingTier", True),
        (PLAN, SUB, "providers/Microsoft.Security/pricings/Dns#properties.pricingTier", False),
        (ALERT, SUB, f"{ALERT.removeprefix(f'{SUB}/')}#properties.enabled", True),
        (VAULT, ACCOUNT, "properties.encryption.keySource", False),
        (f"{VAULT}/accessPolicies/add", VAULT, "properties.accessPolicies", True),
        (f"{NSG}/securityRules/ssh", NSG, "properties.securityRules[ssh]", True),
        (f"{NSG}/securityRules/ssh", NSG, "properties.subnets", False),
        (NETWORK, SUBNET, "properties.networkSecurityGroup.id", True),
        (NETWORK, NSG, "subnets/app#properties.addressPrefix", True),
        (NSG, NSG, "subnets/app#properties.addressPrefix", False),
        (SERVER, SERVER, "administrators/ActiveDirectory#properties.sid", True),
        (SERVER, SERVER, "firewallRules/all#properties.startIpAddress", False),
        (GROUP, ACCOUNT, "properties.networkAcls.defaultAction", False),
        (GROUP, ACCOUNT, "resourceGroups/clinic#tags", True),
    ],
)
def test_a_write_changes_its_own_document_and_what_stands_in_it(
    subject: str, owner: str, path: str, can: bool
) -> None:
    assert can_have_changed(event(subject), owner, path) is can


def test_the_end_of_a_group_can_end_what_lies_in_it() -> None:
    ended = event(GROUP, "microsoft.resources/subscriptions/resourcegroups/delete")

    assert can_have_changed(ended, ACCOUNT, SCANS)


def test_a_made_up_event_can_have_changed_only_what_refers_back() -> None:
    linked = event(NSG, kind=LINKED)

    assert can_have_changed(linked, NSG, "properties.networkInterfaces")
    assert not can_have_changed(linked, NSG, "properties.securityRules[ssh]")


def test_a_made_up_event_about_a_list_can_have_changed_what_stands_in_it() -> None:
    balancers = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.network/loadbalancers"
    listed = event(balancers, kind=LINKED)

    assert can_have_changed(listed, NSG, "loadBalancers/front#properties.backendAddressPools")
    assert not can_have_changed(listed, NSG, "properties.securityRules[ssh]")


@pytest.mark.parametrize(
    ("subject", "can"),
    [
        (NSG, True),
        (f"{NSG}/securityRules/ssh", True),
        (SUBNET, True),
        (VAULT, False),
        (f"{NSG}/providers/Microsoft.Resources/tags/default", False),
        (f"{NSG}/{SETTING}", False),
    ],
)
def test_only_a_write_of_what_a_control_watches_is_named_as_the_last(
    subject: str, can: bool
) -> None:
    assert can_matter_to(event(subject), NSG, admin_ports.CONTROL) is can


def test_a_write_whose_end_may_be_reported_late_leaves_a_doubt() -> None:
    """A network provider answers before a write is done; its event has the time of the end."""
    opened = Attribution(
        until=AT, after=AT - timedelta(minutes=5), paths=("properties.a",), is_compared=True
    )
    settle = timedelta(seconds=60)
    later = replace(event(NSG), at=AT + timedelta(seconds=20))
    of_account = replace(event(ACCOUNT), at=AT + timedelta(seconds=20))

    doubted = with_events(opened, NSG, admin_ports.CONTROL, (later,), settle=settle)
    exact = with_events(opened, ACCOUNT, admin_ports.CONTROL, (of_account,), settle=settle)

    assert (doubted.is_doubted, doubted.causes) == (True, ())
    assert exact == opened
