"""The reads of SQL and key vault controls: no more than their verdicts need."""

from typing import Any

import pytest

from detectors.keyvault import network, protection
from detectors.sql import auditing, cmk, entra_only, public_access, tde, tls
from drift import ids
from drift.detector import Detector
from drift.model import Outcome, Resource
from tests.detectors.storage.accounts import SUBSCRIPTION, CountingEstate

GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/records"
INSTANCE = f"{GROUP}/providers/Microsoft.Sql/managedInstances/records"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
AUDITING = f"{SERVER}/auditingSettings/default"
ONLY = f"{SERVER}/azureADOnlyAuthentications/Default"
GROUPS = [
    "BATCH_COMPLETED_GROUP",
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
]
STORED = {
    "state": "Enabled",
    "storageEndpoint": "https://archive.blob.core.windows.net/",
    "retentionDays": 0,
    "auditActionsAndGroups": GROUPS,
}


def resource(resource_id: str, **properties: Any) -> Resource:
    body = {"id": resource_id, "properties": properties}
    return Resource(resource_id, ids.type_of(resource_id), body)


@pytest.mark.parametrize(
    ("detector", "judged"),
    [
        (public_access, resource(INSTANCE, publicDataEndpointEnabled=True)),
        (tls, resource(SERVER, minimalTlsVersion="1.2")),
        (tde, resource(f"{SERVER}/databases/master")),
        (protection, resource(VAULT)),
    ],
)
def test_nothing_is_read_where_the_resource_alone_decides(
    detector: Detector, judged: Resource
) -> None:
    estate = CountingEstate()
    detector.evaluate(judged, estate)

    assert estate.questions == 0


@pytest.mark.parametrize(
    ("detector", "judged"),
    [
        (public_access, resource(SERVER, publicNetworkAccess="Disabled")),
        (network, resource(VAULT, publicNetworkAccess="Disabled")),
        (network, resource(VAULT, networkAcls={"defaultAction": "Deny"})),
    ],
)
def test_perimeters_alone_are_read_where_the_resource_decides_the_rest(
    detector: Detector, judged: Resource
) -> None:
    estate = CountingEstate()
    detector.evaluate(judged, estate)

    assert estate.questions == 1


@pytest.mark.parametrize(
    ("detector", "setting", "properties"),
    [
        (auditing, AUDITING, STORED),
        (entra_only, ONLY, {"azureADOnlyAuthentication": True}),
    ],
)
def test_neither_the_group_nor_what_does_not_matter_is_read_where_all_is_well(
    detector: Detector, setting: str, properties: dict[str, Any]
) -> None:
    estate = CountingEstate({setting: {"id": setting, "properties": properties}})
    verdict = detector.evaluate(resource(SERVER), estate)

    assert (verdict.outcome, estate.questions) == (Outcome.PASS, 1)


@pytest.mark.parametrize("detector", [auditing, cmk, entra_only])
def test_nothing_is_read_of_a_server_that_belongs_to_synapse(detector: Detector) -> None:
    estate = CountingEstate()
    server = Resource(SERVER, "microsoft.sql/servers", {"id": SERVER, "kind": "v12.0,analytics"})
    verdict = detector.evaluate(server, estate)

    assert (verdict.outcome, estate.questions) == (Outcome.NOT_APPLICABLE, 0)


def test_of_many_rules_twenty_are_shown_and_all_are_deleted() -> None:
    rules = {
        f"{SERVER}/firewallRules/r{number:02}": {
            "id": f"{SERVER}/firewallRules/r{number:02}",
            "properties": {
                "startIpAddress": f"20.70.0.{number}",
                "endIpAddress": f"20.70.0.{number}",
            },
        }
        for number in range(25)
    }
    verdict = public_access.evaluate(resource(SERVER), CountingEstate(rules))

    assert len(verdict.evidence) == 20
    assert "and 20 more" in verdict.reason
    assert verdict.fix is not None
    assert len(verdict.fix.steps) == 25
