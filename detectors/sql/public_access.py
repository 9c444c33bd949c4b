"""Whether a SQL server allows only approved addresses and subnets."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from detectors.evidence import evidence, listed
from detectors.facets import weakest
from detectors.firewalls import public_access
from detectors.firewalls.ip_rules import Approved
from detectors.firewalls.private_endpoints import CONNECTIONS
from detectors.firewalls.public_access import ACCESS
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, RULES, STATE
from detectors.ip.public_space import public_but
from detectors.sql.address_ranges import (
    ENDS,
    IPV4_RULES,
    IPV6_RULES,
    SqlFirewallRule,
    described,
    rule_of,
    severity_of_ranges,
)
from detectors.sql.servers import INSTANCE, SERVER
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import DeleteChild, Fix, SetProperty
from drift.ids import relative_to
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

_SUBNET_RULES: Final = "virtualNetworkRules"
_SUBNET: Final = "properties.virtualNetworkSubnetId"
_ENDPOINT: Final = "properties.publicDataEndpointEnabled"

_SHOWN: Final = 20
_NOTE: Final = "Clients that use these rules lose access at once: approve the rules or remove them."

CONTROL: Final = Control(
    id="SQL-PUBLIC-ACCESS",
    title="SQL server must allow approved networks only",
    service="SQL",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)",),
    why="With a leaked or guessed password, anyone on any network can read the PHI.",
    fix="az sql server update --ids <id> --enable-public-network false",
    watches={
        SERVER: (
            ACCESS,
            CONNECTIONS,
        ),
        f"{SERVER}/{IPV4_RULES.lower()}": ENDS[IPV4_RULES],
        f"{SERVER}/{IPV6_RULES.lower()}": ENDS[IPV6_RULES],
        f"{SERVER}/{_SUBNET_RULES.lower()}": (_SUBNET,),
        f"{SERVER}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
        INSTANCE: (_ENDPOINT,),
    },
    also_judges=(INSTANCE,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the perimeters and rules of a server, or the endpoint of a managed instance."""
    if not isinstance(resource.get("properties"), Mapping):
        raise Unreadable("properties", "absent or not an object")
    if resource.type == INSTANCE:
        return _endpoint(resource)
    own = public_access.Firewall(_own_firewall, _closed)
    return public_access.judge(CONTROL, own, resource, estate)


def _endpoint(instance: Resource) -> Verdict:
    """Evaluate the public endpoint of a managed instance; absent is off.

    The security group of its subnet filters the endpoint, so the severity is lower.
    """
    found = (evidence(instance, _ENDPOINT, "false, or absent"),)
    if not instance.flag(_ENDPOINT):
        return Verdict(Outcome.PASS, "The managed instance has no public endpoint.", found)
    steps = (SetProperty(instance.id, _ENDPOINT, False),)
    return Verdict(
        Outcome.FAIL,
        "The managed instance has a public endpoint; only its security group limits access.",
        found,
        Severity.HIGH,
        Fix(steps, "Clients that connect to port 3342 from outside its network lose access."),
    )


def _closed(server: Resource, _: Estate) -> Verdict:
    """Pass if public access is off: a server has no remaining exceptions."""
    found = (evidence(server, ACCESS, "Disabled, or SecuredByPerimeter"),)
    return Verdict(Outcome.PASS, "Only private endpoints reach the server.", found)


def _own_firewall(server: Resource, estate: Estate) -> Verdict:
    return weakest(CONTROL, (_azure, _addresses, _subnets, _unseen), server, estate)


def _azure(server: Resource, estate: Estate) -> Verdict:
    """Evaluate the rule that allows all of Azure, whatever its name is."""
    rules, doubt = _rules(server, estate, IPV4_RULES)
    found = [each for each in rules if each.lets_in_azure]
    if found:
        reason = "The firewall allows every machine in Azure, also those of other customers."
        return _fail(reason, found, server, Severity.HIGH)
    if doubt:
        raise doubt
    return Verdict(Outcome.NOT_APPLICABLE, "The firewall does not allow all of Azure.")


def _addresses(server: Resource, estate: Estate) -> Verdict:
    """Evaluate all other rules together, as sets; a range without public addresses allows nobody."""
    lists = [_rules(server, estate, kind) for kind in (IPV4_RULES, IPV6_RULES)]
    rules = [each for each in chain(*(some for some, _ in lists)) if not each.lets_in_azure]
    public = public_but(estate.baseline.approved_networks)
    not_approved = [each for each in rules if each.addresses and each.addresses & public]
    if not_approved:
        ranges = described(not_approved)
        reason = f"The firewall allows addresses that are not on your approved list: {ranges}."
        return _fail(reason, not_approved, server, severity_of_ranges(not_approved))
    for doubt in (doubt for _, doubt in lists if doubt):
        raise doubt
    for each in rules:
        if each.addresses is None:
            raise Unreadable(f"{each.document.id}#{each.path}", "not an address range")
    return Verdict(
        Outcome.NOT_APPLICABLE, "The firewall allows no address outside your approved list."
    )


def _rules(
    server: Resource, estate: Estate, kind: str
) -> tuple[tuple[SqlFirewallRule, ...], Unreadable | None]:
    documents, doubt = listed(lambda: estate.children(server.id, kind))
    return tuple(rule_of(each, kind) for each in documents), doubt


def _fail(
    reason: str, rules: Sequence[SqlFirewallRule], server: Resource, severity: Severity
) -> Verdict:
    shown = tuple(
        Evidence(
            f"{relative_to(each.document.id, server.id)}#{each.path}",
            each.text,
            "approved networks only",
        )
        for each in rules[:_SHOWN]
    )
    steps = tuple(DeleteChild(each.document.id) for each in rules)
    return Verdict(Outcome.FAIL, reason, shown, severity, Fix(steps, _NOTE))


def _subnets(server: Resource, estate: Estate) -> Verdict:
    """Evaluate subnet rules: each must be approved by its id, its network's or its group's."""
    rules, doubt = listed(lambda: estate.children(server.id, _SUBNET_RULES))
    approved = Approved.by(estate.baseline)
    named = [each for each in rules if ids.is_id(str(each.get(_SUBNET)))]
    not_approved = [each for each in named if not approved.names(str(each.get(_SUBNET)))]
    if not_approved:
        return Verdict(
            Outcome.FAIL,
            f"The firewall allows subnets that are not on your approved list: {_named(not_approved)}.",
            tuple(
                evidence(each, _SUBNET, "approved subnets", of=server)
                for each in not_approved[:_SHOWN]
            ),
            Severity.MEDIUM,
            Fix(tuple(DeleteChild(each.id) for each in not_approved), _NOTE),
        )
    if doubt:
        raise doubt
    if len(named) < len(rules):
        raise Unreadable(f"{server.id}/{_SUBNET_RULES}", "a rule has no subnet")
    return Verdict(
        Outcome.NOT_APPLICABLE, "The firewall allows no subnet outside your approved list."
    )


def _named(rules: Sequence[Resource]) -> str:
    names = ["/".join(str(each.get(_SUBNET)).split("/")[-3::2]) for each in rules]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _unseen(_server: Resource, _: Estate) -> Verdict:
    """State what ARM does not show: rules that were set inside a database with T-SQL."""
    known = "The firewall allows approved networks only."
    unknown = (
        "Rules inside a database (sys.database_firewall_rules) are not visible to the monitor."
    )
    return Verdict(Outcome.PASS, f"{known} {unknown}")
