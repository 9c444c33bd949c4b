"""The key vault behind a storage account's key: that it exists, and cannot be purged."""

from typing import Final

from detectors.evidence import check_objects, evidence
from detectors.keys import vaults
from detectors.keys.key_uri import holder_at
from detectors.keys.vault_types import PURGE
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Outcome, Resource, Severity, Verdict

KEY: Final = "properties.encryption.keyvaultproperties"
VAULT_URI: Final = f"{KEY}.keyvaulturi"
_IDENTITY: Final = "properties.encryption.identity"
FEDERATED: Final = f"{_IDENTITY}.federatedIdentityClientId"


def vault(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault: without purge protection, deleting the key destroys the data.

    An account names its vault by address only. A key of another tenant is unknown, as for disks: its
    vault cannot be read.
    """
    check_objects(account, KEY, _IDENTITY)
    if account.word(FEDERATED) not in {MISSING, "", "none"}:
        raise Unreadable(FEDERATED, "the key vault is in another tenant")
    vault_id = vaults.id_of(holder_at(account.get(VAULT_URI), VAULT_URI), account, estate)
    found = estate.get(vault_id)
    if found is None:
        reason = (
            f"Key vault {ids.name_of(ids.key(vault_id))} does not exist; the data is unreadable."
        )
        note = "Recover the vault (az keyvault recover) before its retention ends."
        shown = (evidence(account, VAULT_URI, "a vault that exists"),)
        return Verdict(Outcome.FAIL, reason, shown, Severity.CRITICAL, Fix(note=note))
    shown = (evidence(found, PURGE, "true", of=account),)
    if found.flag(PURGE):
        return Verdict(Outcome.PASS, "The key vault has purge protection.", shown)
    return Verdict(
        Outcome.FAIL,
        f"Key vault {found.name} has no purge protection; purging it destroys the data.",
        shown,
        fix=Fix(
            (SetProperty(found.id, PURGE, True),), "Purge protection cannot be turned off again."
        ),
    )
