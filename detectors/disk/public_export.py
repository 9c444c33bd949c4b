"""Nobody downloads a disk or a snapshot over a public network."""

from typing import Final

from detectors.disk.disks import STATE, noun
from detectors.evidence import evidence
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

CONTROL: Final = Control(
    id="DISK-PUBLIC-EXPORT",
    title="Disk cannot be downloaded over a public network",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.310(d)(1)"),
    why="Whoever may export a disk gets an address from which anyone can copy all of it.",
    fix="az disk update --ids <id> --network-access-policy DenyAll "
    "--public-network-access Disabled",
    watches={DISK: _PROPERTIES, SNAPSHOT: _PROPERTIES},
    also_judges=(SNAPSHOT,),
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Pass where either lock is on; absent they are AllowAll and Enabled, and then it fails."""
    closed = _closed(resource)
    if closed:
        live = "; a download is under way" if _is_live(resource) else ""
        told = f"{closed}{live}{_could_be_stricter(resource)}"
        return Verdict(Outcome.PASS, told, _locks(resource))
    policy = resource.word(_POLICY)
    if policy not in {MISSING, "allowall", "denyall"}:
        raise Unreadable(_POLICY, "not a policy we know, or without its disk access")
    if resource.word(_NETWORK) not in {MISSING, "enabled"}:
        raise Unreadable(_NETWORK, "not an access we know")
    if policy == "denyall" and not _is_live(resource):
        raise Unreadable(STATE, "not a state we know")
    return _left_over(resource) if policy == "denyall" else _open(resource)


def _closed(disk: Resource) -> str:
    """Return which lock keeps public networks out, "" for none; a disk access is private.

    DenyAll hands out no address; whether it takes back one that was, Azure does not say.
    """
    policy, access = disk.word(_POLICY), id_at(disk.body, _ACCESS)
    if policy == "allowprivate" and access:
        return f"downloads go through private endpoints of disk access {name_of(access)} only"
    if policy == "denyall" and disk.word(STATE) in _QUIET:
        return f"nobody may download the {noun(disk)}"
    if disk.word(_NETWORK) == "disabled":
        return "public network access is off"
    return ""


def _is_live(disk: Resource) -> bool:
    return disk.word(STATE) in _LIVE


def _locks(disk: Resource) -> tuple[Evidence, ...]:
    return (evidence(disk, _POLICY, "DenyAll"), evidence(disk, _NETWORK, "Disabled"))


def _could_be_stricter(disk: Resource) -> str:
    """Say what would be stricter where there is PHI; like Azure's own policy, nothing demands it."""
    policy = disk.word(_POLICY)
    if policy == "denyall":
        return ""
    wishes = (
        ("DenyAll", policy == "allowprivate"),
        ("no public network access", disk.word(_NETWORK) == "disabled"),
        ("sign-in by Entra ID", disk.word(_SIGN_IN) == "azureactivedirectory"),
    )
    lacking = [wish for wish, granted in wishes if not granted]
    return f"; stricter for PHI: {', '.join(lacking)}" if lacking else ""


def _open(disk: Resource) -> Verdict:
    """Fail; a download that is under way means that somebody holds an address from which to copy."""
    reason = f"the {noun(disk)} can be downloaded over a public network"
    steps = (SetProperty(disk.id, _POLICY, "DenyAll"), SetProperty(disk.id, _NETWORK, "Disabled"))
    note = "Machines notice nothing; whoever exports it, a backup product perhaps, is refused."
    if not _is_live(disk):
        return Verdict(Outcome.FAIL, reason, _locks(disk), fix=Fix(steps, note))
    return Verdict(
        Outcome.FAIL,
        f"{reason}, and somebody holds an address that works now",
        (*_locks(disk), _handed_out(disk)),
        Severity.CRITICAL,
        Fix((*steps, PostAction(disk.id, _END)), f"{note} A download breaks off."),
    )


def _left_over(disk: Resource) -> Verdict:
    return Verdict(
        Outcome.FAIL,
        f"nobody may download the {noun(disk)} any more, but somebody holds an address from before",
        (*_locks(disk), _handed_out(disk)),
        fix=Fix(
            (SetProperty(disk.id, _NETWORK, "Disabled"), PostAction(disk.id, _END)),
            "A download breaks off.",
        ),
    )


def _handed_out(disk: Resource) -> Evidence:
    return evidence(disk, STATE, "no active SAS")
