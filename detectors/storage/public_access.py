"""Whether a storage account forbids anonymous reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.evidence import evidence, listed
from detectors.firewalls import public_access
from detectors.firewalls.ip_rules import IP_RULES, IPV6_RULES, Approved, is_narrow, rules
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, RULES, STATE
from detectors.storage.accounts import ACCOUNT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_ALLOWED: Final = "properties.allowBlobPublicAccess"
_ACCESS: Final = "properties.publicAccess"
_NETWORK: Final = "properties.publicNetworkAccess"
_DEFAULT: Final = "properties.networkAcls.defaultAction"
_WEBSITE: Final = "properties.primaryEndpoints.web"

_CONTAINERS: Final = "blobServices/default/containers"
_WEB: Final = "$web"

_LEVELS: Final = {"none", "blob", "container"}
_RULES: Final = (IP_RULES, IPV6_RULES)

_TOLD: Final = 5
_SHOWN: Final = 20
"""Public containers named in the reason, and in the evidence; the others are counted."""

CONTROL: Final = Control(
    id="STORAGE-PUBLIC-ACCESS",
    title="Storage account must forbid anonymous reads",
    service="Storage",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)", "164.308(a)(4)(ii)(B)", "164.308(a)(1)(ii)(B)", "164.502(a)"),
    why="Anyone who knows or guesses a URL can read PHI without signing in.",
    fix="az storage account update --ids <id> --allow-blob-public-access false",
    watches={
        ACCOUNT: (_ALLOWED, _NETWORK, _DEFAULT, IP_RULES, IPV6_RULES, _WEBSITE),
        f"{ACCOUNT}/blobservices/containers": (_ACCESS,),
        f"{ACCOUNT}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
    },
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The containers: which are public, what is unknown, whether one is a static website."""

    public: tuple[Resource, ...]
    doubt: str
    website: bool


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Pass on an explicit false, which overrides every container and costs no further read.

    Absent fails: API versions up to 2022-09-01 treat it as true and later ones as false, although
    the stored value never changed.
    """
    if resource.word("kind") == "filestorage":
        return Verdict(Outcome.NOT_APPLICABLE, "The account holds file shares and no blobs.")
    if resource.flag(_ALLOWED) is False:
        return _forbidden(resource)
    seen = _seen_of(resource, estate)
    closed = _is_closed(resource, estate)
    severity = Severity.CRITICAL if seen.public else Severity.HIGH
    return Verdict(
        Outcome.FAIL,
        _reason(resource, seen, closed=closed),
        _evidence(resource, seen, closed=closed),
        Severity.MEDIUM if closed else severity,
        _fix(resource, seen),
    )


def _forbidden(account: Resource) -> Verdict:
    """Pass, and name what the setting does not cover: ARM does not show whether a website is on."""
    website = ""
    if account.shown(_WEBSITE) is not MISSING:
        website = f" {_website('if enabled', closed=_is_closed_itself(account))}"
    return Verdict(
        Outcome.PASS,
        f"Anonymous access is off for the whole account.{website}",
        (evidence(account, _ALLOWED, "false"),),
    )


def _website(which: str, *, closed: bool) -> str:
    """State who can read a static website: this setting does not cover it, the network rules do."""
    if closed:
        return (
            f"A static website, {which}, is not public: only networks that the firewall or a "
            "security perimeter allows can read it."
        )
    return f"A static website, {which}, is public regardless of this setting."


def _seen_of(account: Resource, estate: Estate) -> _Seen:
    """Return what the containers show; a list that is refused may still be known in part."""
    containers, error = listed(lambda: estate.children(account.id, _CONTAINERS))
    doubt = error.why if error else ""
    public = tuple(each for each in containers if _access(each) in {"blob", "container"})
    unknown = [each.name for each in containers if _access(each) not in _LEVELS]
    if unknown and not doubt:
        doubt = f"{unknown[0]} has an unknown access level"
    return _Seen(public, doubt, any(each.name == _WEB for each in containers))


def _access(container: Resource) -> str:
    """Return a container's access level in lower case; absent is none, ARM's documented default."""
    access = container.get(_ACCESS)
    return "none" if access is MISSING else str(access).lower()


def _is_closed(account: Resource, estate: Estate) -> bool:
    """Tell whether the network is proven to block the Internet; a doubt lowers no severity."""
    try:
        return public_access.keeps_the_internet_out(_denies, account, estate)
    except Unreadable:
        return False


def _is_closed_itself(account: Resource) -> bool:
    """Tell whether the account's own switch or default keeps out every network without a rule."""
    off = str(account.shown(_NETWORK)).lower() in {"disabled", "securedbyperimeter"}
    return off or str(account.shown(_DEFAULT)).lower() == "deny"


def _denies(account: Resource, estate: Estate) -> bool:
    """Tell whether the account's own firewall denies by default, and its rules are narrow."""
    if account.word(_DEFAULT) != "deny" or account.word(_NETWORK) not in {MISSING, "enabled"}:
        return False
    known = [rules(account, path) for path in _RULES]
    networks = [each.network for found, _ in known for each in found]
    approved = Approved.by(estate.baseline)
    return is_narrow(networks, approved) and not any(unknown for _, unknown in known)


def _reason(account: Resource, seen: _Seen, *, closed: bool) -> str:
    absent = account.get(_ALLOWED) is MISSING
    parts = [
        f"Anonymous access is {'not forbidden (the setting is not shown)' if absent else 'allowed'}."
    ]
    if seen.public:
        who = "Anyone on a network that the firewall allows" if closed else "Anyone"
        parts.append(f"{who} can read {_named(seen.public)}.")
    elif not seen.doubt:
        parts.append("No container is public yet.")
    if seen.doubt:
        parts.append(f"Container state unknown ({seen.doubt}).")
    if seen.website:
        parts.append(_website(f"in {_WEB}", closed=closed))
    return " ".join(parts)


def _named(containers: Sequence[Resource]) -> str:
    names = ", ".join(each.name for each in containers[:_TOLD])
    more = f" and {len(containers) - _TOLD} more" if len(containers) > _TOLD else ""
    return f"{'containers' if len(containers) > 1 else 'container'} {names}{more}"


def _evidence(account: Resource, seen: _Seen, *, closed: bool) -> tuple[Evidence, ...]:
    """Return the account's setting, the firewall if it matters, and at most 20 containers."""
    found = [evidence(account, _ALLOWED, "false")]
    if closed:
        found += [evidence(account, _NETWORK), evidence(account, _DEFAULT)]
    found += [evidence(each, _ACCESS, of=account) for each in seen.public[:_SHOWN]]
    more = len(seen.public) - _SHOWN
    if more > 0:
        found.append(Evidence(f"{_CONTAINERS}#{_ACCESS}", f"{more} more are public", ""))
    return tuple(found)


def _fix(account: Resource, seen: _Seen) -> Fix:
    """Close the account, which closes every container at once."""
    note = "Anonymous readers lose access at once. Signed-in users are not affected."
    if seen.public:
        note += " The containers keep their own setting: set them to private as well."
    return Fix((SetProperty(account.id, _ALLOWED, False),), note)
