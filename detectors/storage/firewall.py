"""Whether a storage account allows only trusted Azure services and approved networks."""

from functools import partial
from typing import Final

from detectors.firewalls import public_access
from detectors.firewalls.ip_rules import IP_RULES, IPV6_RULES
from detectors.firewalls.network_acls import BYPASS, DEFAULT, SUBNETS, NetworkAcls
from detectors.firewalls.private_endpoints import CONNECTIONS
from detectors.firewalls.public_access import ACCESS
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, RULES, STATE
from detectors.storage.accounts import ACCOUNT
from detectors.storage.instance_rules import INSTANCES, instances, wildcards
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="STORAGE-FIREWALL",
    title="Storage firewall must allow approved networks only",
    service="Storage",
    severity=Severity.CRITICAL,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.308(a)(4)(i)"),
    why="With a leaked key or token, anyone on any network can read the PHI.",
    fix="az storage account update --ids <id> --default-action Deny --bypass AzureServices",
    watches={
        ACCOUNT: (ACCESS, DEFAULT, BYPASS, IP_RULES, IPV6_RULES, SUBNETS, INSTANCES, CONNECTIONS),
        f"{ACCOUNT}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
        "microsoft.resources/subscriptions": ("tenantId",),
    },
)

_FIREWALL: Final = NetworkAcls(
    name="storage",
    noun="account",
    exceptions=frozenset({"none", "azureservices", "logging", "metrics"}),
    cost="so backup and Defender scans cannot reach it",
    warning="Clients without a rule or a private endpoint lose access at once: add those first.",
    sides=(wildcards, instances),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate perimeters and the own firewall; with public access off, what remains allowed.

    ``publicNetworkAccess: Disabled`` ignores address and subnet rules, but resource instance rules and
    the exceptions for trusted services, Logging and Metrics keep their effect.
    https://learn.microsoft.com/azure/storage/common/storage-network-security-limitations
    """
    own = public_access.Firewall(
        partial(_FIREWALL.judge, CONTROL), partial(_FIREWALL.exceptions_alone, CONTROL)
    )
    return public_access.judge(CONTROL, own, resource, estate)
