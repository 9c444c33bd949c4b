"""Whether a storage account refuses plain HTTP and TLS versions older than 1.2."""

from typing import Final

from detectors.evidence import evidence
from detectors.facets import weakest
from detectors.storage.accounts import ACCOUNT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_HTTPS: Final = "properties.supportsHttpsTrafficOnly"
_MINIMUM: Final = "properties.minimumTlsVersion"
_NFS: Final = "properties.isNfsV3Enabled"

_NEW: Final = ("tls1_2", "tls1_3")
_OLD: Final = ("tls1_0", "tls1_1")

_REMOUNT: Final = (
    "Secure transfer stops the mounts of NFS 4.1 shares that are not encrypted in transit. Mount each "
    "again with encryption (mount -t aznfs), and only then require it (az storage account update "
    "--https-only true). Without NFS shares it can be required at once."
)
"""https://learn.microsoft.com/azure/storage/files/encryption-in-transit-for-nfs-shares"""

CONTROL: Final = Control(
    id="STORAGE-TLS",
    title="Storage account must require HTTPS and TLS 1.2",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    why="Anyone on the network path can read PHI, and the keys and tokens sent with it.",
    fix="az storage account update --ids <id> --https-only true --min-tls-version TLS1_2",
    watches={ACCOUNT: (_HTTPS, _MINIMUM, _NFS, "kind")},
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate secure transfer and the minimum version separately: either alone fails."""
    return weakest(CONTROL, (_secure_transfer, _version), resource, estate)


def _secure_transfer(account: Resource, _: Estate) -> Verdict:
    """Evaluate HTTPS; absent is unknown: its meaning depends on the API version at creation."""
    https_only = account.flag(_HTTPS)
    if https_only is MISSING:
        raise Unreadable(_HTTPS, "absent")
    found = (evidence(account, _HTTPS, "true"),)
    if https_only:
        return Verdict(Outcome.PASS, f"Secure transfer is required.{_without_tls(account)}", found)
    if str(account.shown(_NFS)).lower() in {"true", "1"}:  # it changes the fix, never the verdict
        return Verdict(
            Outcome.FAIL,
            "Plain HTTP is accepted, as NFS 3.0 requires on this account.",
            (*found, evidence(account, _NFS)),
            fix=Fix(note="NFS 3.0 cannot be turned off: move the data to an account without it."),
        )
    if str(account.shown("kind")).lower() == "filestorage":
        return Verdict(Outcome.FAIL, "Plain HTTP is accepted.", found, fix=Fix(note=_REMOUNT))
    return Verdict(
        Outcome.FAIL,
        "Plain HTTP is accepted.",
        found,
        fix=Fix((SetProperty(account.id, _HTTPS, True),), "Clients that use http:// lose access."),
    )


def _without_tls(account: Resource) -> str:
    """State what secure transfer does not cover: the protocol NFS 3.0 has no TLS."""
    nfs = str(account.shown(_NFS)).lower() in {"true", "1"}
    return " NFS 3.0, which is on, is not encrypted in transit." if nfs else ""


def _version(account: Resource, _: Estate) -> Verdict:
    """Evaluate the minimum version; absent is TLS 1.0, ARM's documented default.

    Azure itself refuses TLS 1.0 and 1.1 since February 2026, so the severity is lower.
    """
    minimum = account.word(_MINIMUM)
    found = (evidence(account, _MINIMUM, "TLS1_2 or TLS1_3"),)
    if minimum in _NEW:
        return Verdict(Outcome.PASS, "TLS 1.2 or later is required.", found)
    if minimum is not MISSING and minimum not in _OLD:
        raise Unreadable(_MINIMUM, "not a known version")
    version = "1.1" if minimum == "tls1_1" else "1.0"
    how = " (the setting is not shown)" if minimum is MISSING else ""
    note = "Clients without TLS 1.2 lose access."
    return Verdict(
        Outcome.FAIL,
        f"The minimum version is TLS {version}{how}; TLS 1.2 is required.",
        found,
        Severity.MEDIUM,
        Fix((SetProperty(account.id, _MINIMUM, "TLS1_2"),), note),
    )
