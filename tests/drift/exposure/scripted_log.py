"""A log that answers each query as a test says, and a case that asks it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from drift.access.ports import QueryValue
from drift.errors import SourceUnavailable
from drift.estate import Baseline
from drift.exposure.callers import Own
from drift.exposure.case import Case
from drift.model import Outcome
from drift.observation.read_estate import NoReader
from drift.state.resource_record import ControlState
from tests.drift.exposure.findings import CLOSED, LATER, OPENED, WINDOW

STRANGER, OFFICE, INSIDE = "8.8.8.8", "198.51.100.7", "10.0.0.4"
OWN = Own.of(("198.51.100.0/24",), "tenant-of-the-clinic")
TIMES = {"First": OPENED, "Last": OPENED + timedelta(minutes=5)}
ARRIVED = {"Rows": 5, "First": OPENED, "Last": CLOSED, "Newest": CLOSED + timedelta(hours=1)}

Rows = Sequence[Mapping[str, Any]]


class ScriptedLog:
    """Answers with the rows of a query, none where it has none; ``refused`` are statuses by query."""

    def __init__(self, **rows: Rows) -> None:
        self.rows: dict[str, Rows] = {"log_stopped": [{"Stops": 0}], **rows}
        self.refused: dict[str, tuple[int, str]] = {}
        self.asked: dict[str, Mapping[str, QueryValue]] = {}

    def access(
        self,
        query: str,
        values: Mapping[str, QueryValue],
        *,
        since: datetime,
        until: datetime,
    ) -> Rows:
        self.asked[query] = values
        if query in self.refused:
            status, code = self.refused[query]
            raise SourceUnavailable("log", status, code)
        return self.rows.get(query, ())


def case(resource: str, control: str, log: ScriptedLog | None, **values: Any) -> Case:
    """Return the case of a resource whose log is on, asked an hour after the end of the window."""
    logged = ControlState(outcome=Outcome.PASS)
    always = dict.fromkeys(("ENTRA-LOG-EXPORT", "ACTIVITY-LOG-EXPORT"), logged)
    default: dict[str, Any] = {
        "window": WINDOW,
        "own": OWN,
        "controls": {"KEYVAULT-LOGGING": logged, "SQL-AUDITING": logged, **always},
        "evidence": (),
        "baseline": Baseline(),
        "reader": NoReader(),
        "metrics": None,
        "clock": lambda: LATER,
    }
    return Case(resource=resource, control=control, log=log, **{**default, **values})
