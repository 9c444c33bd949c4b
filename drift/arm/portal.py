"""Links into the Azure portal of each cloud."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from drift import ids

_PORTALS: Final[Mapping[str, str]] = {
    "AzurePublic": "https://portal.azure.com",
    "AzureUSGovernment": "https://portal.azure.us",
    "AzureChina": "https://portal.azure.cn",
}


_DIRECTORY: Final = "view/Microsoft_AAD_IAM/ActiveDirectoryMenuBlade/~/Overview"
"""The page of the directory of the person who is signed in."""


def portal_link(resource_id: str, cloud: str, tenant_id: str = "") -> str:
    """Return the address of a resource's portal page, "" for a cloud whose portal is not known."""
    portal = _PORTALS.get(cloud)
    if portal is None:
        return ""
    if ids.type_of(resource_id) == ids.TENANT:
        return f"{portal}/#{_DIRECTORY}"
    tenant = f"@{quote(tenant_id, safe='')}/" if tenant_id else ""
    return f"{portal}/#{tenant}resource/{quote(resource_id.strip('/'), safe='/')}"
