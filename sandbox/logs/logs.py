"""The Log Analytics query API: KQL over the rows that have arrived so far."""

import heapq
import importlib
import re
import ssl
import threading
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.arm.resources import Change
from sandbox.http.endpoint import Clock, Endpoint
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens
from sandbox.logs.tables import SCHEMAS, Row, activity_rows, container_acl_row
from sandbox.seeded_random import SeededRandom

_AUDIENCES: Final = frozenset(
    {
        "https://api.loganalytics.io",
        "https://api.loganalytics.azure.com",
        "https://api.loganalytics.us",
        "https://api.loganalytics.azure.cn",
    }
)
_DURATION: Final = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?"
    r"(?:(?P<seconds>[\d.]+)S)?)?"
)
_PATH: Final = re.compile(r"/v1/workspaces/([0-9a-f-]+)/query", re.IGNORECASE)


class Logs(Endpoint):
    """``POST /v1/workspaces/ID/query``. Rows arrive ``delay`` (least, most) seconds later."""

    def __init__(
        self,
        workspace_id: str,
        tokens: Tokens,
        chance: SeededRandom,
        *,
        clock: Clock,
        tls: ssl.SSLContext,
        delay: tuple[float, float],
    ) -> None:
        super().__init__(clock, tls)
        self.workspace_id = workspace_id
        self.delay = delay
        self.queries: list[str] = []
        self._tokens = tokens
        self._chance = chance
        self._arriving: list[tuple[datetime, int, str, Row]] = []
        self._rows = 0
        self._partial = 0
        self._missing: set[str] = set()
        self._engine: Any = None
        self._tables = threading.Lock()

    def on_change(self, change: Change) -> None:
        """Add a change to AzureActivity after the ingestion delay; none of the tenant is in it."""
        if change.place.key.startswith("/tenants/"):
            return
        for row in activity_rows(change, self.workspace_id, self._chance):
            self.add("AzureActivity", row, delayed=True)

    def container_acl(self, account: str, container: str, caller_ip: str) -> None:
        """Add a change of a container's ACL to StorageBlobLogs after the ingestion delay."""
        change = {"TimeGenerated": self.clock(), "CallerIpAddress": f"{caller_ip}:51324"}
        self.add("StorageBlobLogs", container_acl_row(account, container, change), delayed=True)

    def add(self, table: str, row: Row, *, delayed: bool = False) -> None:
        """Add a row to a table, at once or after the delay of ingestion."""
        least, most = self.delay if delayed else (0.0, 0.0)
        seconds = least + (most - least) * self._chance.draw(f"ingestion|{table}")
        arrives = self.clock() + timedelta(seconds=seconds)
        with self._tables:
            self._rows += 1
            heapq.heappush(self._arriving, (arrives, self._rows, table, row))

    def partial(self, *, times: int = 1) -> None:
        """Answer the next queries with a partial result."""
        self._partial += times

    def lose(self, *tables: str) -> None:
        """Have a workspace into which nothing was ever sent for these tables: they are not there.

        ``TABLE.COLUMN`` names a column: one of AzureDiagnostics is there from its first row on.
        """
        self._missing.update(tables)

    def clear(self) -> None:
        """Remove all faults."""
        super().clear()
        self._partial = 0
        self._missing.clear()

    def close(self) -> None:
        """Stop serving."""
        super().close()
        if self._engine is not None:
            self._engine.close()

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal as Log Analytics words it, with a correlation id."""
        error: Row = {
            "message": refused.message,
            "code": refused.code,
            "correlationId": self._chance.guid("correlation of logs"),
        }
        return json_answer(refused.status, {"error": error}, refused.headers)

    def answer(self, request: Request) -> Answer:
        """Answer one query."""
        self._check(request)
        if not request.body:
            return Answer(status=200)
        asked = _asked(request)
        self.queries.append(asked["query"])
        now = self.clock()
        since, until = span(str(asked.get("timespan") or ""), now)
        engine = self._arrived(now)
        bad_query = importlib.import_module("sandbox.logs.kql").BadQuery
        try:
            columns, rows = engine.query(
                asked["query"], since=since, until=until, now=now, without=self._missing
            )
        except bad_query as error:
            return self._bad(error)
        table = {"name": "PrimaryResult", "columns": columns, "rows": rows}
        return json_answer(200, self._whole_or_partial(table))

    def _check(self, request: Request) -> None:
        own = {self.base_url, f"{self.base_url}/v1"}
        try:
            self._tokens.check(request, _AUDIENCES | own)
        except Refused as refused:
            message = "Valid authentication was not provided"
            code = "AuthorizationRequiredError"
            raise Refused(401, code, message, headers=refused.headers) from None
        found = _PATH.fullmatch(request.path)
        if request.method != "POST" or not found:
            raise Refused(404, "PathNotFoundError", "The requested path does not exist")
        if found.group(1).lower() != self.workspace_id.lower():
            message = "The workspace could not be found"
            raise Refused(404, "WorkspaceNotFoundError", message)

    def _arrived(self, now: datetime) -> Any:
        """Return the engine with every row that has arrived by now; DuckDB loads on first use."""
        with self._tables:
            if self._engine is None:
                self._engine = importlib.import_module("sandbox.logs.kql").Engine(SCHEMAS)
            while self._arriving and self._arriving[0][0] <= now:
                _, _, table, row = heapq.heappop(self._arriving)
                self._engine.add(table, row)
            return self._engine

    def _bad(self, error: Any) -> Answer:
        inner = {
            "code": "SyntaxError" if error.code.startswith("SYN") else "SemanticError",
            "message": "A semantic error occurred.",
            "innererror": {"code": error.code, "message": str(error)},
        }
        error_body = {
            "message": "The request had some invalid properties",
            "code": "BadArgumentError",
            "correlationId": self._chance.guid("correlation of logs"),
            "innererror": inner,
        }
        return json_answer(400, {"error": error_body})

    def _whole_or_partial(self, table: Row) -> Row:
        if not self._partial:
            return {"tables": [table]}
        self._partial -= 1
        error_body = {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [{"code": "EngineError", "message": "Something went wrong on a node."}],
        }
        return {"tables": [table], "error": error_body}


def span(text: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return since and until of an ISO 8601 duration or interval; None where it is open."""
    first, _, second = text.partition("/")
    if not first:
        return None, None
    if not second:
        return now - _duration(first), None
    if first.startswith("P"):
        until = _moment(second)
        return until - _duration(first), until
    since = _moment(first)
    return since, since + _duration(second) if second.startswith("P") else _moment(second)


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if not found or len(text) < 2:
        raise Refused(400, "BadArgumentError", "The timespan is not valid")
    return timedelta(**{name: float(value) for name, value in found.groupdict("0").items()})


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "BadArgumentError", "The timespan is not valid") from None


def _asked(request: Request) -> Row:
    try:
        asked = request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise Refused(400, "BadArgumentError", "The request had some invalid properties")
    return asked
