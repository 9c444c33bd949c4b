"""The Event Grid topics of the clinic's subscription, and how they deliver to the monitor."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import MONITOR_APP, OPERATIONS, SUBSCRIPTION, resource
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_TYPES: Final = {
    "phidrift-changes": "Microsoft.Resources.Subscriptions",
    "phidrift-resources": "Microsoft.ResourceNotifications.Resources",
    "phidrift-policy": "Microsoft.PolicyInsights.PolicyStates",
}
_EVENTS: Final = {
    "phidrift-changes": tuple(
        f"Microsoft.Resources.Resource{each}"
        for each in (
            "WriteSuccess",
            "WriteFailure",
            "WriteCancel",
            "DeleteSuccess",
            "ActionSuccess",
        )
    ),
    "phidrift-resources": tuple(
        f"Microsoft.ResourceNotifications.Resources.{each}"
        for each in ("CreatedOrUpdated", "Deleted")
    ),
    "phidrift-policy": tuple(
        f"Microsoft.PolicyInsights.PolicyState{each}" for each in ("Created", "Changed", "Deleted")
    ),
}
_KEYS: Final = {
    "phidrift-changes": "data.operationName",
    "phidrift-resources": "data.resourceInfo.type",
}


def topics() -> Iterator[Body]:
    """Yield each topic, and its event subscription."""
    for name, kind in _TYPES.items():
        path = f"{OPERATIONS}/providers/Microsoft.EventGrid/systemTopics/{name}"
        yield {
            **resource(path, "Microsoft.EventGrid/systemTopics"),
            "location": "global",
            "identity": {
                "type": "SystemAssigned",
                "principalId": "9d3e6b1c-7f20-4c8a-a5d4-2b0e9c7f6a18",
                "tenantId": TENANT,
            },
            "properties": {
                "provisioningState": "Succeeded",
                "source": f"/subscriptions/{SUBSCRIPTION}",
                "topicType": kind,
            },
        }
        yield {
            "id": f"{path}/eventSubscriptions/phidrift",
            "name": "phidrift",
            "type": "Microsoft.EventGrid/systemTopics/eventSubscriptions",
            "properties": _delivery(name),
        }


def _delivery(name: str) -> dict[str, Any]:
    """Return how the events of a topic are delivered: all of Microsoft's resources, for a day."""
    account = f"{OPERATIONS}/providers/Microsoft.Storage/storageAccounts/lakesidewebsite"
    begins = {"operatorType": "StringBeginsWith", "key": _KEYS.get(name), "values": ["microsoft."]}
    return {
        "provisioningState": "Succeeded",
        "eventDeliverySchema": "EventGridSchema",
        "destination": {
            "endpointType": "AzureFunction",
            "properties": {
                "resourceId": f"{MONITOR_APP}/functions/resource_changed",
                "maxEventsPerBatch": 1,
                "preferredBatchSizeInKilobytes": 64,
            },
        },
        "filter": {
            "subjectBeginsWith": "",
            "subjectEndsWith": "",
            "includedEventTypes": list(_EVENTS[name]),
            "advancedFilters": [begins] if name in _KEYS else [],
        },
        "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
        "deadLetterWithResourceIdentity": {
            "identity": {"type": "SystemAssigned"},
            "deadLetterDestination": {
                "endpointType": "StorageBlob",
                "properties": {"resourceId": account, "blobContainerName": "dead-letters"},
            },
        },
    }
