"""Whether the container of the monitor's own evidence is protected from changes and reads by others."""

from functools import partial
from typing import Final
from urllib.parse import urlsplit

from detectors.evidence import check_objects, evidence
from detectors.facets import Facet, weakest
from detectors.storage.accounts import ACCOUNT
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_PUBLIC: Final = "properties.allowBlobPublicAccess"
_KEYS: Final = "properties.allowSharedKeyAccess"
_HNS: Final = "properties.isHnsEnabled"
_VERSIONING: Final = "properties.isVersioningEnabled"
_POLICY: Final = "properties.immutabilityPolicy"
_STATE: Final = f"{_POLICY}.properties.state"
_DAYS: Final = f"{_POLICY}.properties.immutabilityPeriodSinceCreationInDays"
_APPENDS: Final = f"{_POLICY}.properties.allowProtectedAppendWrites"
_ALL_APPENDS: Final = f"{_APPENDS}All"
_HOLD: Final = "properties.hasLegalHold"

_BLOB_SERVICE: Final = "blobServices/default"
_STATES: Final = ("locked", "unlocked")
_SIX_YEARS: Final = 2191
_LOCK: Final = (
    "Set a time-based retention policy of 2557 days on the container that allows protected append "
    "writes, check it, then lock it: a locked policy can be extended five times and never be "
    "shortened or removed."
)
_ALLOW: Final = (
    "Allow protected append writes before you lock the policy: the lock fixes them for ever."
)
_MOVE: Final = (
    "A lock fixes this for ever: copy the blobs into a container whose policy allows protected "
    "append writes, and name that one in EVIDENCE_STORE."
)

CONTROL: Final = Control(
    id="EVIDENCE-IMMUTABILITY",
    title="Evidence container must be immutable",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.HIGH,
    hipaa=("164.316(b)(2)(i)", "164.312(c)(1)", "164.414(b)"),
    why="Evidence that somebody could change or delete proves nothing about a breach.",
    fix="az resource create --id <container id>/immutabilityPolicies/default --is-full-object "
    """--properties '{"properties":{"immutabilityPeriodSinceCreationInDays":2557,"""
    """"allowProtectedAppendWrites":true}}'""",
    watches={
        ACCOUNT: (_PUBLIC, _KEYS, _HNS),
        f"{ACCOUNT}/blobservices": (_VERSIONING,),
        f"{ACCOUNT}/blobservices/containers": (_POLICY, _HOLD),
    },
    leaves_out="a container in a subscription that is not monitored, or with an address of its own",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the account of the container that EVIDENCE_STORE names, and the container.

    Names of accounts are unique in the world. A policy that is not locked can be removed, and so
    can a legal hold: neither counts. Six years are 2191 days. Without protected append writes the
    policy refuses every append, so that the log cannot grow. An account with a hierarchical
    namespace has no versions to keep.
    https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview
    """
    account, name = _named(estate.baseline.evidence_container)
    if account != resource.name.lower():
        return Verdict(Outcome.NOT_APPLICABLE, "The account does not hold the monitor's evidence.")
    facets: list[Facet] = [
        partial(_locked, name),
        partial(_growing, name),
        _private,
        _keyless,
        _versioned,
    ]
    verdict = weakest(CONTROL, facets, resource, estate)
    if verdict.outcome is not Outcome.PASS:
        return verdict
    reason = (
        f"Evidence in {name} is locked for six years and accepts appends; account keys are refused."
    )
    return Verdict(Outcome.PASS, reason, verdict.evidence)


def _named(address: str) -> tuple[str, str]:
    """Return the names of the account and the container in an address, "" for both where there is none."""
    parts = urlsplit(address)
    return (parts.hostname or "").partition(".")[0], parts.path.strip("/").partition("/")[0]


def _locked(name: str, account: Resource, estate: Estate) -> Verdict:
    """Evaluate the policy that the container shows."""
    path = f"{account.id}/{_BLOB_SERVICE}/containers/{name}"
    container = estate.get(path)
    if container is None:
        missing = Evidence(f"{ids.relative_to(path, account.id)}#{_STATE}", None, "Locked")
        reason = f"Evidence container {name} does not exist."
        return Verdict(Outcome.FAIL, reason, (missing,), fix=Fix(note=f"Create it. {_LOCK}"))
    check_objects(container, _POLICY, f"{_POLICY}.properties")
    shown = (
        evidence(container, _STATE, "Locked", of=account),
        evidence(container, _DAYS, f"{_SIX_YEARS} or more", of=account),
        evidence(container, _HOLD, of=account),
    )
    state = container.word(_STATE)
    if state is MISSING and container.get(_DAYS) is MISSING:
        held = " A legal hold can be cleared at any time." if container.get(_HOLD) is True else ""
        return _unlocked(f"Evidence container {name} has no retention policy.{held}", shown)
    if state not in _STATES:
        raise Unreadable(f"{name}#{_STATE}", "absent" if state is MISSING else "not a known state")
    if state == "unlocked":
        return _unlocked(f"The retention policy of {name} is not locked: it can be removed.", shown)
    days = container.number(_DAYS)
    if days is MISSING:
        raise Unreadable(f"{name}#{_DAYS}", "absent")
    if int(days) < _SIX_YEARS:
        reason = f"The locked policy of {name} keeps evidence for {days} days only."
        note = "Extend the policy to 2557 days: a locked one can be extended five times."
        return Verdict(Outcome.FAIL, reason, shown, fix=Fix(note=note))
    return Verdict(Outcome.PASS, "", shown)


def _growing(name: str, account: Resource, estate: Estate) -> Verdict:
    """Fail if the policy shows that it refuses appends; if that is not shown, the control does not fail.

    The control is about stored evidence. If the log cannot grow, the monitor that writes it reports
    that.
    """
    container = estate.get(f"{account.id}/{_BLOB_SERVICE}/containers/{name}")
    if container is None or container.get(_POLICY) is MISSING:
        return Verdict(Outcome.NOT_APPLICABLE, "No retention policy blocks appends.")
    allowed = {each: container.flag(each) for each in (_APPENDS, _ALL_APPENDS)}
    path = _ALL_APPENDS if allowed[_ALL_APPENDS] is True else _APPENDS
    shown = (evidence(container, path, "true", of=account),)
    if allowed[path] is True:
        return Verdict(Outcome.PASS, "", shown)
    if False not in allowed.values():
        reason = f"Whether {name} accepts appends is not shown."
        return Verdict(Outcome.PASS, reason, (evidence(container, path, of=account),))
    reason = f"The retention policy of {name} refuses appends: the evidence log cannot grow."
    is_locked = container.get(_STATE) is not MISSING and container.word(_STATE) == "locked"
    return Verdict(Outcome.FAIL, reason, shown, fix=Fix(note=_MOVE if is_locked else _ALLOW))


def _unlocked(reason: str, shown: tuple[Evidence, ...]) -> Verdict:
    return Verdict(Outcome.FAIL, reason, shown, fix=Fix(note=_LOCK))


def _private(account: Resource, _: Estate) -> Verdict:
    """Fail unless public access is off; absent counts as allowed, as for every account."""
    shown = (evidence(account, _PUBLIC, "false"),)
    if account.flag(_PUBLIC) is False:
        return Verdict(Outcome.PASS, "", shown)
    fix = Fix((SetProperty(account.id, _PUBLIC, False),))
    return Verdict(Outcome.FAIL, "The account allows anonymous access.", shown, fix=fix)


def _keyless(account: Resource, _: Estate) -> Verdict:
    """Fail unless account keys are refused; absent means accepted."""
    shown = (evidence(account, _KEYS, "false"),)
    if account.flag(_KEYS) is False:
        return Verdict(Outcome.PASS, "", shown)
    note = "Clients that use account keys or SAS signed with them are refused at once."
    fix = Fix((SetProperty(account.id, _KEYS, False),), note)
    return Verdict(Outcome.FAIL, "The account accepts account keys.", shown, fix=fix)


def _versioned(account: Resource, estate: Estate) -> Verdict:
    if account.flag(_HNS):
        return Verdict(Outcome.NOT_APPLICABLE, "The account has no versions.")
    path = f"{account.id}/{_BLOB_SERVICE}"
    service = estate.get(path) or Resource(path, "", {})
    shown = (evidence(service, _VERSIONING, "true", of=account),)
    if service.flag(_VERSIONING):
        return Verdict(Outcome.PASS, "", shown)
    fix = Fix((SetProperty(path, _VERSIONING, True),), "Each version is stored and billed.")
    return Verdict(Outcome.FAIL, "Versions of blobs are not kept.", shown, fix=fix)
