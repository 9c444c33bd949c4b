"""No network security group lets anybody reach SSH or RDP but by an approved way.

Any public source outside the approved networks that gets through the group's own rules fails; what
stands behind it decides how bad that is. Private networks may reach any machine but one that is
known to hold PHI.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from detectors.facets import Facet, weakest
from detectors.ip.addresses import BROAD, count, union_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import public_but
from detectors.nsg.closing_fix import closed_to_strangers
from detectors.nsg.exposure import Opening, find_openings
from detectors.nsg.exposure_severity import effect_of
from detectors.nsg.just_in_time import looks_like_window
from detectors.nsg.lateral import lateral
from detectors.nsg.reach import Rules
from detectors.nsg.rule_evidence import shown
from detectors.nsg.security_rules import DEFAULTS, RULES, rules_of
from detectors.nsg.wording import tell_doubts, tell_openings
from detectors.topology.interfaces import ADDRESSES, OWN_GROUP, USED_BY
from detectors.topology.load_balancer_pools import POOLS
from detectors.topology.networks import ADDRESS_SPACE, PEERINGS, PREFIXES
from detectors.topology.protected_interfaces import INTERFACES, SUBNETS
from detectors.topology.subnet_interfaces import OCCUPANTS
from drift.arm.types import BALANCER, INTERFACE, MACHINE, NETWORK, SECURITY_GROUP, SUBNET
from drift.estate import Estate
from drift.model import Control, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="NSG-ADMIN-PORTS",
    title="No administrative port is open to the Internet, nor to everybody inside",
    service="Network",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.310(a)(1)"),
    why="Whoever can reach SSH or RDP can try passwords and exploits against a machine with PHI.",
    fix="az network nsg rule delete --ids <rule id>",
    watches={
        SECURITY_GROUP: (RULES, DEFAULTS, SUBNETS, INTERFACES),
        NETWORK: (ADDRESS_SPACE, PEERINGS),
        SUBNET: (OWN_GROUP, OCCUPANTS, *PREFIXES),
        INTERFACE: (OWN_GROUP, ADDRESSES, USED_BY),
        MACHINE: ("tags",),
        BALANCER: (POOLS,),
    },
    reads_its_kind=True,
    leaves_out="security admin rules of a network manager, whether a public address is of a kind that "
    "is closed by default, routes and firewalls on the way, load balancers of other subscriptions, scale "
    "sets, and whether a rule that looks like a just-in-time window of Defender is one. None of them "
    "makes an opening to the Internet pass. Where more than 20 interfaces stand behind a group, and none "
    "of the first 20 is a machine with PHI that private networks reach, whether they reach one is "
    "unknown.",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge what strangers reach, and what private networks reach by the rules that are left."""
    rules = rules_of(resource)
    public = public_but(estate.baseline.approved_networks)
    openings = tuple(find_openings(rules, public))
    open_rules = {each.rule.path for each in openings if each.certain}
    others = tuple(each for each in rules if each.path not in open_rules)
    strangers = partial(_strangers, rules=rules, public=public, openings=openings)
    sides: list[Facet] = [strangers, partial(lateral, others)]
    return weakest(CONTROL, sides, resource, estate)


def _strangers(
    group: Resource,
    estate: Estate,
    *,
    rules: Rules,
    public: IntervalSet,
    openings: Iterable[Opening],
) -> Verdict:
    """Fail if a public address outside the approved networks reaches 22 or 3389."""
    certain = [each for each in openings if each.certain]
    doubt = tell_doubts(each for each in openings if not each.certain)
    evidence = shown(certain or openings, "no public source")
    if certain:
        severity = _severity(certain)
        effect = effect_of(group, estate, rules=rules, public=public, severity=severity)
        told = [tell_openings(certain, public), _window(certain), effect.why, doubt]
        reason = "; ".join(filter(None, told))
        fix = closed_to_strangers(certain)
        return Verdict(Outcome.FAIL, reason, evidence, effect.severity, fix)
    if doubt:
        return Verdict(Outcome.UNKNOWN, doubt, evidence)
    return Verdict(Outcome.PASS, "no rule lets a public address reach TCP 22, TCP 3389 or UDP 3389")


def _severity(openings: Iterable[Opening]) -> Severity:
    """Return how bad an opening is by whom it lets in, one step less for a just-in-time window."""
    openings = tuple(openings)
    addresses = union_of(each.addresses for each in openings)
    broad = any(each.customers for each in openings) or count(addresses) >= BROAD
    severity = Severity.CRITICAL if broad else Severity.HIGH
    return severity.lowered() if _only_windows(openings) else severity


def _window(openings: Iterable[Opening]) -> str:
    """Tell what is not known of windows where nothing else is open."""
    told = "JIT window open; no just-in-time policy was asked about it"
    return told if _only_windows(openings) else ""


def _only_windows(openings: Iterable[Opening]) -> bool:
    return all(looks_like_window(each.rule) for each in openings)
