"""An optional detail that an event does not show never turns a proven failure into unknown."""

from detectors.examples import NOW
from detectors.sql.servers import SERVER, judge_unless_synapse
from detectors.storage import cmk, shared_key
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import ScopedEstate
from drift.estate import Baseline, Estate
from drift.model import Outcome, Resource, Verdict
from drift.phi.resolver import LazyScopeResolver, PriorScope

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
AROUND = DocumentEstate({}, complete=True, baseline=Baseline(), now=NOW)


def estate_of(resource: Resource) -> Estate:
    """Return an estate that holds nothing beside the resource."""
    return ScopedEstate(AROUND, LazyScopeResolver(resource, AROUND, PhiScope(), PriorScope()))


def shown(**properties: object) -> Resource:
    """Return an account as an event shows it, with these properties alone."""
    body = {"id": ACCOUNT, "properties": properties}
    return Resource(ACCOUNT, "microsoft.storage/storageaccounts", body, whole=False)


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
