"""The error answers of Azure Resource Manager, with its own texts."""

from typing import Final

from sandbox.core.paths import GROUP, SUBSCRIPTION, Place, group_of, subscription_of
from sandbox.core.people import Actor
from sandbox.http.messages import Refused

_OWN_CODES: Final = {
    "microsoft.storage/storageaccounts/blobservices/containers": (
        "ContainerNotFound",
        "The specified container does not exist.",
    ),
    "microsoft.network/networksecuritygroups/securityrules": (
        "NotFound",
        "Resource {path} not found.",
    ),
    "microsoft.network/virtualnetworks/subnets": ("NotFound", "Resource {path} not found."),
}


def not_found(place: Place, asked: Place) -> Refused:
    """Return the 404 for a missing ``place`` that ``asked`` is or needs."""
    if place.type == SUBSCRIPTION:
        message = f"The subscription '{place.name}' could not be found."
        return Refused(404, "SubscriptionNotFound", message)
    if place.type == GROUP:
        message = f"Resource group '{place.name}' could not be found."
        return Refused(404, "ResourceGroupNotFound", message)
    if place is not asked and asked.child and asked.namespace.lower() == place.namespace.lower():
        message = (
            "Failed to perform operation on nested resource. "
            f"Parent resource '{place.path.partition('/providers/')[2]}' not found."
        )
        return Refused(404, "ParentResourceNotFound", message)
    code, message = _OWN_CODES.get(place.type_key, ("ResourceNotFound", _RESOURCE))
    named = f"{place.type}/{place.name}"
    text = message.format(path=place.path, named=named, group=group_of(place.path))
    return Refused(404, code, text)


_RESOURCE: Final = (
    "The Resource '{named}' under resource group '{group}' was not found. "
    "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
)


def forbidden(actor: Actor, action: str, scope: str) -> Refused:
    """Return the 403 for a caller whose role does not allow an action."""
    who = actor.object_id
    message = (
        f"The client '{who}' with object id '{who}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials."
    )
    return Refused(403, "AuthorizationFailed", message)


def too_many(kind: str, path: str, seconds: int) -> Refused:
    """Return the 429 of ARM's own token bucket."""
    message = (
        f"Number of '{kind}' requests for subscription '{subscription_of(path)}' actor exceeded. "
        f"Please try again after '{seconds}' seconds after additional tokens are available."
    )
    headers = {"Retry-After": str(seconds)}
    return Refused(429, "SubscriptionRequestsThrottled", message, headers=headers)


def storage_busy(kind: str, seconds: int) -> Refused:
    """Return the 429 of the Storage resource provider."""
    message = (
        "The request is being throttled as the limit has been reached for operation type - "
        f"{kind}_ObservationWindow_00:05:00. For more information, see - "
        "https://aka.ms/srpthrottlinglimits"
    )
    return Refused(429, "TooManyRequests", message, headers={"Retry-After": str(seconds)})


def no_public_access() -> Refused:
    """Return the 409 for opening a container of an account that forbids it."""
    message = "Public access is not permitted on this storage account."
    return Refused(409, "PublicAccessNotPermitted", message)


def group_in_use(path: str) -> Refused:
    """Return the 400 for deleting a security group that a subnet or an interface uses."""
    message = (
        f"Network security group {path} cannot be deleted because it is in use by the following "
        "resources. In order to delete it, remove the association."
    )
    return Refused(400, "InUseNetworkSecurityGroupCannotBeDeleted", message)


def invalid(message: str, code: str = "InvalidQuery") -> Refused:
    """Return the 400 of Resource Graph; ``Refused`` carries the detail's own code."""
    return Refused(400, code, message)
