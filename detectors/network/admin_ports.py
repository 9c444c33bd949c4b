"""Whether a network security group allows SSH or RDP from unapproved sources.

Any public source outside the approved networks that the group's own rules allow fails; the
resources behind the group decide the severity. Private networks may reach any machine except one
that is known to hold PHI. The ports are those of SSH and RDP (22, 3389), as in the CIS benchmark, and
those that ``controls.admin_ports`` of monitor.toml adds over TCP, such as WinRM (5985, 5986).
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from detectors.facets import Facet, weakest
from detectors.ip.addresses import BROAD, count, union_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import public_but
from detectors.managed_groups import MANAGED_BY, owned
from detectors.nsg.closing_fix import close_public_sources
from detectors.nsg.exposure import Opening, find_openings
from detectors.nsg.exposure_severity import effect_of
from detectors.nsg.just_in_time import looks_like_window
from detectors.nsg.lateral import lateral
from detectors.nsg.matches import services_at
from detectors.nsg.reach import Rules
from detectors.nsg.rule_evidence import openings_evidence
from detectors.nsg.security_rules import DEFAULTS, RULES, rules_of
from detectors.nsg.wording import doubts_text, openings_text
from detectors.topology.interfaces import ADDRESSES, OWN_GROUP, USED_BY
from detectors.topology.load_balancer_pools import POOLS
from detectors.topology.networks import ADDRESS_SPACE, PEERINGS, PREFIXES
from detectors.topology.protected_interfaces import INTERFACES, SUBNETS
from detectors.topology.subnet_interfaces import OCCUPANTS
from drift import ids
from drift.arm.types import BALANCER, INTERFACE, MACHINE, NETWORK, SECURITY_GROUP, SUBNET
from drift.estate import Estate
from drift.model import Control, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="NSG-ADMIN-PORTS",
    title="Administrative ports must be closed to the Internet and to unapproved private networks",
    service="Network",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.310(a)(1)"),
    why="Anyone who can reach SSH or RDP can try passwords and exploits against a machine with "
    "PHI.",
    fix="az network nsg rule delete --ids <rule id>",
    watches={
        SECURITY_GROUP: (RULES, DEFAULTS, SUBNETS, INTERFACES),
        NETWORK: (ADDRESS_SPACE, PEERINGS),
        SUBNET: (OWN_GROUP, OCCUPANTS, *PREFIXES),
        INTERFACE: (OWN_GROUP, ADDRESSES, USED_BY),
        MACHINE: ("tags",),
        BALANCER: (POOLS,),
        ids.GROUP: (MANAGED_BY,),
    },
    reads_its_kind=True,
    leaves_out="security admin rules of a network manager, the SKU of public addresses, routes and "
    "firewalls on the path, load balancers of other subscriptions, scale sets, and whether a rule "
    "that looks like a just-in-time window of Defender is one. None of them turns an opening to "
    "the Internet into a pass. Where a group has more than 20 interfaces behind it, and private "
    "networks reach no machine with PHI among the first 20, the result for private networks is "
    "unknown.",
)

_BY_OWNER: Final = (
    "Close the port where the service opens it: in AKS the source ranges of the Kubernetes service "
    "(loadBalancerSourceRanges), in Databricks a workspace without public addresses (secure "
    "cluster connectivity). Then find live sessions and end them."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate access from public sources, then from private networks by the remaining rules."""
    rules = rules_of(resource, estate.baseline.admin_ports)
    public = public_but(estate.baseline.approved_networks)
    openings = tuple(find_openings(rules, public))
    open_rules = {each.rule.path for each in openings if each.certain}
    others = tuple(each for each in rules if each.path not in open_rules)
    public_sources = partial(_public_sources, rules=rules, public=public, openings=openings)
    sides: list[Facet] = [public_sources, partial(lateral, others)]
    verdict = weakest(CONTROL, sides, resource, estate)
    if verdict.fix is None:
        return verdict
    return replace(verdict, fix=owned(verdict.fix, resource, estate, instead=_BY_OWNER))


def _public_sources(
    group: Resource,
    estate: Estate,
    *,
    rules: Rules,
    public: IntervalSet,
    openings: Iterable[Opening],
) -> Verdict:
    """Fail if a public address outside the approved networks reaches an administrative port."""
    certain = [each for each in openings if each.certain]
    doubt = doubts_text(each for each in openings if not each.certain)
    evidence = openings_evidence(certain or openings, "no public source")
    if certain:
        severity = _severity(certain)
        effect = effect_of(group, estate, rules=rules, public=public, severity=severity)
        sentences = [openings_text(certain, public), _window(certain), effect.why, doubt]
        reason = " ".join(filter(None, sentences))
        fix = close_public_sources(certain)
        return Verdict(Outcome.FAIL, reason, evidence, effect.severity, fix)
    if doubt:
        return Verdict(Outcome.UNKNOWN, doubt, evidence)
    *first, last = map(str, services_at(estate.baseline.admin_ports))
    closed = f"No rule lets a public address reach {', '.join(first)} or {last}."
    return Verdict(Outcome.PASS, closed)


def _severity(openings: Iterable[Opening]) -> Severity:
    """Return the severity of an opening by its sources, one step lower for a just-in-time window."""
    openings = tuple(openings)
    addresses = union_of(each.addresses for each in openings)
    broad = any(each.customers for each in openings) or count(addresses) >= BROAD
    severity = Severity.CRITICAL if broad else Severity.HIGH
    return severity.lowered() if _only_windows(openings) else severity


def _window(openings: Iterable[Opening]) -> str:
    """State what is unknown about just-in-time windows if nothing else is open."""
    sentence = "A just-in-time window appears to be open; its policy was not read."
    return sentence if _only_windows(openings) else ""


def _only_windows(openings: Iterable[Opening]) -> bool:
    return all(looks_like_window(each.rule) for each in openings)
