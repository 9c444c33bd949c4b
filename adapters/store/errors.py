"""Codes with which Azure Storage answers 403, and the role that the identity needs."""

from typing import Final

ROLE: Final = "Storage Table Data Contributor"
"""The role that an identity needs to read and write rows and to create the table."""


MISSING_ROLE: Final = "AuthorizationPermissionMismatch"


NETWORK_REFUSED: Final = "AuthorizationFailure"


KEYS_DISABLED: Final = "KeyBasedAuthenticationNotPermitted"
"""The codes of a 403: the role is missing, a network rule denies, keys are disabled.
https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors"""
