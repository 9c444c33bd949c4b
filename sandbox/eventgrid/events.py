"""The events that Event Grid makes of a change, with the texts and the case that Azure uses.

https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
https://learn.microsoft.com/azure/event-grid/event-schema-resources
"""

import re
from datetime import datetime
from typing import Any, Final

from sandbox.arm.resources import Change
from sandbox.core.documents import Body
from sandbox.core.paths import subscription_of
from sandbox.core.people import TENANT
from sandbox.seeded_random import SeededRandom

Event = dict[str, Any]

_KINDS: Final = {"write": "Write", "delete": "Delete"}
_GROUPS: Final = re.compile("/resourceGroups/", re.IGNORECASE)
_AUDIENCE: Final = "https://management.core.windows.net/"
_AUTHORIZATION: Final = "/providers/microsoft.authorization"
_LOWER_CASED: Final = ("microsoft.insights",)
_NOT_IN_OLD_VERSIONS: Final = frozenset(
    {"publicNetworkAccess", "allowCrossTenantReplication", "dnsEndpointType", "ipv6Rules"}
)


def stamp(at: datetime) -> str:
    """Return a time as Event Grid writes it: seven digits of a second, Z."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}1Z"


def operation_of(change: Change) -> str:
    """Return the operation's name, in the provider's own case."""
    namespace, _, types = change.place.type.partition("/")
    if namespace.lower() in _LOWER_CASED:
        namespace = namespace.lower()
    return f"{namespace}/{types}/{change.verb}"


def resource_event(change: Change, chance: SeededRandom) -> Event:
    """Return the subscription's event for a change, in Event Grid's own schema."""
    path = change.place.path
    subject = path
    if chance.happens(0.5, "subject with resourcegroups"):
        subject = _GROUPS.sub("/resourcegroups/", path)
    kind = _KINDS.get(change.verb, "Action")
    return {
        "subject": subject,
        "eventType": f"Microsoft.Resources.Resource{kind}Success",
        "eventTime": stamp(change.at),
        "id": chance.guid("event"),
        "data": _data(change, path, chance),
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": f"/subscriptions/{subscription_of(path)}",
    }


def _data(change: Change, path: str, chance: SeededRandom) -> Body:
    operation = operation_of(change)
    data: Body = {
        "authorization": {
            "scope": path,
            "action": operation,
            "evidence": change.actor.evidence(),
        },
        "claims": change.actor.claims(_AUDIENCE, int(change.at.timestamp()) - 60),
        "correlationId": change.correlation_id,
        "resourceProvider": operation.partition("/")[0],
        "resourceUri": path,
        "operationName": operation,
        "status": "Succeeded",
        "subscriptionId": subscription_of(path),
        "tenantId": TENANT,
    }
    if not change.created:
        data["httpRequest"] = {
            "clientRequestId": chance.guid("client request"),
            "clientIpAddress": change.actor.ip,
            "method": change.method,
            "url": f"https://management.azure.com{path}?api-version=2024-01-01",
        }
    return data


def payload_event(change: Change, body: Body | None, path: str, chance: SeededRandom) -> Event:
    """Return the resource's own payload event: booleans as 1 and 0, an old api-version."""
    deleted = body is None
    info: Body = {"id": path, "name": path.rpartition("/")[2], "type": change.place.type}
    if body is not None:
        properties = _as_of_old(body.get("properties") or {})
        info |= {"type": body.get("type", ""), "location": body.get("location", "")}
        info |= {"tags": body.get("tags") or {}, "properties": properties}
    kind = "Deleted" if deleted else "CreatedOrUpdated"
    return {
        "id": chance.guid("payload event"),
        "topic": f"/subscriptions/{subscription_of(path)}",
        "subject": path,
        "eventType": f"Microsoft.ResourceNotifications.Resources.{kind}",
        "eventTime": stamp(change.at),
        "data": {
            "resourceInfo": info,
            "apiVersion": "2019-06-01",
            "operationalInfo": {"resourceEventTime": stamp(change.at)},
        },
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def policy_event(path: str, compliance: str, at: datetime, chance: SeededRandom) -> Event:
    """Return the event of a policy state that changed to Compliant or NonCompliant."""
    subscription = subscription_of(path)
    scope = f"/subscriptions/{subscription}"
    return {
        "id": chance.guid("policy event"),
        "topic": scope,
        "subject": path,
        "eventType": "Microsoft.PolicyInsights.PolicyStateChanged",
        "eventTime": stamp(at),
        "data": {
            "timestamp": stamp(at),
            "policyAssignmentId": f"{scope}{_AUTHORIZATION}/policyassignments/phi",
            "policyDefinitionId": f"{_AUTHORIZATION}/policydefinitions/"
            "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751",
            "policyDefinitionReferenceId": "",
            "complianceState": compliance,
            "subscriptionId": subscription,
            "complianceReasonCode": "",
        },
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def cloud_event(event: Event) -> Event:
    """Return an event in the CloudEvents 1.0 schema."""
    return {
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "specversion": "1.0",
        "data": event["data"],
    }


def _as_of_old(value: Any) -> Any:
    """Return properties as the older api-version of payload events shows them."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in _NOT_IN_OLD_VERSIONS}
        return {name: _as_of_old(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [_as_of_old(each) for each in value]
    return value
