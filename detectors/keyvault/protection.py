"""Whether a deleted key vault, and a deleted key in it, can be recovered and not purged."""

from typing import Final

from detectors.evidence import evidence
from detectors.facets import weakest
from detectors.keys.vault_types import HSM, PURGE, VAULT
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_SOFT_DELETE: Final = "properties.enableSoftDelete"
_DAYS: Final = "properties.softDeleteRetentionInDays"
_ROLES: Final = "properties.enableRbacAuthorization"

CONTROL: Final = Control(
    id="KEYVAULT-PROTECTION",
    title="Key vault must have purge protection",
    service="Key Vault",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(2)(iv)", "164.308(a)(7)(ii)(A)"),
    why="Purging a key destroys all PHI that is encrypted with it.",
    fix="az keyvault update --name <name> --resource-group <group> --enable-purge-protection true",
    watches={VAULT: (PURGE, _SOFT_DELETE, _DAYS, _ROLES), HSM: (PURGE, _SOFT_DELETE, _DAYS)},
    also_judges=(HSM,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate purge protection and soft delete separately: neither helps without the other."""
    return weakest(CONTROL, (_purging, _soft_delete), resource, estate)


def _purging(vault: Resource, _: Estate) -> Verdict:
    """Evaluate purge protection; absent is off: ARM never shows it as false."""
    found = (evidence(vault, PURGE, "true"),)
    if vault.flag(PURGE):
        return Verdict(Outcome.PASS, f"Purge protection is on.{_advice(vault)}", found)
    how = " (the setting is not shown)" if vault.get(PURGE) is MISSING else ""
    return Verdict(
        Outcome.FAIL,
        f"Purge protection is off{how}: a purged key destroys all data that it encrypts.",
        found,
        fix=Fix(
            (SetProperty(vault.id, PURGE, True),), "Purge protection cannot be turned off again."
        ),
    )


def _advice(vault: Resource) -> str:
    """State that access policies control access: the default unless the vault enables roles."""
    roles = vault.shown(_ROLES)
    is_known = vault.type == VAULT and (vault.whole or roles is not MISSING)
    by_roles = str(roles).lower() in {"true", "1"}
    return " Access policies control access instead of roles." if is_known and not by_roles else ""


def _soft_delete(vault: Resource, _: Estate) -> Verdict:
    """Evaluate soft delete; absent is on: no vault was created without it since 2019-09-01."""
    if vault.flag(_SOFT_DELETE) is not False:
        days = vault.shown(_DAYS)
        kept = f"Deleted keys and secrets are kept for {90 if days is MISSING else days} days."
        return Verdict(Outcome.PASS, kept, (evidence(vault, _DAYS),))
    return Verdict(
        Outcome.FAIL,
        "Soft delete is off: deleted keys and secrets are lost at once.",
        (evidence(vault, _SOFT_DELETE, "true"),),
        fix=Fix(
            (SetProperty(vault.id, _SOFT_DELETE, True),), "Soft delete cannot be turned off again."
        ),
    )
