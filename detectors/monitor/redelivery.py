"""The repair of an event subscription of the monitor: write it again, as the deployment has it."""

from typing import Any, Final

from detectors.monitor.deliveries import (
    DEAD_LETTERS,
    FUNCTION,
    MOST_MINUTES,
    MOST_TRIES,
    PLAIN_DEAD_LETTERS,
    SUBSCRIPTIONS,
    EventSubscription,
    Required,
    writes_dead_letters,
)
from drift import ids
from drift.fixes import Fix, PutChild
from drift.intake.event_topics import CHANGES, EVENT_TYPES, FILTER_KEYS, operations_below, prefixes
from drift.model import MISSING, Resource, dig

DEPLOY: Final = (
    "Deploy the topics and their event subscriptions again: azd provision events, or "
    "infra/events/subscription.bicep to this subscription."
)
_NAME: Final = "phidrift"
_STORAGE: Final = "<STORAGE_ACCOUNT_ID>"
_NOTE: Final = (
    "The next sweep finds what changed before. Find out who changed the event subscription."
)
_CHOICE: Final = (
    f"{_NOTE} Put in the id of the monitor's storage account, whose container dead-letters takes "
    "what "
    "cannot be delivered."
)


def repair_of(
    topic: Resource | None, current: EventSubscription | None, app: str, required: Required
) -> Fix:
    """Return the fix: the event subscription as deployed, if its topic and the function are known."""
    function = current.function if current else f"{app}{FUNCTION}"
    if topic is None or not ids.subscription_of(function):
        return Fix(note=DEPLOY)
    name = current.subscription.name if current else _NAME
    dead_letters = _dead_letters(topic, current)
    properties = {
        "eventDeliverySchema": "EventGridSchema",
        "destination": {
            "endpointType": "AzureFunction",
            "properties": {
                "resourceId": function,
                "maxEventsPerBatch": 1,
                "preferredBatchSizeInKilobytes": 64,
            },
        },
        "filter": {
            "includedEventTypes": list(EVENT_TYPES[required.kind]),
            "advancedFilters": _filters(required),
        },
        "retryPolicy": {
            "maxDeliveryAttempts": MOST_TRIES,
            "eventTimeToLiveInMinutes": MOST_MINUTES,
        },
        **dead_letters,
    }
    put = PutChild(f"{topic.id}/{SUBSCRIPTIONS}/{name}", {"properties": properties})
    return Fix((put,), _CHOICE if _STORAGE in str(dead_letters) else _NOTE)


def _dead_letters(topic: Resource, current: EventSubscription | None) -> dict[str, Any]:
    """Return the target of undelivered events: the present one, else a placeholder container."""
    for path in (DEAD_LETTERS, PLAIN_DEAD_LETTERS):
        kept = dig(current.subscription.body if current else {}, path)
        if kept is not MISSING:
            return {path.rpartition(".")[2]: kept}
    if not writes_dead_letters(topic):
        return {}
    container = {"resourceId": _STORAGE, "blobContainerName": "dead-letters"}
    destination = {"endpointType": "StorageBlob", "properties": container}
    return {
        DEAD_LETTERS.rpartition(".")[2]: {
            "identity": {"type": "SystemAssigned"},
            "deadLetterDestination": destination,
        }
    }


def _filters(required: Required) -> list[dict[str, Any]]:
    """Return the filter that the deployment has."""
    values = prefixes(required.beginnings)
    if required.kind == CHANGES:
        values = [operations_below(each) for each in values]
    chosen = {"operatorType": "StringBeginsWith", "key": FILTER_KEYS[required.kind]}
    return [{**chosen, "values": values}] if values else []
