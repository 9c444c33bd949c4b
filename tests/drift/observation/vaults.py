"""A control that reads a vault around its account."""

from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from tests.support import open_account
from tests.support.rig import GROUP

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"


def needs_vault(resource: Resource, azure: Estate) -> Verdict:
    found = azure.get(VAULT)
    safe = found is not None and found.flag("properties.enablePurgeProtection")
    return Verdict(Outcome.PASS if safe else Outcome.FAIL, "the vault")


VAULTED = open_account.toy(
    "TOY-VAULT", needs_vault, **{"microsoft.keyvault/vaults": ("properties.enablePurgeProtection",)}
)
