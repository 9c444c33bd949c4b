"""Rules that look like a just-in-time window of Defender for Cloud: by name and shape, not proof.

For each request Defender creates one Allow, to the private address of the machine and the requested
ports, each by its number; the request names the source, by default any. Defender removes the
rule when the time is over. Anyone with write access to a group can create a similar rule that stays:
only the policy (Microsoft.Security/jitNetworkAccessPolicies) proves it, and it is not read.
https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage
"""

from collections.abc import Sequence
from typing import Final

from detectors.ip.addresses import BROAD, count, interval_of
from detectors.nsg.security_rules import SecurityRule

_NAMES: Final = ("securitycenter-jitrule", "microsoftdefenderforcloud-jitrule")
"""The prefixes of such rules, before and after Defender was renamed.
https://learn.microsoft.com/azure/defender-for-cloud/release-notes-archive"""

_MOST: Final = 10
"""Our own limits for the addresses of one machine and the ports of one request."""


def looks_like_window(rule: SecurityRule) -> bool:
    """Tell whether a rule has the name and the shape of a window: a few ports, each by its number.

    The author of a rule controls how it looks: a rule that allows a large part of the Internet must
    also have a single machine as its destination.
    """
    ports = rule.facts.texts("destinationPortRange", "destinationPortRanges")
    named = rule.name.lower().startswith(_NAMES) and rule.allows and not rule.doubts
    few = named and _are_few(ports) and all(map(str.isdigit, ports))
    return few and (_is_for_few(rule) or _leads_to_one_machine(rule))


def _is_for_few(rule: SecurityRule) -> bool:
    reading = rule.reading
    return not reading.customers and count(reading.widest.sources) < BROAD


def _leads_to_one_machine(rule: SecurityRule) -> bool:
    texts = rule.facts.texts("destinationAddressPrefix", "destinationAddressPrefixes")
    intervals = [interval_of(each.strip()) for each in texts]
    single = all(each and each[1] - each[0] == 1 for each in intervals)
    return single and _are_few(intervals) and not rule.reading.known.groups


def _are_few(values: Sequence[object]) -> bool:
    return 0 < len(values) <= _MOST
