"""Resources that are named without their subscription, by a globally unique name.

``/providers/Microsoft.KeyVault/vaults/NAME`` is read as the vault of that name, in whichever subscription
it lies: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
"""

from typing import Final

from drift import ids

VAULTS: Final = "Microsoft.KeyVault/vaults"
HSMS: Final = "Microsoft.KeyVault/managedHSMs"

_TYPES: Final = frozenset({VAULTS.lower(), HSMS.lower()})


def id_of(kind: str, name: str) -> str:
    """Return the id that names a resource of a type by its name alone."""
    return f"/providers/{kind}/{name}"


def is_unique_name(document: str) -> bool:
    """Tell whether an id names a resource by its name alone."""
    return has_unique_name(document) and not ids.subscription_of(document)


def has_unique_name(document: str) -> bool:
    """Tell whether a document is of a type whose names are unique, so that it may be in any subscription."""
    return ids.type_of(document) in _TYPES
