"""The types that hold keys, and the property that prevents purging."""

from typing import Final

VAULT: Final = "microsoft.keyvault/vaults"
HSM: Final = "microsoft.keyvault/managedhsms"

PURGE: Final = "properties.enablePurgeProtection"
