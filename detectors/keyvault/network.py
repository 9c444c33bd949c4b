"""Whether a key vault allows only trusted Azure services and approved networks."""

from functools import partial
from typing import Final

from detectors.firewalls import public_access
from detectors.firewalls.ip_rules import IP_RULES
from detectors.firewalls.network_acls import BYPASS, DEFAULT, SUBNETS, NetworkAcls
from detectors.firewalls.public_access import ACCESS
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, RULES, STATE
from detectors.keys.vault_types import VAULT
from drift.estate import Estate
from drift.model import MISSING, Control, Resource, Severity, Verdict

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
        VAULT: (ACCESS, DEFAULT, BYPASS, IP_RULES, SUBNETS),
        f"{VAULT}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
    },
)

_FIREWALL: Final = NetworkAcls(
    name="key vault",
    exceptions=frozenset({"none", "azureservices"}),
    cost="so disk encryption, backup and other services that use its keys cannot reach it",
    warning="Clients without a rule or a private endpoint lose access at once: add those first. "
    "Azure DevOps is not a trusted service.",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the vault's own firewall, unless public access is off or a perimeter applies."""
    own = partial(_FIREWALL.judge, CONTROL)
    return public_access.judge(CONTROL, own, resource, estate, closed=_closed(resource))


def _closed(vault: Resource) -> str:
    """State who has access where public access is off: trusted services may still have it."""
    bypass = vault.get(BYPASS)
    trusted = bypass is MISSING or str(bypass).lower() == "azureservices"
    return (
        f"Only private endpoints{' and trusted Azure services' if trusted else ''} reach the vault."
    )
