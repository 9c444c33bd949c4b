"""The firewall that storage accounts and key vaults share: who ``networkAcls`` allows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from detectors.evidence import check_objects, evidence
from detectors.facets import Facet, weakest
from detectors.firewalls.ip_rules import (
    IP_RULES,
    IPV6_RULES,
    Approved,
    IpRule,
    described,
    is_whole_internet,
    not_approved,
    rules,
)
from detectors.firewalls.public_access import ACCESS
from drift import ids
from drift.errors import Unreadable
from drift.estate import Baseline, Estate
from drift.fixes import Fix, RemoveItem, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

ACLS: Final = "properties.networkAcls"
DEFAULT: Final = f"{ACLS}.defaultAction"
BYPASS: Final = f"{ACLS}.bypass"
SUBNETS: Final = f"{ACLS}.virtualNetworkRules"

SHOWN: Final = 20
"""Rules of one kind that evidence shows at most."""

NOTE: Final = "Clients that use these rules lose access at once: approve the rules or remove them."

_WORKING: Final = {"succeeded", "provisioning", "deprovisioning"}
_BROKEN: Final = {"failed"}
_DELETED: Final = {"networksourcedeleted"}
"""States of a subnet rule; the rule of a deleted subnet allows nobody."""

_OPEN_LOGS: Final = {"logging": "$logs", "metrics": "the $Metrics tables"}

_ADDRESSES: Final = (IP_RULES, IPV6_RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcls:
    """A service's own firewall: its ``name`` in texts, its exceptions, further kinds of rules.

    ``noun`` is the protected resource. ``cost`` names the services that lose access without an
    exception, ``warning`` the effect of a default deny.
    """

    name: str
    noun: str
    exceptions: frozenset[str]
    cost: str
    warning: str
    sides: tuple[Facet, ...] = ()

    def judge(self, control: Control, resource: Resource, estate: Estate) -> Verdict:
        """Evaluate the rules; without a default action, every network is allowed."""
        check_objects(resource, ACLS)
        default = resource.word(DEFAULT)
        if default in {MISSING, "allow"}:
            return self._open(resource, estate.baseline)
        if default != "deny":
            raise Unreadable(DEFAULT, "not a known action")
        sides = (_denies, self._trusted, _addresses, _subnets, *self.sides)
        return weakest(control, sides, resource, estate)

    def exceptions_alone(self, control: Control, resource: Resource, estate: Estate) -> Verdict:
        """Evaluate what stays allowed if public access is off: trusted services, instance rules.

        https://learn.microsoft.com/azure/storage/common/storage-network-security-limitations
        """
        check_objects(resource, ACLS)
        return weakest(control, (self._closed, *self.sides), resource, estate)

    def _closed(self, resource: Resource, _: Estate) -> Verdict:
        named = self._exceptions(resource)
        trusted = " and trusted Azure services" if "azureservices" in named else ""
        return Verdict(
            Outcome.PASS,
            f"Only private endpoints{trusted} reach the {self.noun}.{_open_logs(named)}",
            (
                evidence(resource, ACCESS, "Disabled, or SecuredByPerimeter"),
                evidence(resource, BYPASS),
            ),
        )

    def _open(self, resource: Resource, baseline: Baseline) -> Verdict:
        how = " (no default action is set)" if resource.get(DEFAULT) is MISSING else ""
        steps = (SetProperty(resource.id, DEFAULT, "Deny"), *_closing_steps(resource, baseline))
        return Verdict(
            Outcome.FAIL,
            f"The {self.name} firewall allows traffic from any network{how}.",
            (evidence(resource, DEFAULT, "Deny"), evidence(resource, ACCESS)),
            fix=Fix(steps, self.warning),
        )

    def _trusted(self, resource: Resource, _: Estate) -> Verdict:
        """Evaluate the exception for trusted services: absent is AzureServices, as ARM documents.

        Fewer exceptions are stricter than required and pass; the reason names the cost.
        """
        found = (evidence(resource, BYPASS),)
        named = self._exceptions(resource)
        if "azureservices" in named:
            reason = "Trusted Azure services have access."
        else:
            reason = f"Trusted Azure services have no access, {self.cost}."
        return Verdict(Outcome.PASS, reason + _open_logs(named), found)

    def _exceptions(self, resource: Resource) -> set[str]:
        bypass = resource.word(BYPASS)
        if bypass is MISSING:
            return {"azureservices"}
        named = {each.strip() for each in bypass.split(",")}
        if not named <= self.exceptions:
            raise Unreadable(BYPASS, "not a known exception")
        return named


def _open_logs(exceptions: set[str]) -> str:
    """State which logs of storage itself any network may read."""
    logs = [text for name, text in _OPEN_LOGS.items() if name in exceptions]
    return f" Any network may read {' and '.join(logs)}, with a key or a token." if logs else ""


def _denies(resource: Resource, _: Estate) -> Verdict:
    found = (evidence(resource, DEFAULT, "Deny"),)
    return Verdict(Outcome.PASS, "The firewall denies every network that no rule allows.", found)


def _closing_steps(resource: Resource, baseline: Baseline) -> tuple[SetProperty | RemoveItem, ...]:
    """Return the other changes that the firewall needs once it denies by default."""
    trusted: tuple[SetProperty, ...] = ()
    if resource.whole and resource.get(BYPASS) is MISSING:
        trusted = (SetProperty(resource.id, BYPASS, "AzureServices"),)
    try:
        removed = {path: _not_approved(resource, path, baseline) for path in _ADDRESSES}
        return (*trusted, *_removal(resource, removed), *_subnet_steps(resource, baseline))
    except Unreadable:  # not a list: the verdict stays, since every network is allowed anyway
        return trusted


def _addresses(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate address rules as sets: two halves of the Internet are the Internet."""
    found = {path: _not_approved(resource, path, estate.baseline) for path in _ADDRESSES}
    if any(found.values()):
        return _unapproved_addresses(resource, found)
    for path in _ADDRESSES:
        if rules(resource, path)[1]:
            raise Unreadable(path, "a rule does not allow a valid address range")
    return Verdict(
        Outcome.NOT_APPLICABLE, "The firewall allows no address outside your approved list."
    )


def _unapproved_addresses(resource: Resource, found: Mapping[str, tuple[IpRule, ...]]) -> Verdict:
    every = [each for some in found.values() for each in some]
    return Verdict(  # the whole Internet is as severe as no firewall, however it is written
        Outcome.FAIL,
        f"The firewall allows addresses that are not on your approved list: {described(every)}.",
        tuple(
            Evidence(path, [str(each.network) for each in some[:SHOWN]], "approved networks only")
            for path, some in found.items()
            if some
        ),
        None if is_whole_internet(every) else Severity.HIGH,
        Fix(_removal(resource, found), NOTE),
    )


def _removal(resource: Resource, found: Mapping[str, tuple[IpRule, ...]]) -> tuple[RemoveItem, ...]:
    return tuple(
        RemoveItem(resource.id, path, each.item) for path, some in found.items() for each in some
    )


def _not_approved(resource: Resource, path: str, baseline: Baseline) -> tuple[IpRule, ...]:
    return not_approved(rules(resource, path)[0], Approved.by(baseline))


def _subnets(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate subnet rules: each must work and be approved by its id, its network's or its group's."""
    broken, foreign = _broken(resource), _foreign(resource, estate.baseline)
    faults = [f"The rule for subnet {_short(each)} is broken." for each in broken]
    faults += [
        f"Subnet {_short(each)} has access and is not on your approved list." for each in foreign
    ]
    if faults:
        return Verdict(
            Outcome.FAIL,
            " ".join(faults[:3])
            + (f" {len(faults) - 3} more rules fail." if len(faults) > 3 else ""),
            (Evidence(SUBNETS, [_id(each) for each in (*broken, *foreign)], "approved subnets"),),
            Severity.MEDIUM,
            Fix(_subnet_steps(resource, estate.baseline), NOTE),
        )
    if len(_in_state(resource, _WORKING | _BROKEN | _DELETED)) < len(resource.items(SUBNETS)):
        raise Unreadable(SUBNETS, "a rule has no subnet or an unknown state")
    deleted = _in_state(resource, _DELETED)
    if deleted:
        reason = f"The rule for subnet {_short(deleted[0])} has no effect: the subnet is deleted."
        return Verdict(
            Outcome.PASS, reason, (Evidence(SUBNETS, [_id(each) for each in deleted], ""),)
        )
    return Verdict(
        Outcome.NOT_APPLICABLE, "The firewall allows no subnet outside your approved list."
    )


def _subnet_steps(resource: Resource, baseline: Baseline) -> tuple[RemoveItem, ...]:
    """Return the removal of every subnet rule that is broken or not approved, each once."""
    both = (*_broken(resource), *_foreign(resource, baseline))
    items = {ids.key(_id(each)): each for each in both}
    return tuple(RemoveItem(resource.id, SUBNETS, each) for each in items.values())


def _broken(resource: Resource) -> tuple[Any, ...]:
    return _in_state(resource, _BROKEN)


def _foreign(resource: Resource, baseline: Baseline) -> tuple[Any, ...]:
    approved = Approved.by(baseline)
    some = _in_state(resource, _WORKING | _BROKEN)
    return tuple(each for each in some if not approved.names(_id(each)))


def _in_state(resource: Resource, states: Iterable[str]) -> tuple[Any, ...]:
    """Return the subnet rules in one of these states; absent is Succeeded: only ARM adds it."""
    shown = ((each, dig(each, "state")) for each in resource.items(SUBNETS))
    known = (
        (each, "succeeded" if state is MISSING else str(state).lower()) for each, state in shown
    )
    return tuple(each for each, state in known if state in states and ids.is_id(_id(each)))


def _short(item: Any) -> str:
    return "/".join(_id(item).split("/")[-3::2])


def _id(item: Any) -> str:
    return str(dig(item, "id"))
