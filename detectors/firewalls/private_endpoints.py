"""Private endpoints of other subscriptions that reach a resource past its firewall.

Hub subscriptions often hold them, and ARM does not show their tenant. So they do not fail a
control; they are shown as evidence for a person to check.
"""

from typing import Final

from drift import ids
from drift.model import Evidence, Resource, dig

CONNECTIONS: Final = "properties.privateEndpointConnections"

_ENDPOINT: Final = "properties.privateEndpoint.id"
_STATUS: Final = "properties.privateLinkServiceConnectionState.status"
_SHOWN: Final = 20


def elsewhere(resource: Resource) -> tuple[Evidence, ...]:
    """Return the approved private endpoints of other subscriptions as evidence, which decides nothing."""
    own, listed = ids.subscription_of(resource.id), resource.shown(CONNECTIONS)
    approved = (
        dig(each, _ENDPOINT)
        for each in (listed if isinstance(listed, list) else ())
        if str(dig(each, _STATUS)).lower() == "approved"
    )
    found = sorted(
        each for each in approved if isinstance(each, str) and ids.subscription_of(each) != own
    )
    return (Evidence(CONNECTIONS, found[:_SHOWN], ""),) if found else ()
