"""Whether a disk or snapshot can be downloaded over a public network."""

from typing import Final

from detectors.disk.disks import STATE, noun
from detectors.evidence import evidence
from detectors.managed_groups import MANAGED_BY, owned
from drift import ids
from drift.arm.references import id_at
from drift.arm.types import DISK, SNAPSHOT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PostAction, SetProperty
from drift.ids import name_of
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_POLICY: Final = "properties.networkAccessPolicy"
_NETWORK: Final = "properties.publicNetworkAccess"
_ACCESS: Final = "properties.diskAccessId"
_SIGN_IN: Final = "properties.dataAccessAuthMode"

_LIVE: Final = {"activesas", "activesasfrozen"}
_QUIET: Final = {
    MISSING,
    "unattached",
    "attached",
    "reserved",
    "frozen",
    "readytoupload",
    "activeupload",
}
_END: Final = "endGetAccess"
_PROPERTIES: Final = (_POLICY, _NETWORK, _ACCESS, _SIGN_IN, STATE)

_BY_POLICY: Final = (
    "Assign the policy 8426280e-b5be-43d9-979e-653d12a08638 (configure managed disks to disable public "
    "network access), which also changes disks that a service creates."
)

CONTROL: Final = Control(
    id="DISK-PUBLIC-EXPORT",
    title="Disk must not be downloadable over a public network",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.310(d)(1)"),
    why="Exporting a disk creates a URL with which anyone can copy all of its data.",
    fix="az disk update --ids <id> --network-access-policy DenyAll "
    "--public-network-access Disabled",
    watches={DISK: _PROPERTIES, SNAPSHOT: _PROPERTIES, ids.GROUP: (MANAGED_BY,)},
    also_judges=(SNAPSHOT,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Pass where either setting denies public downloads; absent, both allow them."""
    closed = _closed(resource)
    if closed:
        live = " A download is in progress." if _is_live(resource) else ""
        reason = f"{closed}{live}{_could_be_stricter(resource)}"
        return Verdict(Outcome.PASS, reason, _locks(resource))
    policy = resource.word(_POLICY)
    if policy not in {MISSING, "allowall", "denyall"}:
        raise Unreadable(_POLICY, "not a known policy, or its disk access is missing")
    if resource.word(_NETWORK) not in {MISSING, "enabled"}:
        raise Unreadable(_NETWORK, "not a known access")
    if policy == "denyall" and not _is_live(resource):
        raise Unreadable(STATE, "not a known state")
    return _left_over(resource) if policy == "denyall" else _open(resource, estate)


def _closed(disk: Resource) -> str:
    """Return which setting denies public downloads, "" for none; a disk access is private.

    DenyAll creates no download URL; Azure does not document whether it revokes an earlier one.
    """
    policy = disk.word(_POLICY)
    if policy == "allowprivate" and (access := id_at(disk, _ACCESS)):
        return f"Downloads go through private endpoints of disk access {name_of(access)} only."
    if policy == "denyall" and disk.word(STATE) in _QUIET:
        return f"Downloads of the {noun(disk)} are denied."
    if disk.word(_NETWORK) == "disabled":
        return "Public network access is off."
    return ""


def _is_live(disk: Resource) -> bool:
    """Tell whether a download URL is known to be in use: this only raises the severity of a failure."""
    return disk.shown(STATE) is not MISSING and disk.word(STATE) in _LIVE


def _locks(disk: Resource) -> tuple[Evidence, ...]:
    return (
        evidence(disk, _POLICY, "DenyAll, or publicNetworkAccess is Disabled"),
        evidence(disk, _NETWORK, "Disabled, or networkAccessPolicy denies public downloads"),
    )


def _could_be_stricter(disk: Resource) -> str:
    """Name stricter settings for PHI; like Azure's own policy, the control does not require them."""
    policy = disk.word(_POLICY)
    if policy == "denyall":
        return ""
    wishes = (
        ("DenyAll", policy == "allowprivate"),
        ("public network access off", disk.word(_NETWORK) == "disabled"),
        ("sign-in with Entra ID", _signs_in(disk)),
    )
    lacking = [wish for wish, granted in wishes if not granted]
    return f" Stricter settings for PHI: {', '.join(lacking)}." if lacking else ""


def _signs_in(disk: Resource) -> bool:
    """Tell whether downloads require a sign-in; if an event does not show it, the verdict does not change."""
    mode = disk.shown(_SIGN_IN)
    return str(mode).lower() == "azureactivedirectory" or (mode is MISSING and not disk.whole)


def _open(disk: Resource, estate: Estate) -> Verdict:
    """Fail; an active SAS means that a download URL is in use: its fix is the same for every owner."""
    reason = f"The {noun(disk)} can be downloaded over a public network."
    steps = (SetProperty(disk.id, _POLICY, "DenyAll"), SetProperty(disk.id, _NETWORK, "Disabled"))
    note = "Machines are not affected. Tools that export the disk, such as backup products, lose access."
    if not _is_live(disk):
        fix = owned(Fix(steps, note), disk, estate, instead=_BY_POLICY)
        return Verdict(Outcome.FAIL, reason, _locks(disk), fix=fix)
    return Verdict(
        Outcome.FAIL,
        f"{reason} A download URL is active now.",
        (*_locks(disk), _handed_out(disk)),
        Severity.CRITICAL,
        Fix((*steps, PostAction(disk.id, _END)), f"{note} A running download is interrupted."),
    )


def _left_over(disk: Resource) -> Verdict:
    return Verdict(
        Outcome.FAIL,
        f"New downloads of the {noun(disk)} are denied, but an earlier download URL is still active.",
        (evidence(disk, _POLICY), evidence(disk, _NETWORK, "Disabled"), _handed_out(disk)),
        fix=Fix(
            (SetProperty(disk.id, _NETWORK, "Disabled"), PostAction(disk.id, _END)),
            "A running download is interrupted.",
        ),
    )


def _handed_out(disk: Resource) -> Evidence:
    return evidence(disk, STATE, "a state without an active SAS")
