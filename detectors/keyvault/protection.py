"""A key vault that is deleted, or a key in it, can be brought back: nobody can purge it."""

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
    title="Key vault is protected from purging",
    service="Key Vault",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(2)(iv)", "164.308(a)(7)(ii)(A)"),
    why="Whoever purges a key destroys all PHI that is encrypted with it.",
    fix="az keyvault update --name <name> --resource-group <group> --enable-purge-protection true",
    watches={VAULT: (PURGE, _SOFT_DELETE, _DAYS, _ROLES), HSM: (PURGE, _SOFT_DELETE, _DAYS)},
    also_judges=(HSM,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge purge protection and soft delete apart: neither helps without the other."""
    return weakest(CONTROL, (_purging, _soft_delete), resource, estate)


def _purging(vault: Resource, _: Estate) -> Verdict:
    """Judge purge protection; absent is off: ARM never shows it as false."""
    found = (evidence(vault, PURGE, "true"),)
    if vault.flag(PURGE):
        return Verdict(Outcome.PASS, f"nobody can purge it{_advice(vault)}", found)
    how = " (the setting is absent)" if vault.get(PURGE) is MISSING else ""
    return Verdict(
        Outcome.FAIL,
        f"what is deleted can be purged, and all that its keys encrypt with it{how}",
        found,
        fix=Fix((SetProperty(vault.id, PURGE, True),), "Purge protection cannot be undone."),
    )


def _advice(vault: Resource) -> str:
    """Advise roles where access policies decide, which they do unless the vault says otherwise."""
    by_roles = str(vault.get(_ROLES)).lower() in {"true", "1"}
    return (
        "" if by_roles or vault.type != VAULT else "; access policies decide on access, not roles"
    )


def _soft_delete(vault: Resource, _: Estate) -> Verdict:
    """Judge soft delete; absent is on: no vault has been made without it since 2019-09-01."""
    if vault.flag(_SOFT_DELETE) is not False:
        days = vault.get(_DAYS)
        kept = f"what is deleted is kept for {90 if days is MISSING else days} days"
        return Verdict(Outcome.PASS, kept, (evidence(vault, _DAYS, "7 to 90"),))
    return Verdict(
        Outcome.FAIL,
        "soft delete is off: what is deleted is gone at once",
        (evidence(vault, _SOFT_DELETE, "true"),),
        fix=Fix((SetProperty(vault.id, _SOFT_DELETE, True),), "Soft delete cannot be undone."),
    )
