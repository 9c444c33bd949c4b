"""Deliver one event to one subscriber: by HTTP as Event Grid does, or to a function."""

import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.eventgrid.events import Event, cloud_event

UNANSWERED: Final = 0
Receive = Callable[[list[Event]], int]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A receiver of events: ``target`` is a webhook's address, or a function that returns a status."""

    target: str | Receive
    cloud_events: bool = False


def deliver(subscriber: Subscriber, event: Event, *, attempt: int, timeout: float) -> int:
    """Deliver one event and return the status, UNANSWERED if none came in time."""
    cloud = subscriber.cloud_events and "eventType" in event
    body = cloud_event(event) if cloud else event
    if not isinstance(subscriber.target, str):
        return subscriber.target([body])
    headers = {
        "Content-Type": f"application/{'cloudevents+json' if cloud else 'json; charset=utf-8'}",
        "aeg-event-type": "Notification",
        "aeg-subscription-name": "PHI-DRIFT-MONITOR",
        "aeg-delivery-count": str(attempt),
        "aeg-data-version": str(event.get("dataVersion", "")),
        "aeg-metadata-version": str(event.get("metadataVersion", "")),
    }
    return _post(subscriber.target, body if cloud else [body], headers, timeout)[0]


def handshake(subscriber: Subscriber, code: str, timeout: float = 30.0) -> bool:
    """Tell whether a webhook passes Event Grid's validation handshake."""
    if not isinstance(subscriber.target, str):
        return True
    if subscriber.cloud_events:
        asked = {"WebHook-Request-Origin": "eventgrid.azure.net"}
        status, _, headers = _send("OPTIONS", subscriber.target, b"", asked, timeout=timeout)
        return status == 200 and headers.get("webhook-allowed-origin") in ("*", asked[_ORIGIN])
    event = {
        "id": code,
        "topic": "/subscriptions",
        "subject": "",
        "data": {"validationCode": code},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-01-01T00:00:00.0000000Z",
        "metadataVersion": "1",
        "dataVersion": "2",
    }
    headers = {"aeg-event-type": "SubscriptionValidation", "Content-Type": "application/json"}
    status, text = _post(subscriber.target, [event], headers, timeout)
    return status == 200 and _echoed(text) == code


_ORIGIN: Final = "WebHook-Request-Origin"


def _echoed(text: bytes) -> str:
    try:
        return str(json.loads(text)["validationResponse"])
    except (ValueError, KeyError, TypeError):
        return ""


def _post(url: str, body: Any, headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
    status, text, _ = _send("POST", url, json.dumps(body).encode(), headers, timeout=timeout)
    return status, text


def _send(
    method: str, url: str, body: bytes, headers: dict[str, str], *, timeout: float
) -> tuple[int, bytes, dict[str, str]]:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=timeout, context=ssl.create_default_context()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=timeout)
    )
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        response = connection.getresponse()
        headers_of_answer = {name.lower(): value for name, value in response.getheaders()}
        return response.status, response.read(), headers_of_answer
    except (OSError, http.client.HTTPException):
        return UNANSWERED, b"", {}
    finally:
        connection.close()
