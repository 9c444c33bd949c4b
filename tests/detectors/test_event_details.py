"""An optional detail that an event does not show never turns a proven failure into unknown."""

from collections.abc import Mapping

import pytest

from detectors.cosmos import local_auth
from detectors.disk import cmk as disk_cmk
from detectors.disk import public_export
from detectors.examples import NOW
from detectors.keyvault import network, protection
from detectors.sql.servers import SERVER, judge_unless_synapse
from detectors.storage import cmk, firewall, shared_key, tls
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import ScopedEstate
from drift.detector import Detector
from drift.errors import Unreadable
from drift.estate import Baseline, Estate
from drift.model import Outcome, Resource, Verdict
from drift.phi.resolver import LazyScopeResolver, PriorScope

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
AROUND = DocumentEstate({}, complete=True, baseline=Baseline(), now=NOW)


def estate_of(resource: Resource) -> Estate:
    """Return an estate with only the resource."""
    return ScopedEstate(AROUND, LazyScopeResolver(resource, AROUND, PhiScope(), PriorScope()))


def shown(**properties: object) -> Resource:
    """Return an account as an event shows it, with these properties alone."""
    return of_type("microsoft.storage/storageaccounts", properties)


def of_type(type_: str, properties: Mapping[str, object], **members: object) -> Resource:
    """Return a resource as an event shows it."""
    body = {"id": ACCOUNT, "properties": properties, **members}
    return Resource(ACCOUNT, type_, body, whole=False)


def test_accepted_account_keys_fail_without_the_age_of_a_key() -> None:
    account = shown(allowSharedKeyAccess=True, isLocalUserEnabled=False)
    verdict = shared_key.evaluate(account, estate_of(account))

    assert verdict.outcome is Outcome.FAIL
    assert "SAS." not in verdict.reason.replace("Account keys and SAS are accepted.", "")


def test_an_expired_key_fails_without_its_name_and_version() -> None:
    vault = {"currentVersionedKeyExpirationTimestamp": "2020-01-01T00:00:00Z"}
    encryption = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": vault}
    account = shown(encryption=encryption)
    verdict = cmk.evaluate(account, estate_of(account))

    assert verdict.outcome is Outcome.FAIL


def test_a_server_fails_without_its_kind() -> None:
    failure = Verdict(Outcome.FAIL, "It fails.")
    server = Resource(ACCOUNT, SERVER, {"id": ACCOUNT}, whole=False)

    assert judge_unless_synapse(lambda *_: failure, server, estate_of(server)) == failure


def test_the_disk_of_an_image_is_not_said_to_lack_a_set_that_an_event_may_not_show() -> None:
    held = {"storageProfile": {"osDisk": {"osType": "Linux", "osState": "Generalized"}}}
    image = of_type("microsoft.compute/images", held)

    with pytest.raises(Unreadable):
        disk_cmk.evaluate(image, estate_of(image))


OPEN = {"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow"}}


@pytest.mark.parametrize(
    ("detector", "resource"),
    [
        (tls, shown(supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_2")),
        (firewall, shown(**OPEN)),
        (network, of_type("microsoft.keyvault/vaults", OPEN)),
        (
            public_export,
            of_type(
                "microsoft.compute/disks",
                {"networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled"},
            ),
        ),
        (
            local_auth,
            of_type(
                "microsoft.documentdb/databaseaccounts",
                {"disableLocalAuth": False, "capabilities": []},
                kind="GlobalDocumentDB",
            ),
        ),
    ],
    ids=["its kind and NFS", "bypass", "bypass of a vault", "diskState", "metadata writes"],
)
def test_a_failure_is_shown_without_what_only_changes_its_fix_or_severity(
    detector: Detector, resource: Resource
) -> None:
    assert detector.evaluate(resource, estate_of(resource)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("detector", "resource"),
    [
        (
            public_export,
            of_type(
                "microsoft.compute/disks",
                {"networkAccessPolicy": "DenyAll", "diskState": "Unattached"},
            ),
        ),
        (
            public_export,
            of_type(
                "microsoft.compute/disks",
                {
                    "networkAccessPolicy": "AllowPrivate",
                    "diskAccessId": ACCOUNT,
                    "publicNetworkAccess": "Disabled",
                    "diskState": "Unattached",
                },
            ),
        ),
        (
            protection,
            of_type(
                "microsoft.keyvault/vaults",
                {"enablePurgeProtection": True, "enableSoftDelete": True},
            ),
        ),
    ],
    ids=["downloads are denied", "sign-in", "days and roles"],
)
def test_a_pass_is_shown_without_what_only_changes_its_reason(
    detector: Detector, resource: Resource
) -> None:
    assert detector.evaluate(resource, estate_of(resource)).outcome is Outcome.PASS
