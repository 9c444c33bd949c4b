"""The Event Grid webhook: one invocation per event, in parallel; 202 means that the outputs are stored.

https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema
"""

import json
from collections.abc import Iterable
from concurrent.futures import wait
from http import HTTPStatus
from typing import Any, Final

from functions_host.functions.calls import event
from functions_host.functions.index import Function
from functions_host.functions.invocations import Invocations, Job, describe_error
from functions_host.functions.queues import HostQueues
from functions_host.http.messages import JSON, Request, Response, text_response

PATH: Final = "/runtime/webhooks/eventgrid"

_TYPE: Final = "aeg-event-type"
_ORIGIN: Final = "webhook-request-origin"


class EventGridWebhook:
    """Answers Event Grid as the Functions host does."""

    def __init__(
        self, functions: Iterable[Function], queues: HostQueues, invocations: Invocations
    ) -> None:
        self._functions = {each.name: each for each in functions}
        self._queues = queues
        self._invocations = invocations

    def answer(self, request: Request) -> Response:
        """Answer a handshake, or deliver events: 202 only if every one of them succeeded."""
        names = {name.lower(): value for name, value in request.query.items()}
        function = self._functions.get(names.get("functionname", ""))
        if function is None:
            return text_response(
                HTTPStatus.NOT_FOUND, "functionName names no Event Grid function here"
            )
        if request.method == "OPTIONS":
            return _handshake(request)
        kind = request.headers.get(_TYPE, "").lower()
        if request.method != "POST" or kind not in _KINDS:
            return text_response(
                HTTPStatus.BAD_REQUEST, f"the {_TYPE} header is missing or not known"
            )
        if kind == "unsubscribe":
            return text_response(HTTPStatus.ACCEPTED)
        try:
            events = _events(request.body)
        except (ValueError, RecursionError):
            return text_response(HTTPStatus.BAD_REQUEST, "the body is not a JSON object or array")
        if kind == "subscriptionvalidation":
            return _validation(events)
        return self._deliver(function, events)

    def _deliver(self, function: Function, events: list[Any]) -> Response:
        texts = [json.dumps(each, separators=(",", ":")) for each in events]
        futures = [
            self._invocations.start(
                Job(function=function, arrival=event(text), commit=self._queues.put_many)
            )
            for text in texts
        ]
        wait(futures)
        errors = [error for future in futures if (error := future.exception())]
        if errors:
            return text_response(
                HTTPStatus.INTERNAL_SERVER_ERROR, f"{function.name}: {describe_error(errors[0])}"
            )
        return text_response(HTTPStatus.ACCEPTED)


_KINDS: Final = ("notification", "subscriptionvalidation", "unsubscribe")


def _events(body: bytes) -> list[Any]:
    """Read the body; raise ValueError unless it is an object or an array in JSON."""
    content = json.loads(body.decode("utf-8-sig"))
    if not isinstance(content, dict | list):
        raise ValueError("neither an object nor an array")
    json.dumps(content, allow_nan=False)  # refuses NaN and infinite numbers, which are not JSON
    return content if isinstance(content, list) else [content]


def _validation(events: list[Any]) -> Response:
    first = events[0] if events else None
    data = first.get("data") if isinstance(first, dict) else None
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str):
        return text_response(HTTPStatus.BAD_REQUEST, "the event has no data.validationCode")
    body = json.dumps({"validationResponse": code}).encode()
    return Response(HTTPStatus.OK, body, [("Content-Type", JSON)])


def _handshake(request: Request) -> Response:
    """Allow the requesting origin, as CloudEvents' abuse protection requires."""
    origin = request.headers.get(_ORIGIN, "")
    headers = [("Webhook-Allowed-Origin", origin), ("Webhook-Allowed-Rate", "*")] if origin else ()
    return Response(HTTPStatus.OK, b"", headers)
