"""The endpoints of Azure's services in each cloud, and the scopes of their tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Service:
    """One of Azure's services: its base address, and the scope of the token that it requires."""

    url: str
    scope: str


CLOUDS: Final[Mapping[str, tuple[Service, Service, Service]]] = {
    "AzurePublic": (
        Service("https://management.azure.com", "https://management.azure.com/.default"),
        Service("https://api.loganalytics.io", "https://api.loganalytics.io/.default"),
        Service("https://graph.microsoft.com", "https://graph.microsoft.com/.default"),
    ),
    "AzureUSGovernment": (
        Service(
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        Service("https://api.loganalytics.us", "https://api.loganalytics.us/.default"),
        Service("https://graph.microsoft.us", "https://graph.microsoft.us/.default"),
    ),
    "AzureChina": (
        Service(
            "https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"
        ),
        Service("https://api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn/.default"),
        Service(
            "https://microsoftgraph.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn/.default",
        ),
    ),
}
"""ARM, Log Analytics and Microsoft Graph of each cloud; the first cloud is the default."""

KEY_DOMAINS: Final[Mapping[str, tuple[str, str]]] = {
    "AzurePublic": ("vault.azure.net", "managedhsm.azure.net"),
    "AzureUSGovernment": ("vault.usgovcloudapi.net", "managedhsm.usgovcloudapi.net"),
    "AzureChina": ("vault.azure.cn", "managedhsm.azure.cn"),
}
"""The DNS suffixes of key vaults and of managed HSMs in each cloud.

https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
"""
