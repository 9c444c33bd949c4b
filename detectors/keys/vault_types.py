"""What holds keys, and the property that keeps them from being purged."""

from typing import Final

VAULT: Final = "microsoft.keyvault/vaults"
HSM: Final = "microsoft.keyvault/managedhsms"

PURGE: Final = "properties.enablePurgeProtection"
