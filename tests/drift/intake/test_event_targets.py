"""Intake: the resources that are evaluated because of an event."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from drift.events import Event, Fanout
from drift.intake.targets import Watched
from tests.drift.intake.deliveries import (
    ACCOUNT,
    GROUP,
    SUB,
    VAULT,
    WRITE,
    cloud,
    control,
    data,
    grid,
    only,
    parsed,
)

CONTAINER = f"{ACCOUNT}/blobServices/default/containers/scans"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/reader"
SQL = f"{GROUP}/providers/Microsoft.Sql/servers/records"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/web"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/app"
DELETE = "Microsoft.Resources.ResourceDeleteSuccess"


def fanned(body: object) -> list[str]:
    """Return the documents whose dependents a body asks to look at."""
    return [each.document for each in parsed(body) if isinstance(each, Fanout)]


def aimed(body: object) -> list[str]:
    """Return the ids of the resources that a body asks to evaluate."""
    return [each.target for each in parsed(body) if isinstance(each, Event)]


@pytest.mark.parametrize(
    ("subject", "target"),
    [
        (ACCOUNT, ACCOUNT),
        (CONTAINER, ACCOUNT),
        (f"{ACCOUNT}/blobServices/default", ACCOUNT),
        (f"{ACCOUNT}/encryptionScopes/one", ACCOUNT),
        (f"{ACCOUNT}/privateEndpointConnections/one", ACCOUNT),
        (f"{ACCOUNT}/fileServices/default/providers/microsoft.insights/diagnosticSettings/d",
         ACCOUNT),
        (f"{ACCOUNT}/providers/microsoft.insights/diagnosticSettings/d", ACCOUNT),
        (f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", ACCOUNT),
        (f"{NSG}/securityRules/ssh", NSG),
        (f"{ACCOUNT}/listKeys", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers/providers", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers/providers/immutabilityPolicies/d", ACCOUNT),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/providers/blobServices/default",
         f"{GROUP}/providers/Microsoft.Storage/storageAccounts/providers"),
    ],
)  # fmt: skip
def test_a_document_leads_to_the_resource_that_is_judged(subject: str, target: str) -> None:
    event = only(grid(subject=subject))

    assert (event.subject, event.target) == (subject, target)


@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Storage/storageAccounts/ListServiceSas/action",
        "Microsoft.Authorization/policies/auditIfNotExists/action",
    ],
)
def test_an_action_that_only_reads_asks_for_nothing(operation: str) -> None:
    assert parsed(grid(data=data(operationName=operation))) == ()


@pytest.mark.parametrize(
    ("subject", "documents"),
    [
        (VAULT, [VAULT]),
        (f"{VAULT}/secrets/s", [VAULT]),
        (f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/d", []),
        (SUBNET, [SUBNET, SUBNET.rpartition("/subnets/")[0]]),
        (GROUP, [GROUP]),
        (GROUP.replace("resourceGroups", "resourcegroups"),
         [GROUP.replace("resourceGroups", "resourcegroups")]),
        (f"{GROUP}/providers/Microsoft.Resources/tags/default", [GROUP]),
        (SUB, [SUB]),
        (f"{SUB}/providers/Microsoft.Resources/tags/default", [SUB]),
    ],
)  # fmt: skip
def test_a_related_document_leads_to_whatever_depends_on_it(
    subject: str, documents: list[str]
) -> None:
    assert fanned(grid(subject=subject)) == documents


@pytest.mark.parametrize(
    ("subject", "targets", "documents"),
    [
        (MACHINE, [MACHINE], [MACHINE]),
        (f"{MACHINE}/extensions/e", [MACHINE], [MACHINE]),
        (f"{MACHINE}/providers/Microsoft.Insights/diagnosticSettings/d", [], []),
        (f"{MACHINE}/providers/Microsoft.Resources/tags/default", [MACHINE], [MACHINE]),
        (SUBNET, [SUBNET], [SUBNET, SUBNET.rpartition("/subnets/")[0]]),
        (SQL, [SQL], [SQL]),
        (f"{SQL}/databases/master", [f"{SQL}/databases/master"], [SQL]),
        (f"{SQL}/databases/master/transparentDataEncryption/current",
         [f"{SQL}/databases/master"], [SQL]),
        (f"{SQL}/databases/master/providers/Microsoft.Insights/diagnosticSettings/d", [SQL], []),
        (f"{SQL}/firewallRules/all", [SQL], [SQL]),
    ],
)  # fmt: skip
def test_what_is_judged_and_what_others_are_judged_by_are_both_followed_up(
    subject: str, targets: list[str], documents: list[str]
) -> None:
    assert aimed(grid(subject=subject)) == targets
    assert fanned(grid(subject=subject)) == documents


def test_a_control_that_reads_its_own_kind_is_led_to_from_others_of_it() -> None:
    group = control("microsoft.network/networksecuritygroups")
    body = grid(subject=f"{NSG}/securityRules/ssh")
    alone = parsed(body, Watched.by([group]))
    nearby = parsed(body, Watched.by([replace(group, reads_its_kind=True)]))

    assert [each.target for each in alone if isinstance(each, Event)] == [NSG]
    assert len(alone) == 1
    assert [each.document for each in nearby if isinstance(each, Fanout)] == [NSG]


def test_only_the_end_of_what_is_judged_itself_is_a_deletion() -> None:
    body = grid(
        subject=f"{SQL}/databases/visits", eventType="Microsoft.Resources.ResourceDeleteSuccess"
    )
    found = [each for each in parsed(body) if isinstance(each, Event)]

    assert [(each.target, each.deleted) for each in found] == [(f"{SQL}/databases/visits", True)]


@pytest.mark.parametrize(
    "subject",
    [
        f"{GROUP}/providers/Microsoft.Web/sites/s",
        f"{GROUP}/providers/Microsoft.Web/sites/s/extensions/e",
        f"{GROUP}/providers/Microsoft.Web/sites/s/providers/Microsoft.Insights/diagnosticSettings/d",
        f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{VAULT}/providers/Microsoft.Authorization/locks/l",
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{SUB}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{GROUP}/providers/Microsoft.Resources/deployments/d",
        f"{SUB}/providers/Microsoft.Resources/deployments/d",
        f"{SUB}/providers/Microsoft.Storage",
        f"{SUB}/providers/Microsoft.Storage/locations/westeurope",
        f"{SUB}/tagNames/t",
        "/providers/Microsoft.Management/managementGroups/m",
        "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/roleAssignments/r",
        "/tenants/t",
    ],
)
def test_a_resource_that_no_control_watches_is_ignored(subject: str) -> None:
    assert parsed(grid(subject=subject, data={})) == ()


@pytest.mark.parametrize(
    "kind",
    [
        "Microsoft.Resources.ResourceDeleteFailure",
        "Microsoft.Resources.ResourceActionCancel",
        "Microsoft.Storage.BlobCreated",
        "Microsoft.EventGrid.SubscriptionValidationEvent",
        "Contoso.Orders.Placed",
    ],
)
def test_other_event_types_are_ignored(kind: str) -> None:
    assert parsed([grid(eventType=kind), cloud(type=kind)]) == ()


@pytest.mark.parametrize(
    ("kind", "subject", "deleted"),
    [
        (DELETE, ACCOUNT, True),
        (DELETE, ACCOUNT.upper(), True),
        (DELETE, CONTAINER, False),
        (DELETE, f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/d", False),
        ("Microsoft.ResourceNotifications.Resources.Deleted", ACCOUNT, True),
        (WRITE, ACCOUNT, False),
        ("Microsoft.Resources.ResourceActionSuccess", ACCOUNT, False),
    ],
)
def test_only_the_end_of_the_target_itself_is_a_deletion(
    kind: str, subject: str, deleted: bool
) -> None:
    assert only(grid(eventType=kind, subject=subject)).deleted is deleted


def test_the_end_of_a_related_document_deletes_nothing_that_depends_on_it() -> None:
    (message,) = parsed(grid(eventType=DELETE, subject=VAULT))

    assert isinstance(message, Fanout)
    assert not message.event.deleted


def test_a_payload_event_is_as_old_as_the_state_it_carries() -> None:
    event = only(
        cloud(
            type="Microsoft.ResourceNotifications.Resources.CreatedOrUpdated",
            data={
                "resourceInfo": {"id": ACCOUNT, "properties": {"allowBlobPublicAccess": 1}},
                "operationalInfo": {"resourceEventTime": "2026-11-22T11:59:00Z"},
                "apiVersion": "2019-06-01",
            },
        )
    )

    assert (event.target, event.at, event.actor) == (
        ACCOUNT,
        datetime(2026, 11, 22, 11, 59, tzinfo=UTC),
        None,
    )


def test_a_payload_event_without_a_subject_names_its_resource_inside() -> None:
    event = cloud(
        type="Microsoft.ResourceNotifications.Resources.Deleted",
        subject=None,
        data={"resourceInfo": {"id": ACCOUNT}},
    )

    assert only(event).target == ACCOUNT


@pytest.mark.parametrize("state", ["Created", "Changed", "Deleted"])
def test_a_policy_state_is_a_reason_to_look_at_the_resource(state: str) -> None:
    event = only(
        grid(
            eventType=f"Microsoft.PolicyInsights.PolicyState{state}",
            subject=ACCOUNT,
            data={"timestamp": "2026-11-22T11:30:00Z", "complianceState": "NonCompliant"},
        )
    )

    assert (event.target, event.at, event.deleted) == (
        ACCOUNT,
        datetime(2026, 11, 22, 11, 30, tzinfo=UTC),
        False,
    )


@pytest.mark.parametrize("subject", [VAULT, GROUP, SUB])
def test_a_policy_state_of_what_is_not_judged_is_left_out(subject: str) -> None:
    event = grid(eventType="Microsoft.PolicyInsights.PolicyStateChanged", subject=subject, data={})

    assert parsed(event) == ()
