"""Events about the posture of a subscription cause an evaluation of the subscription."""

import json
from datetime import UTC, datetime

import pytest

from drift import ids
from drift.events import Event
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import Watched
from drift.model import Control, Severity

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUB = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
GROUP = f"{SUB}/resourceGroups/rg-phi"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/clinic"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
SETTING = "providers/microsoft.insights/diagnosticSettings/activity"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"
DELETE = "Microsoft.Resources.ResourceDeleteSuccess"


def control(*watches: str) -> Control:
    return Control(
        id="TEST",
        title="",
        service="",
        severity=Severity.HIGH,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches=dict.fromkeys(watches, ()),
    )


CONTROLS = (
    control(
        ids.SUBSCRIPTION,
        "microsoft.security/pricings",
        "microsoft.security/automations",
        "microsoft.insights/diagnosticsettings",
        "microsoft.insights/activitylogalerts",
        "microsoft.authorization/policyexemptions",
        "microsoft.authorization/roleassignments",
        "microsoft.operationalinsights/workspaces",
    ),
    control("microsoft.storage/storageaccounts", "microsoft.insights/diagnosticsettings"),
)
WATCHED = Watched.by(CONTROLS)


def targets(subject: str, kind: str = WRITE, watched: Watched = WATCHED) -> list[tuple[str, bool]]:
    """Return what an event has evaluated, and whether as deleted."""
    body = {"id": "event-1", "eventType": kind, "subject": subject, "data": {}}
    messages = parse_delivery(json.dumps(body), watched, NOW)
    return [(each.target, each.deleted) for each in messages if isinstance(each, Event)]


@pytest.mark.parametrize("kind", [WRITE, DELETE])
@pytest.mark.parametrize(
    "subject",
    [
        f"{SUB}/providers/Microsoft.Security/pricings/StorageAccounts",
        f"{SUB}/{SETTING}",
        f"{SUB}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{ACCOUNT}/providers/Microsoft.Authorization/policyExemptions/e",
        f"{GROUP}/providers/Microsoft.Security/automations/export",
        f"{GROUP}/providers/microsoft.insights/activityLogAlerts/firewall",
        WORKSPACE,
        f"{WORKSPACE}/tables/AzureActivity",
        f"{WORKSPACE}/purge",
    ],
)
def test_a_write_or_an_end_of_posture_has_the_subscription_evaluated(
    subject: str, kind: str
) -> None:
    assert targets(subject, kind) == [(SUB, False)]


@pytest.mark.parametrize(
    ("subject", "evaluated"),
    [
        (f"{ACCOUNT}/{SETTING}", [ACCOUNT]),
        (f"{ACCOUNT}/blobServices/default/{SETTING}", [ACCOUNT]),
        (ACCOUNT, [ACCOUNT]),
        (f"{WORKSPACE}/{SETTING}", []),
        (f"{SUB}/providers/Microsoft.Security/assessments/a", []),
        (f"{GROUP}/providers/Microsoft.Insights/components/c", []),
    ],
)
def test_what_extends_a_resource_is_no_matter_of_its_subscription(
    subject: str, evaluated: list[str]
) -> None:
    assert targets(subject) == [(each, False) for each in evaluated]


def test_the_posture_of_a_subscription_that_is_not_monitored_is_ignored() -> None:
    elsewhere = Watched.by(CONTROLS, subscriptions=["1b1f6471-1bf0-4dda-aec3-cb9272f09590"])

    assert targets(f"{SUB}/providers/Microsoft.Security/pricings/Arm", watched=elsewhere) == []


def test_without_a_control_of_subscriptions_no_posture_is_followed() -> None:
    watched = Watched.by(CONTROLS[1:])

    assert targets(f"{SUB}/providers/Microsoft.Security/pricings/Arm", watched=watched) == []
