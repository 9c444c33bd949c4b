"""What the Key Vault resource provider adds to a request's body, and what it refuses."""

from datetime import UTC, datetime
from typing import Any, Final

from sandbox.core.documents import Body
from sandbox.http.messages import Refused

VAULT: Final = "microsoft.keyvault/vaults"
_NAMESPACE: Final = "microsoft.keyvault"

_OLDEST: Final = "2026-02-01"
_RETIRED: Final = datetime(2027, 2, 27, tzinfo=UTC)
"""https://learn.microsoft.com/azure/key-vault/general/access-control-default"""

_FOR_EVER: Final = ("enablePurgeProtection", "enableSoftDelete")
"""What can be switched on and never off, also where a PUT leaves it out."""


def check_version(namespace: str, version: str, now: datetime) -> None:
    """Refuse the api-versions that retire, from that day on."""
    if namespace.lower() != _NAMESPACE or version >= _OLDEST or now < _RETIRED:
        return
    message = f"The api-version '{version}' is retired. Use '{_OLDEST}' or a later one."
    raise Refused(400, "InvalidApiVersionParameter", message)


def check_vault(body: Body, before: Body | None) -> None:
    """Refuse what the provider cannot create, and what it does not take back."""
    given = body.get("properties") or {}
    for name in ("tenantId", "sku"):
        if not given.get(name):
            message = f"The parameter properties.{name} is not specified or is invalid."
            raise Refused(400, "BadRequest", message)
    if given.get("enablePurgeProtection") is False:
        message = (
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge '
            "protection for a vault is an irreversible action."
        )
        raise Refused(400, "BadRequest", message)
    if given.get("enableSoftDelete") is False and _known(before).get("enableSoftDelete"):
        message = (
            'The property "enableSoftDelete" can be set to false only for creating new vault. '
            "Enabling the 'soft delete' functionality is an irreversible action."
        )
        raise Refused(400, "BadRequest", message)


def fill_vault(body: Body, name: str, before: Body | None) -> Body:
    """Return a vault with what ARM shows of every vault; purge protection is not among it."""
    defaults: dict[str, Any] = {
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": True,
        "vaultUri": f"https://{name}.vault.azure.net/",
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
    }
    kept = {each: True for each in _FOR_EVER if _known(before).get(each) is True}
    properties = defaults | (body.get("properties") or {}) | kept
    return {**body, "tags": body.get("tags") or {}, "properties": properties}


def _known(before: Body | None) -> dict[str, Any]:
    return (before or {}).get("properties") or {}
