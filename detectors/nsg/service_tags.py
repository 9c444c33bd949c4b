"""The meaning of service tags that need no list of addresses.

https://learn.microsoft.com/azure/virtual-network/service-tags-overview
"""

import enum
import re
from typing import Final


class Tag(enum.Enum):
    """The machines that a tag covers."""

    EVERYONE = "any address of both families"
    INTERNET = "any public address of both families"
    CUSTOMERS = "machines that any customer of Azure rents"
    NETWORK = "this network, its peers, and networks behind gateways and routes"
    PLATFORM = "Azure's own platform"
    LACKING = "a service whose addresses are unknown to the monitor"


_WORD: Final = re.compile(r"[a-z][a-z0-9._-]*", re.IGNORECASE | re.ASCII)

_TAGS: Final = {
    "*": Tag.EVERYONE,
    "any": Tag.EVERYONE,
    "internet": Tag.INTERNET,
    "virtualnetwork": Tag.NETWORK,
}

_PLATFORM: Final = frozenset(
    {
        "azureloadbalancer",  # health probes from 168.63.129.16, "not real traffic", says the page
        "gatewaymanager",  # Azure managing VPN and application gateways
        "azureplatformdns",  # these three are the host itself, behind 168.63.129.16 and link local
        "azureplatformimds",
        "azureplatformlkm",
    }
)


def tag_of(text: str) -> Tag | None:
    """Return the meaning of a tag, None where the text is a prefix, or invalid.

    Services not listed here (Storage, AppService, AzureDevOps, …) are LACKING on purpose: some of
    them send traffic on behalf of any customer.
    """
    word = text.lower()
    if word in _TAGS:
        return _TAGS[word]
    if ":" in word or not _WORD.fullmatch(word):
        return None
    if word in _PLATFORM:
        return Tag.PLATFORM
    # "IPs used by other Azure customers are included": AzureCloud and AzureCloud.<region>.
    if word.partition(".")[0] == "azurecloud":
        return Tag.CUSTOMERS
    return Tag.LACKING


def is_every_machine_here(text: str) -> bool:
    """Tell whether a destination covers every machine that a group can protect.

    VirtualNetwork does: inbound rules see the private destination, after address translation.
    """
    return text.lower() in {"*", "any", "virtualnetwork"}
