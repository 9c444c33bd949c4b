"""Whether deleted or overwritten data of a storage account can be restored."""

from collections.abc import Callable
from functools import partial
from typing import Final

from detectors.evidence import evidence
from detectors.facets import Facet, weakest
from detectors.storage.accounts import ACCOUNT, services
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_SKU: Final = "sku.name"
_HNS: Final = "properties.isHnsEnabled"
_BLOBS: Final = "properties.deleteRetentionPolicy"
_CONTAINERS: Final = "properties.containerDeleteRetentionPolicy"
_SHARES: Final = "properties.shareDeleteRetentionPolicy"
_PERMANENT: Final = f"{_BLOBS}.allowPermanentDelete"
_VERSIONING: Final = "properties.isVersioningEnabled"

_BLOB_SERVICE: Final = "blobServices/default"
_FILE_SERVICE: Final = "fileServices/default"

_ORDINARY_DAYS: Final = 7
"""Days that deleted data without PHI is kept: the default of the portal for a new account."""

CONTROL: Final = Control(
    id="STORAGE-RECOVERY",
    title="Storage account must keep deleted and overwritten data",
    service="Storage",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(7)(ii)(A)", "164.312(c)(1)"),
    why="PHI that is deleted by mistake or encrypted by ransomware cannot be restored.",
    fix="az storage account blob-service-properties update --account-name <name> "
    "--resource-group <group> --enable-delete-retention true --delete-retention-days 30 "
    "--enable-container-delete-retention true --container-delete-retention-days 30 "
    "--enable-versioning true",
    watches={
        ACCOUNT: ("kind", _SKU, _HNS),
        f"{ACCOUNT}/blobservices": (
            f"{_BLOBS}.enabled",
            f"{_BLOBS}.days",
            _PERMANENT,
            f"{_CONTAINERS}.enabled",
            f"{_CONTAINERS}.days",
            _VERSIONING,
        ),
        f"{ACCOUNT}/fileservices": (f"{_SHARES}.enabled", f"{_SHARES}.days"),
    },
    leaves_out="file shares of an account that also has blobs: only its blob service is evaluated.",
)

_Side = Callable[[Resource, Resource, Estate], Verdict]


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the blob service, or the file service of an account that has no blobs."""
    files = "blob" not in services(resource)
    name = f"{resource.id}/{_FILE_SERVICE if files else _BLOB_SERVICE}"
    service = estate.get(name) or Resource(name, "", {})
    sides: tuple[_Side, ...] = (
        (partial(_kept, ("file share", _SHARES)),)
        if files
        else (
            partial(_kept, ("blob", _BLOBS)),
            partial(_kept, ("container", _CONTAINERS)),
            _versions,
            _purging,
        )
    )
    facets: list[Facet] = [partial(each, service) for each in sides]
    return weakest(CONTROL, facets, resource, estate)


def _kept(named: tuple[str, str], service: Resource, account: Resource, estate: Estate) -> Verdict:
    """Evaluate how long deleted data is kept; an absent policy means not at all."""
    what, policy = named
    wanted = _days_wanted(estate)
    enabled, days = service.flag(f"{policy}.enabled"), service.number(f"{policy}.days")
    found = (
        evidence(service, f"{policy}.enabled", "true", of=account),
        evidence(service, f"{policy}.days", f"{wanted} or more", of=account),
    )
    if enabled and days is MISSING:
        raise Unreadable(f"{service.id}#{policy}.days", "absent")
    if enabled and days is not MISSING and days >= wanted:
        return Verdict(Outcome.PASS, f"A deleted {what} is kept for {days} days.", found)
    kept = f"kept for {days} days; {wanted} days are required" if enabled else "not kept"
    steps = (
        SetProperty(service.id, f"{policy}.enabled", True),
        SetProperty(service.id, f"{policy}.days", wanted),
    )
    fix = Fix(steps, "Retention adds cost.")
    return Verdict(Outcome.FAIL, f"A deleted {what} is {kept}.", found, fix=fix)


def _days_wanted(estate: Estate) -> int:
    """Return how many days deleted data must be kept; fewer without PHI."""
    days = estate.baseline.soft_delete_days
    return days if estate.phi is not False else min(days, _ORDINARY_DAYS)


def _versions(service: Resource, account: Resource, _: Estate) -> Verdict:
    """Evaluate versioning, where the account's kind supports it.

    https://learn.microsoft.com/azure/storage/blobs/versioning-overview
    """
    if account.flag(_HNS):
        return Verdict(
            Outcome.NOT_APPLICABLE,
            "Accounts with a hierarchical namespace do not support versioning.",
        )
    if _holds_page_blobs_only(account):
        reason = "Premium accounts for page blobs do not support versioning."
        return Verdict(Outcome.NOT_APPLICABLE, reason)
    found = (evidence(service, _VERSIONING, "true", of=account),)
    if service.flag(_VERSIONING):
        return Verdict(Outcome.PASS, "Overwritten blobs keep their versions.", found)
    note = "Retention adds cost."
    if account.word("kind") == "storage":
        note = "Upgrade the account to StorageV2 first."
    steps = (SetProperty(service.id, _VERSIONING, True),)
    return Verdict(
        Outcome.FAIL,
        "Versioning is off; an overwritten blob cannot be restored.",
        found,
        fix=Fix(steps, note),
    )


def _holds_page_blobs_only(account: Resource) -> bool:
    """Tell whether this is a general-purpose account on premium disks."""
    tier = account.word(_SKU)
    general = account.word("kind") in {"storage", "storagev2"}
    return general and tier is not MISSING and tier.startswith("premium")


def _purging(service: Resource, account: Resource, _: Estate) -> Verdict:
    found = (evidence(service, _PERMANENT, "false, or absent", of=account),)
    if not service.flag(_PERMANENT):
        return Verdict(
            Outcome.PASS, "Deleted data cannot be purged before its retention ends.", found
        )
    steps = (SetProperty(service.id, _PERMANENT, False),)
    return Verdict(
        Outcome.FAIL, "Deleted data can be purged before its retention ends.", found, fix=Fix(steps)
    )
