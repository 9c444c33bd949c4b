"""Whether a key vault allows only trusted Azure services and approved networks."""

from functools import partial
from typing import Final

from detectors.firewalls import public_access
from detectors.firewalls.ip_rules import IP_RULES
from detectors.firewalls.network_acls import BYPASS, DEFAULT, SUBNETS, NetworkAcls
from detectors.firewalls.private_endpoints import CONNECTIONS
from detectors.firewalls.public_access import ACCESS
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, RULES, STATE
from detectors.keys.vault_types import VAULT
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="KEYVAULT-NETWORK",
    title="Key vault firewall must allow approved networks only",
    service="Key Vault",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(1)",),
    why="With a leaked credential, anyone on any network can use the keys and secrets that protect PHI.",
    fix="az keyvault update --name <name> --resource-group <group> --default-action Deny "
    "--bypass AzureServices",
    watches={
        VAULT: (ACCESS, DEFAULT, BYPASS, IP_RULES, SUBNETS, CONNECTIONS),
        f"{VAULT}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
    },
)

_FIREWALL: Final = NetworkAcls(
    name="key vault",
    noun="vault",
    exceptions=frozenset({"none", "azureservices"}),
    cost="so disk encryption, backup and other services that use its keys cannot reach it",
    warning="Clients without a rule or a private endpoint lose access at once: add those first. "
    "Azure DevOps is not a trusted service.",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate perimeters and the own firewall; with public access off, trusted services may stay."""
    own = public_access.Firewall(
        partial(_FIREWALL.judge, CONTROL), partial(_FIREWALL.exceptions_alone, CONTROL)
    )
    return public_access.judge(CONTROL, own, resource, estate)
