"""The reads of storage controls: none if the account alone decides."""

from typing import Any

import pytest

from detectors.storage import cmk, firewall, logging, public_access, recovery, shared_key, tls
from drift.detector import Detector
from drift.model import Outcome
from tests.detectors.storage.accounts import ACCOUNT, CONTAINERS, CountingEstate, account

DENIES = {"defaultAction": "Deny", "ipRules": [], "bypass": "AzureServices"}
OWN_KEY = {
    "keySource": "Microsoft.Keyvault",
    "keyvaultproperties": {"keyvaulturi": "https://keys.vault.azure.net", "keyname": "phi"},
    "identity": {"federatedIdentityClientId": "7a1d0d8e-5b39-4f3e-9a57-3c2c6d1c9f21"},
    "services": {"queue": {"keyType": "Account"}, "table": {"keyType": "Account"}},
}


@pytest.mark.parametrize(
    ("detector", "properties"),
    [
        (public_access, {"allowBlobPublicAccess": False}),
        (tls, {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}),
        (shared_key, {"allowSharedKeyAccess": False}),
        (cmk, {"encryption": {"keySource": "Microsoft.Storage"}}),
        (cmk, {}),
    ],
)
def test_nothing_is_read_where_the_account_alone_decides(
    detector: Detector, properties: dict[str, Any]
) -> None:
    estate = CountingEstate()
    detector.evaluate(account(**properties), estate)

    assert estate.questions == 0


@pytest.mark.parametrize(
    ("detector", "kind", "properties", "questions"),
    [
        (public_access, "StorageV2", {"allowBlobPublicAccess": True}, 2),
        (public_access, "FileStorage", {"allowBlobPublicAccess": True}, 0),
        (firewall, "StorageV2", {"publicNetworkAccess": "SecuredByPerimeter"}, 1),
        (firewall, "StorageV2", {"publicNetworkAccess": "Disabled"}, 1),
        (firewall, "StorageV2", {"networkAcls": {"defaultAction": "Allow"}}, 1),
        (firewall, "StorageV2", {"networkAcls": DENIES}, 1),
        (cmk, "StorageV2", {"encryption": OWN_KEY}, 1),
        (logging, "StorageV2", {}, 4),
        (logging, "Storage", {}, 4),
        (logging, "BlobStorage", {}, 1),
        (logging, "BlockBlobStorage", {}, 1),
        (logging, "FileStorage", {}, 1),
        (recovery, "StorageV2", {}, 1),
        (recovery, "FileStorage", {}, 1),
    ],
)
def test_only_what_the_verdict_needs_is_read(
    detector: Detector, kind: str, properties: dict[str, Any], questions: int
) -> None:
    estate = CountingEstate()
    detector.evaluate(account(kind, **properties), estate)

    assert estate.questions == questions


def test_a_workspace_is_not_read_where_logs_are_missing_whatever_it_is() -> None:
    name = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/audit"
    logs = [{"category": "StorageWrite", "enabled": True}]
    setting = {"id": name, "properties": {"workspaceId": f"{ACCOUNT}/w", "logs": logs}}
    estate = CountingEstate({name: setting})
    verdict = logging.evaluate(account("BlockBlobStorage"), estate)

    assert (verdict.outcome, estate.questions) == (Outcome.FAIL, 1)


def test_shared_key_null_means_accepted() -> None:
    verdict = shared_key.evaluate(account(allowSharedKeyAccess=None), CountingEstate())

    assert verdict.outcome is Outcome.FAIL


def test_public_access_null_is_not_forbidden() -> None:
    verdict = public_access.evaluate(account(allowBlobPublicAccess=None), CountingEstate())

    assert verdict.outcome is Outcome.FAIL


def test_of_many_public_containers_twenty_are_shown_and_the_rest_counted() -> None:
    documents = {
        f"{CONTAINERS}/c{number:02}": {
            "id": f"{CONTAINERS}/c{number:02}",
            "properties": {"publicAccess": "Blob"},
        }
        for number in range(25)
    }
    verdict = public_access.evaluate(account(allowBlobPublicAccess=True), CountingEstate(documents))
    shown = [each for each in verdict.evidence if each.value == "Blob"]

    assert len(shown) == 20
    assert verdict.evidence[-1].value == "5 more are public"
    assert "and 20 more" in verdict.reason


def test_every_address_rule_that_is_not_approved_is_shown() -> None:
    rules = [{"value": "203.0.113.7", "action": "Allow"}, {"value": "198.51.100.0/24"}]
    verdict = firewall.evaluate(
        account(networkAcls={"defaultAction": "Deny", "ipRules": rules}),
        CountingEstate(approved_networks=("203.0.113.0/24", "2001:db8::/32")),
    )

    assert [each.value for each in verdict.evidence] == [["198.51.100.0/24"]]
