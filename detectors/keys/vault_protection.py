"""Whether the key vault behind a customer-managed key exists, and cannot be purged."""

from detectors.evidence import evidence
from detectors.keys import vaults
from detectors.keys.key_uri import Holder
from detectors.keys.vault_types import PURGE
from drift import ids
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import Outcome, Resource, Severity, Verdict


def judge_vault(holder: Holder, path: str, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault that the property at ``path`` names by its address.

    Without purge protection, deleting the key destroys the data.
    """
    vault_id = vaults.id_of(holder, resource, estate)
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
