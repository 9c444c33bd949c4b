"""Which resources are evaluated after a write of a related document."""

import json
from datetime import UTC, datetime

import pytest

from detectors import DETECTORS
from drift.events import Event, Fanout
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import Watched

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-phi"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
HSM = f"{GROUP}/providers/Microsoft.KeyVault/managedHSMs/keys"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/records"
DATABASE = f"{SERVER}/databases/visits"
MASTER = f"{SERVER}/databases/master"
INSTANCE = f"{GROUP}/providers/Microsoft.Sql/managedInstances/records"
OF_INSTANCE = f"{INSTANCE}/databases/visits"
COSMOS = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/records"
HEALTH = f"{GROUP}/providers/Microsoft.HealthcareApis/workspaces/clinic"
FHIR = f"{HEALTH}/fhirservices/records"
DICOM = f"{HEALTH}/dicomservices/images"
FORMER = f"{GROUP}/providers/Microsoft.HealthcareApis/services/records"
WATCHER = f"{GROUP}/providers/Microsoft.Network/networkWatchers/eastus"
FLOW_LOG = f"{WATCHER}/flowLogs/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/records"
EVIDENCE = f"{ACCOUNT}/blobServices/default/containers/evidence"
SETTING = "providers/microsoft.insights/diagnosticSettings/phi-audit"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"
DELETE = "Microsoft.Resources.ResourceDeleteSuccess"

WATCHED = Watched.by(each.CONTROL for each in DETECTORS)


def asked(subject: str, kind: str = WRITE) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return whom an event has judged, whether as deleted, and the documents it fans out from."""
    body = {"id": "event-1", "eventType": kind, "subject": subject, "data": {}}
    messages = parse_delivery(json.dumps(body), WATCHED, NOW)
    events = [(each.target, each.deleted) for each in messages if isinstance(each, Event)]
    return events, [each.document for each in messages if isinstance(each, Fanout)]


@pytest.mark.parametrize(
    ("subject", "targets"),
    [
        (SERVER, [SERVER]),
        (f"{SERVER}/firewallRules/office", [SERVER]),
        (f"{SERVER}/ipv6FirewallRules/office", [SERVER]),
        (f"{SERVER}/virtualNetworkRules/app", [SERVER]),
        (f"{SERVER}/privateEndpointConnections/app", [SERVER]),
        (f"{SERVER}/auditingSettings/default", [SERVER]),
        (f"{SERVER}/extendedAuditingSettings/default", [SERVER]),
        (f"{SERVER}/encryptionProtector/current", [SERVER]),
        (f"{SERVER}/keys/phi", [SERVER]),
        (f"{SERVER}/azureADOnlyAuthentications/Default", [SERVER]),
        (f"{SERVER}/administrators/ActiveDirectory", [SERVER]),
        (DATABASE, [DATABASE, SERVER]),
        (f"{DATABASE}/transparentDataEncryption/current", [DATABASE, SERVER]),
        (f"{MASTER}/{SETTING}", [SERVER]),
        (f"{MASTER}/{SETTING.upper()}", [SERVER]),
        (INSTANCE, [INSTANCE]),
        (f"{INSTANCE}/encryptionProtector/current", [INSTANCE]),
        (f"{INSTANCE}/azureADOnlyAuthentications/Default", [INSTANCE]),
        (f"{OF_INSTANCE}/transparentDataEncryption/current", [OF_INSTANCE, INSTANCE]),
        (VAULT, [VAULT]),
        (f"{VAULT}/accessPolicies/add", [VAULT]),
        (f"{VAULT}/{SETTING}", [VAULT]),
        (HSM, [HSM]),
        (f"{HSM}/{SETTING}", [HSM]),
        (COSMOS, [COSMOS]),
        (f"{COSMOS}/{SETTING}", [COSMOS]),
        (FHIR, [FHIR]),
        (f"{FHIR}/{SETTING}", [FHIR]),
        (DICOM, [DICOM]),
        (FORMER, [FORMER]),
        (f"{FORMER}/privateEndpointConnections/app", [FORMER]),
        (f"{COSMOS}/privateEndpointConnections/app", [COSMOS]),
        (f"{COSMOS}/sqlRoleAssignments/app", [COSMOS]),
        (f"{EVIDENCE}/immutabilityPolicies/default", [ACCOUNT]),
        (f"{EVIDENCE}/immutabilityPolicies/default/lock", [ACCOUNT]),
        (f"{EVIDENCE}/clearLegalHold", [ACCOUNT]),
    ],
)
def test_a_write_has_all_judged_whose_verdict_may_rest_on_it(
    subject: str, targets: list[str]
) -> None:
    assert asked(subject)[0] == [(each, False) for each in targets]


@pytest.mark.parametrize(
    ("subject", "target"),
    [
        (f"{SERVER}/azureADOnlyAuthentications/Default", SERVER),
        (f"{SERVER}/firewallRules/office", SERVER),
        (f"{MASTER}/{SETTING}", SERVER),
        (f"{VAULT}/{SETTING}", VAULT),
        (f"{EVIDENCE}/immutabilityPolicies/default", ACCOUNT),
    ],
)
def test_the_end_of_what_protects_is_drift_of_what_it_protected(subject: str, target: str) -> None:
    assert asked(subject, DELETE)[0] == [(target, False)]


def test_the_end_of_a_database_is_not_that_of_its_server() -> None:
    assert asked(DATABASE, DELETE)[0] == [(DATABASE, True), (SERVER, False)]


@pytest.mark.parametrize("vault", [VAULT, HSM])
def test_a_vault_is_looked_at_itself_and_so_is_whatever_keeps_its_keys_there(vault: str) -> None:
    assert asked(vault) == ([(vault, False)], [vault])
    assert asked(vault, DELETE) == ([(vault, True)], [vault])


@pytest.mark.parametrize("kind", [WRITE, DELETE])
def test_an_endpoint_of_a_workspace_is_one_of_each_service_in_it(kind: str) -> None:
    assert asked(f"{HEALTH}/privateEndpointConnections/app", kind) == ([], [HEALTH])


@pytest.mark.parametrize("kind", [WRITE, DELETE])
def test_a_flow_log_is_looked_at_for_the_networks_that_it_was_read_for(kind: str) -> None:
    assert asked(FLOW_LOG, kind) == ([(FLOW_LOG, kind == DELETE)], [FLOW_LOG, WATCHER])


def test_the_log_of_a_vault_is_no_matter_of_what_keeps_its_keys_there() -> None:
    assert asked(f"{VAULT}/{SETTING}")[1] == []


@pytest.mark.parametrize("kind", [WRITE, DELETE])
@pytest.mark.parametrize(
    "subject",
    [
        f"{SUBSCRIPTION}/providers/Microsoft.Security/pricings/StorageAccounts",
        f"{GROUP}/providers/Microsoft.Security/automations/ExportToWorkspace",
        f"{SUBSCRIPTION}/{SETTING}",
        f"{GROUP}/providers/Microsoft.Insights/activityLogAlerts/phi-storage-write",
        f"{GROUP}/providers/Microsoft.Insights/actionGroups/on-call",
        f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/quiet",
        f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/phi",
        f"{SERVER}/providers/Microsoft.Authorization/policyExemptions/scans",
    ],
)
def test_the_posture_of_a_subscription_has_the_subscription_judged(subject: str, kind: str) -> None:
    assert asked(subject, kind)[0] == [(SUBSCRIPTION, False)]


def test_a_workspace_is_judged_itself_and_so_is_the_subscription_that_sends_logs_there() -> None:
    assert asked(WORKSPACE)[0] == [(WORKSPACE, False), (SUBSCRIPTION, False)]
    assert asked(f"{WORKSPACE}/tables/AzureActivity")[0] == [
        (WORKSPACE, False),
        (SUBSCRIPTION, False),
    ]
