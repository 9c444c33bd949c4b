"""The key vault behind a storage account's key: that it exists, and cannot be purged."""

from typing import Final

from detectors.evidence import check_objects, evidence, listed
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

_VAULTS: Final = "providers/Microsoft.KeyVault/vaults"
_HSMS: Final = "providers/Microsoft.KeyVault/managedHSMs"


def vault(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault: without purge protection, deleting the key destroys the data.

    An account names its vault by address only. Names are unique in Azure, so the vault of that name
    in the account's subscription is the one; a vault elsewhere cannot be told from a deleted one.
    """
    check_objects(account, KEY, _IDENTITY)
    if account.word(FEDERATED) not in {MISSING, "", "none"}:
        raise Unreadable(FEDERATED, "the key vault is in another tenant")
    vault_id = _find(account, estate)
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


def _find(account: Resource, estate: Estate) -> str:
    """Return the vault's id by its name; raise Unreadable where it is not in the subscription."""
    holder = holder_at(account.get(VAULT_URI), VAULT_URI)
    subscription = f"/subscriptions/{ids.subscription_of(account.id)}"
    collection = _HSMS if holder.is_hsm else _VAULTS
    known, doubt = listed(lambda: estate.children(subscription, collection))
    found = next((each.id for each in known if each.name.lower() == holder.name), None)
    if found:
        return found
    raise doubt or Unreadable(f"key vault {holder.name}", "deleted, or in another subscription")
