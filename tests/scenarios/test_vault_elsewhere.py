"""The key vault of a storage account may be in a subscription that is not monitored."""

import pytest

from detectors.storage import cmk
from drift import ids
from drift.arm.unique_names import VAULTS, id_of
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

HUB = "/subscriptions/99999999-2222-3333-4444-555555555555/resourceGroups/hub"
VAULT = f"{HUB}/providers/Microsoft.KeyVault/vaults/hub-keys"
NAME = id_of(VAULTS, "hub-keys")


@pytest.fixture
def account(clinic: Rig) -> Rig:
    """Return a monitor of an account whose key is in the vault of another subscription."""
    clinic.only(cmk)
    key = {"keyvaulturi": "https://hub-keys.vault.azure.net", "keyname": "phi"}
    encryption = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": key}
    clinic.arm.put(
        ACCOUNT,
        kind="BlockBlobStorage",
        sku={"name": "Premium_LRS"},
        tags={"dataClassification": "phi"},
        properties={"encryption": encryption},
    )
    return clinic


def place(rig: Rig, vault: str, *, safe: bool) -> None:
    rig.arm.put(vault, properties={"enablePurgeProtection": safe})
    rig.arm.documents[ids.key(NAME)] = {"id": vault, "name": "hub-keys"}


def test_a_vault_that_is_weakened_outside_the_monitored_subscriptions_is_found_by_the_poll(
    account: Rig,
) -> None:
    place(account, VAULT, safe=True)
    account.write(ACCOUNT)
    account.later(minutes=5)
    assert account.splunk.changes == []

    place(account, VAULT, safe=False)
    account.later(minutes=20)

    assert account.splunk.changes == ["STORAGE-CMK opened"]


def test_a_vault_in_a_monitored_subscription_is_not_polled(account: Rig) -> None:
    place(account, VAULT.replace(ids.subscription_of(VAULT), SUBSCRIPTION), safe=True)
    account.write(ACCOUNT)
    account.later(minutes=5)
    account.arm.reads.clear()
    account.later(minutes=60)

    assert not account.arm.reads


def test_a_vault_that_is_not_found_is_unknown_and_names_the_role(account: Rig) -> None:
    account.write(ACCOUNT)
    account.later(minutes=20)

    [(notice, _)] = account.splunk.told
    assert notice.control_id == "STORAGE-CMK"
    assert "hub-keys" in notice.reason
    assert "needs the role Reader" in notice.reason
