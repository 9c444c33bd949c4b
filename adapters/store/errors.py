"""How Azure Storage refuses a caller, and the role that the caller needs."""

from typing import Final

ROLE: Final = "Storage Table Data Contributor"
"""What an identity needs: it may read and write rows, and create the table."""


MISSING_ROLE: Final = "AuthorizationPermissionMismatch"


NETWORK_REFUSED: Final = "AuthorizationFailure"


KEYS_DISABLED: Final = "KeyBasedAuthenticationNotPermitted"
"""How Azure Storage says 403: the role, the network rules, keys that are switched off.
https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors"""
