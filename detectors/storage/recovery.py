"""PHI that is deleted or overwritten in a storage account can be brought back."""

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

_HNS: Final = "properties.isHnsEnabled"
_BLOBS: Final = "properties.deleteRetentionPolicy"
_CONTAINERS: Final = "properties.containerDeleteRetentionPolicy"
_SHARES: Final = "properties.shareDeleteRetentionPolicy"
_PERMANENT: Final = f"{_BLOBS}.allowPermanentDelete"
_VERSIONING: Final = "properties.isVersioningEnabled"

_BLOB_SERVICE: Final = "blobServices/default"
_FILE_SERVICE: Final = "fileServices/default"

_ORDINARY_DAYS: Final = 7
"""Days that deleted data without PHI is kept; what the portal proposes for a new account."""

CONTROL: Final = Control(
    id="STORAGE-RECOVERY",
    title="Storage account keeps what is deleted or overwritten",
    service="Storage",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(7)(ii)(A)", "164.312(c)(1)"),
    why="PHI that is deleted by mistake or encrypted by ransomware is lost for good.",
    fix="az storage account blob-service-properties update --account-name <name> "
    "--resource-group <group> --enable-delete-retention true --delete-retention-days 30 "
    "--enable-container-delete-retention true --container-delete-retention-days 30 "
    "--enable-versioning true",
    watches={
        ACCOUNT: ("kind", _HNS),
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
    leaves_out="file shares beside blobs: of an account that has both services, that of blobs alone is "
    "judged.",
)

_Side = Callable[[Resource, Resource, Estate], Verdict]


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge the blob service, or the file service of an account that has nothing else."""
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
    """Judge how long something deleted is kept; absent is not at all, as everywhere in a service."""
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
        return Verdict(Outcome.PASS, f"a deleted {what} is kept for {days} days", found)
    kept = f"kept for {days} days only, not {wanted}" if enabled else "not kept"
    steps = (
        SetProperty(service.id, f"{policy}.enabled", True),
        SetProperty(service.id, f"{policy}.days", wanted),
    )
    fix = Fix(steps, "What is kept is paid for.")
    return Verdict(Outcome.FAIL, f"a deleted {what} is {kept}", found, fix=fix)


def _days_wanted(estate: Estate) -> int:
    """Return for how many days what was deleted must be kept; less is asked of what is not PHI."""
    days = estate.baseline.soft_delete_days
    return days if estate.phi is not False else min(days, _ORDINARY_DAYS)


def _versions(service: Resource, account: Resource, _: Estate) -> Verdict:
    """Judge versioning, which accounts with a hierarchical namespace do not support."""
    if account.flag(_HNS):
        return Verdict(Outcome.NOT_APPLICABLE, "a hierarchical namespace has no versions")
    found = (evidence(service, _VERSIONING, "true", of=account),)
    if service.flag(_VERSIONING):
        return Verdict(Outcome.PASS, "overwritten blobs keep their versions", found)
    note = "What is kept is paid for."
    if account.word("kind") == "storage":
        note = "An account of the first generation must be upgraded to StorageV2 before."
    steps = (SetProperty(service.id, _VERSIONING, True),)
    return Verdict(Outcome.FAIL, "an overwritten blob is lost", found, fix=Fix(steps, note))


def _purging(service: Resource, account: Resource, _: Estate) -> Verdict:
    found = (evidence(service, _PERMANENT, "false", of=account),)
    if not service.flag(_PERMANENT):
        return Verdict(Outcome.PASS, "nobody can purge what was deleted", found)
    steps = (SetProperty(service.id, _PERMANENT, False),)
    return Verdict(
        Outcome.FAIL, "what was deleted can be purged before its time", found, fix=Fix(steps)
    )
