"""An account's own key: without a name there is none, whatever the vault is."""

import pytest

from detectors.storage import cmk
from drift.model import Outcome
from tests.detectors.storage.accounts import SUBSCRIPTION, CountingEstate, account

ADDRESS = "https://clinic-keys.vault.azure.net"
VAULT = f"{SUBSCRIPTION}/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/clinic-keys"
PROTECTED = {"id": VAULT, "properties": {"enablePurgeProtection": True}}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("phi", Outcome.PASS),
        ("PHI-2", Outcome.PASS),
        (None, Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
        (" ", Outcome.UNKNOWN),
        (17, Outcome.UNKNOWN),
        (["phi"], Outcome.UNKNOWN),
        ("phi disks", Outcome.UNKNOWN),
        (f"{ADDRESS}/keys/phi", Outcome.UNKNOWN),
    ],
)
def test_an_account_passes_only_with_the_name_of_a_key(name: object, outcome: Outcome) -> None:
    encryption = {
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": {"keyvaulturi": f"{ADDRESS}/", "keyname": name},
    }
    judged = account("BlockBlobStorage", encryption=encryption)
    verdict = cmk.evaluate(judged, CountingEstate({VAULT: PROTECTED}))

    assert verdict.outcome is outcome, verdict.reason
