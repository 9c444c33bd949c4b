"""HTTP functions: find the one for a path, decode the request, encode the response."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import azure.functions as func
from azure.functions.meta import Datum

from functions_host.functions.calls import Arrival
from functions_host.functions.index import Function
from functions_host.functions.invocations import Invocations, Job
from functions_host.functions.queues import HostQueues
from functions_host.http.messages import PLAIN, Request, Response, text_response

_PARAMETER: Final = re.compile(r"\{(\*?)(\w+)(?::(\w+))?(\?)?\}")
_CONSTRAINTS: Final = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?i:true|false)",
}


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One HTTP function and the paths it answers; ``methods`` empty: all."""

    function: Function
    pattern: re.Pattern[str]
    methods: frozenset[str]
    rank: tuple[int, ...]


class HttpFunctions:
    """Finds and runs HTTP functions. No key is required: only this machine is served."""

    def __init__(
        self,
        functions: Iterable[Function],
        prefix: str,
        queues: HostQueues,
        invocations: Invocations,
    ) -> None:
        routes = [_route(each, prefix) for each in functions]
        self._routes = sorted(routes, key=lambda each: each.rank)
        self._queues = queues
        self._invocations = invocations

    def answer(self, request: Request) -> Response:
        """Run the function for a request; 404 if there is none, 500 if it failed."""
        for route in self._routes:
            match = route.pattern.fullmatch(request.path.strip("/"))
            if match and (not route.methods or request.method in route.methods):
                named = {name: each for name, each in match.groupdict().items() if each is not None}
                return self._run(route.function, request, named)
        return text_response(HTTPStatus.NOT_FOUND)

    def _run(self, function: Function, request: Request, named: dict[str, str]) -> Response:
        arrival = _arrival(request, named)
        job = Job(function=function, arrival=arrival, commit=self._queues.put_many)
        future = self._invocations.start(job)
        if future.exception():
            return text_response(HTTPStatus.INTERNAL_SERVER_ERROR)
        return _response(future.result().value)


def _route(function: Function, prefix: str) -> HttpRoute:
    route = str(function.settings.get("route") or function.name).strip("/")
    whole = [each for each in (*prefix.split("/"), *route.split("/")) if each]
    methods = frozenset(str(each).upper() for each in function.settings.get("methods") or ())
    rank = tuple(2 if each.startswith("{*") else int("{" in each) for each in whole)
    return HttpRoute(function, re.compile(_pattern(whole), re.IGNORECASE), methods, rank)


def _pattern(segments: list[str]) -> str:
    """Write a route template as a pattern: ``{name}``, ``{name:int}``, ``{name?}``, ``{*rest}``."""
    pattern = ""
    for segment in segments:
        slash = "/" if pattern else ""
        match = _PARAMETER.fullmatch(segment)
        if not match:
            pattern += slash + re.escape(segment)
            continue
        star, name, constraint, optional = match.groups()
        content = ".*" if star else _CONSTRAINTS.get(constraint or "", "[^/]+")
        group = f"{slash}(?P<{name}>{content})"
        pattern += f"(?:{group})?" if star or optional else group
    return pattern


def _arrival(request: Request, named: dict[str, str]) -> Arrival:
    def texts(values: Any) -> dict[str, Datum]:
        return {name: Datum(value, "string") for name, value in values.items()}

    return Arrival(
        "http",
        {
            "method": Datum(request.method, "string"),
            "url": Datum(request.url, "string"),
            "headers": texts(request.headers),
            "query": texts(request.query),
            "params": texts(named),
            "body": Datum(request.body, "bytes"),
        },
    )


def _response(value: Any) -> Response:
    if not isinstance(value, func.HttpResponse):
        text = "" if value is None else str(value)
        return Response(HTTPStatus.OK, text.encode(), [("Content-Type", PLAIN)])
    headers = [(name, each) for name, each in value.headers.items()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        charset = f"; charset={value.charset}" if value.mimetype.startswith("text/") else ""
        headers.append(("Content-Type", value.mimetype + charset))
    return Response(value.status_code, value.get_body(), headers)
