"""The Logs Ingestion API: one data collection rule with one stream, into a table with typed columns."""

import secrets
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request
from sandbox.identity.identity import Tokens

_AUDIENCES: Final = frozenset({"https://monitor.azure.com"})
_VERSION: Final = "2023-01-01"
_MOST_BYTES: Final = 1024 * 1024
_LONGEST_FIELD: Final = 64 * 1024


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode()) <= _LONGEST_FIELD


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _is_dynamic(value: Any) -> bool:
    return isinstance(value, dict | list) and len(str(value).encode()) <= _LONGEST_FIELD


COLUMNS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "TimeGenerated": _is_moment,
    **dict.fromkeys(("EventUid", "FindingUid", "IncidentId"), _is_text),
    "ActivityId": _is_int,
    **dict.fromkeys(("Status", "Severity", "ControlId", "ResourceId"), _is_text),
    "Finding": _is_dynamic,
    **dict.fromkeys(("Actor", "ActorObjectId", "ActorIp", "Phi", "SubscriptionId"), _is_text),
}
"""The table's columns and the check of each value."""


class Ingestion(Sink):
    """Every row gets a 204, well-formed or not; ``lost`` lists the values that no column can hold.

    ``granted``: the sender has the role Monitoring Metrics Publisher on the rule.
    """

    def __init__(self, clock: Clock, tokens: Tokens, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self.rule_id = f"dcr-{secrets.token_hex(16)}"
        self.stream = "Custom-PhiDriftFindings_CL"
        self.granted = True
        self.lost: list[str] = []
        self._tokens = tokens

    @property
    def url(self) -> str:
        """Return the endpoint of the rule."""
        return self.base_url

    @property
    def path(self) -> str:
        """Return the path that rows are posted to."""
        return f"/dataCollectionRules/{self.rule_id}/streams/{self.stream}"

    def take(self, request: Request) -> Answer:
        """Answer one call."""
        refused = self._refused(request)
        if refused is not None:
            return self.reject(request, refused.answer(), refused.code)
        for row in request.json():
            self.accept(request, row)
            self.lost += _lost(row)
        return Answer(status=204)

    def _refused(self, request: Request) -> Refused | None:
        try:
            self._tokens.check(request, _AUDIENCES)
        except Refused as refused:
            return refused
        if request.path != self.path or request.method != "POST":
            return Refused(404, "NotFound", "There is no such data collection rule or stream.")
        if request.query.get("api-version") != _VERSION:
            return Refused(400, "UnsupportedApiVersion", "The api-version is not supported.")
        if not self.granted:
            message = (
                "The authentication token provided does not have access to ingest data for the "
                f"data collection rule with immutable Id '{self.rule_id}'."
            )
            return Refused(403, "OperationFailed", message)
        if len(request.body) > _MOST_BYTES:
            return Refused(413, "ContentLengthLimitExceeded", "The request is larger than 1 MB.")
        problem = _problem(request)
        return Refused(400, "InvalidRequestContent", problem) if problem else None


def _problem(request: Request) -> str:
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return "the content type is not application/json"
    try:
        rows = request.json()
    except ValueError:
        return "the body is not JSON"
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        return "the body is not an array of objects"
    return ""


def _lost(row: Mapping[str, Any]) -> list[str]:
    """Return the columns that the table lacks, and those that stay empty or are cut."""
    unknown = [name for name in row if name not in COLUMNS]
    return unknown + [name for name, fits in COLUMNS.items() if not fits(row.get(name))]
