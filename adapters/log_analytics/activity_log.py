"""Query Log Analytics for writes, changes and access; a partial answer counts as unavailable."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.policies import date_of, error_code_of, policies, retry_after_of
from adapters.azure_http.transport import transport
from adapters.log_analytics.access_rows import ACCESS_COLUMNS, access_row
from adapters.log_analytics.change_rows import COLUMNS as CHANGE_COLUMNS
from adapters.log_analytics.change_rows import change_of
from adapters.log_analytics.kql import UnfitLiteral, with_values
from adapters.per_thread import PerThread
from drift.access.ports import QueryValue
from drift.errors import NO_TOKEN, UNANSWERED, SourceUnavailable
from drift.model import Actor
from drift.ports import Activity, ActivityAnswer, LoggedChange

SERVER_SECONDS: Final = 30
READ_SECONDS: Final = SERVER_SECONDS + 15

EVENT_MARGIN: Final = timedelta(hours=1)
"""How far before the window the query searches for the event's own rows."""

MAX_ACTIVITIES: Final = 50

_UPPER_MARGIN: Final = timedelta(days=1)
_NONE: Final = timedelta()
_PARTIAL: Final = "PartialAnswer"
_UNEXPECTED: Final = "UnexpectedAnswer"
_UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
_COLUMNS: Final = frozenset(
    ("At", "Operation", "ResourceId", "Theirs", "Succeeded", "Failed", "IsEvent")
)

Cells = dict[str, Any]


class LogAnalytics:
    """Implements ``drift.ports.Logs`` on one workspace; one query per call, no retry."""

    def __init__(
        self, credential: SharedCredential, *, endpoint: str, scope: str, workspace_id: str
    ) -> None:
        self._credential = credential
        self._endpoint = endpoint.rstrip("/")
        self._scope = scope
        self._workspace_id = workspace_id
        self._clients = PerThread(self._client)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return what else this actor wrote in the window; raise SourceUnavailable."""
        if not actor.name and not actor.object_id:
            return ActivityAnswer(caught_up=False, activities=())
        values: dict[str, QueryValue] = {
            "since": since,
            "until": until,
            "actor_name": actor.app_id if actor.is_managed_identity else actor.name,
            "actor_id": actor.object_id,
            "event_correlation": correlation_id,
        }
        try:
            query = with_values("activity_by_actor", values)
        except UnfitLiteral:
            raise SourceUnavailable(self._what, 400, "UnfitActor") from None
        # The upper end has a margin: the service's clock decides what "until now" means, not ours.
        rows = self._rows(query, (since - EVENT_MARGIN, until + _UPPER_MARGIN), _COLUMNS)
        try:
            return _answer(rows)
        except _UNREADABLE:
            raise SourceUnavailable(self._what, 200, _UNEXPECTED) from None

    def changes(
        self, query: str, *, since: datetime, until: datetime, values: Mapping[str, QueryValue]
    ) -> Sequence[LoggedChange]:
        """Return the rows of a query for changes between two times; raise SourceUnavailable."""
        try:
            text = with_values(query, {"since": since, "until": until, **values})
        except UnfitLiteral:
            raise SourceUnavailable(self._what, 400, "UnfitValue") from None
        rows = self._rows(text, (since, until + _UPPER_MARGIN), CHANGE_COLUMNS)
        try:
            return [change_of(row) for row in rows]
        except _UNREADABLE:
            raise SourceUnavailable(self._what, 200, _UNEXPECTED) from None

    def access(
        self, query: str, values: Mapping[str, QueryValue], *, since: datetime, until: datetime
    ) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a query about access; raise SourceUnavailable."""
        try:
            text = with_values(query, {"since": since, "until": until, **values})
        except UnfitLiteral:
            raise SourceUnavailable(self._what, 400, "UnfitValue") from None
        # The query itself bounds the time; what it looks at around the window must not be cut off here.
        around = max(
            (each for each in values.values() if isinstance(each, timedelta)), default=_NONE
        )
        span = (since - around - EVENT_MARGIN, until + around + _UPPER_MARGIN)
        rows = self._rows(text, span, frozenset(ACCESS_COLUMNS[query]))
        try:
            return [access_row(query, row) for row in rows]
        except _UNREADABLE:
            raise SourceUnavailable(self._what, 200, _UNEXPECTED) from None

    def close(self) -> None:
        """Close every thread's session; no query may follow."""
        self._clients.close()

    @property
    def _what(self) -> str:
        return f"log workspace {self._workspace_id}"

    def _client(self) -> LogsQueryClient:
        return LogsQueryClient(
            self._credential,
            endpoint=self._endpoint,
            credential_scopes=[self._scope],
            policies=[_RefusalPolicy(), *policies(self._credential, self._scope)],
            transport=transport(READ_SECONDS),
        )

    def _rows(
        self, query: str, timespan: tuple[datetime, datetime], columns: frozenset[str]
    ) -> list[Cells]:
        try:
            result = self._clients.get().query_workspace(
                self._workspace_id, query, timespan=timespan, server_timeout=SERVER_SECONDS
            )
        except NoToken:
            raise SourceUnavailable(self._what, 401, NO_TOKEN) from None
        except _Refusal as refusal:
            raise self._unavailable(refusal.response) from None
        except AzureError:
            raise SourceUnavailable(self._what, UNANSWERED) from None
        except _UNREADABLE:  # the SDK does not check the form of an answer
            raise SourceUnavailable(self._what, 200, _UNEXPECTED) from None
        return self._whole(result, columns)

    def _unavailable(self, response: HttpResponse) -> SourceUnavailable:
        if response.status_code == 401:
            self._credential.forget()
        now = date_of(response.headers) or datetime.now(UTC)
        return SourceUnavailable(
            self._what,
            response.status_code,
            error_code_of(response.content),
            retry_after=retry_after_of(response.headers, now),
        )

    def _whole(
        self, result: LogsQueryResult | LogsQueryPartialResult, columns: frozenset[str]
    ) -> list[Cells]:
        if isinstance(result, LogsQueryPartialResult):
            raise SourceUnavailable(self._what, 200, _PARTIAL)
        if len(result.tables) != 1 or set(result.tables[0].columns) != columns:
            raise SourceUnavailable(self._what, 200, _UNEXPECTED)
        table = result.tables[0]
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


class _Refusal(Exception):
    """An answer that is not 200; not an AzureError, so that the SDK does not reword it."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


class _RefusalPolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Raises on refusals before the SDK does: it loses the status if the body is not JSON."""

    def on_response(
        self,
        request: PipelineRequest[HttpRequest],  # noqa: ARG002 - the SDK's signature
        response: PipelineResponse[HttpRequest, HttpResponse],
    ) -> None:
        """Raise _Refusal for anything but 200."""
        if response.http_response.status_code != 200:
            raise _Refusal(response.http_response)


def _answer(rows: list[Cells]) -> ActivityAnswer:
    """Return the actor's completed writes, without the event's own write."""
    ended = [row for row in rows if row["Theirs"] and row["Succeeded"] + row["Failed"]]
    own = [row for row in ended if row["IsEvent"]]
    # Several writes with the event's correlation id are one deployment: each of them is reported.
    others = [row for row in ended if len(own) != 1 or not row["IsEvent"]]
    activities = sorted(map(_activity, others), key=lambda activity: activity.at, reverse=True)
    return ActivityAnswer(
        caught_up=any(row["IsEvent"] for row in rows),
        activities=tuple(activities[:MAX_ACTIVITIES]),
        total=len(others),
    )


def _activity(row: Cells) -> Activity:
    at: datetime = row["At"]
    return Activity(
        at=at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC),
        operation=str(row["Operation"]),
        resource_id=str(row["ResourceId"]),
        succeeded=int(row["Succeeded"]) > 0,
    )
