"""A storage account refuses plain HTTP and every TLS version older than 1.2."""

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

CONTROL: Final = Control(
    id="STORAGE-TLS",
    title="Storage account requires HTTPS and TLS 1.2",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    why="Whoever is on the path can read PHI, and the keys and tokens sent with it.",
    fix="az storage account update --ids <id> --https-only true --min-tls-version TLS1_2",
    watches={ACCOUNT: (_HTTPS, _MINIMUM, _NFS)},
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge secure transfer and the minimum version apart: either alone fails."""
    return weakest(CONTROL, (_secure_transfer, _version), resource, estate)


def _secure_transfer(account: Resource, _: Estate) -> Verdict:
    """Judge HTTPS; absent is unknown: its meaning depends on the API that made the account."""
    https_only = account.flag(_HTTPS)
    if https_only is MISSING:
        raise Unreadable(_HTTPS, "absent")
    found = (evidence(account, _HTTPS, "true"),)
    if https_only:
        return Verdict(Outcome.PASS, "secure transfer is required", found)
    if str(account.get(_NFS)).lower() in {"true", "1"}:  # it changes the fix, never the verdict
        return Verdict(
            Outcome.FAIL,
            "plain HTTP is accepted, as NFS 3.0 on this account demands",
            (*found, evidence(account, _NFS, "false")),
            fix=Fix(note="NFS 3.0 cannot be switched off: move the data to an account without it."),
        )
    return Verdict(
        Outcome.FAIL,
        "plain HTTP is accepted",
        found,
        fix=Fix((SetProperty(account.id, _HTTPS, True),), "Clients that use http:// will break."),
    )


def _version(account: Resource, _: Estate) -> Verdict:
    """Judge the minimum version; absent is TLS 1.0, ARM's documented default.

    Azure itself refuses TLS 1.0 and 1.1 since February 2026: the setting alone is less grave.
    """
    minimum = account.word(_MINIMUM)
    found = (evidence(account, _MINIMUM, "TLS1_2"),)
    if minimum in _NEW:
        return Verdict(Outcome.PASS, "TLS 1.2 is the least accepted", found)
    if minimum is not MISSING and minimum not in _OLD:
        raise Unreadable(_MINIMUM, "not a version we know")
    version = "1.1" if minimum == "tls1_1" else "1.0"
    how = " (the setting is absent)" if minimum is MISSING else ""
    note = "Clients that cannot speak TLS 1.2 will break."
    return Verdict(
        Outcome.FAIL,
        f"the minimum version is TLS {version}, not 1.2{how}",
        found,
        Severity.MEDIUM,
        Fix((SetProperty(account.id, _MINIMUM, "TLS1_2"),), note),
    )
