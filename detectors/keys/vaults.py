"""The key vault behind a resource's customer-managed key: that it exists, and cannot be purged."""

from typing import Final

from detectors.evidence import evidence, listed
from detectors.keys.key_uri import Holder
from detectors.keys.vault_types import PURGE
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import Outcome, Resource, Severity, Verdict

_VAULTS: Final = "providers/Microsoft.KeyVault/vaults"
_HSMS: Final = "providers/Microsoft.KeyVault/managedHSMs"


def judge_vault(holder: Holder, path: str, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault that a property names: without purge protection, deleting the key destroys data.

    The property at ``path`` names the vault by address only. Names are unique in Azure, so the vault
    of that name in the resource's subscription is the one; a vault elsewhere cannot be told from a
    deleted one.
    """
    vault_id = _find(holder, resource, estate)
    found = estate.get(vault_id)
    if found is None:
        reason = (
            f"Key vault {ids.name_of(ids.key(vault_id))} does not exist; the data is unreadable."
        )
        note = "Recover the vault (az keyvault recover) before its retention ends."
        shown = (evidence(resource, path, "a vault that exists"),)
        return Verdict(Outcome.FAIL, reason, shown, Severity.CRITICAL, Fix(note=note))
    shown = (evidence(found, PURGE, "true", of=resource),)
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


def _find(holder: Holder, resource: Resource, estate: Estate) -> str:
    """Return the vault's id by its name; raise Unreadable where it is not in the subscription."""
    subscription = f"/subscriptions/{ids.subscription_of(resource.id)}"
    collection = _HSMS if holder.is_hsm else _VAULTS
    known, doubt = listed(lambda: estate.children(subscription, collection))
    found = next((each.id for each in known if each.name.lower() == holder.name), None)
    if found:
        return found
    raise doubt or Unreadable(f"key vault {holder.name}", "deleted, or in another subscription")
