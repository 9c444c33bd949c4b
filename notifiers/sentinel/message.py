"""The row of a finding in Log Analytics. Pure: a notice in, JSON-ready data out.

Azure does not tell repeats apart: who queries them does, by ``EventUid``.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from drift.notices import Notice
from notifiers.ocsf import finding

MAX_FIELD: Final = 64_000
"""Bytes of a column. Azure cuts off the rest of a longer one without a word:
https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api"""

MAX_CALL: Final = 900_000
"""Bytes of a call, which carries one row. Azure takes 1 MB, packed or not (ibid.)."""


def build_row(notice: Notice, *, told_at: datetime, opening: bool = False) -> dict[str, Any]:
    """Return one row, dated when the change was decided; its texts are the finding's, cut as there."""
    event = finding(notice, told_at=told_at, opening=opening)
    return {
        "TimeGenerated": f"{notice.decided_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "EventUid": event["metadata"]["uid"],
        "FindingUid": event["finding_info"]["uid"],
        "IncidentId": event["metadata"]["correlation_uid"],
        "ActivityId": event["activity_id"],
        "Status": event["status"],
        "Severity": event["severity"],
        "ControlId": event["compliance"]["control"],
        "ResourceId": event["resources"][0]["uid"],
        "Finding": event,
    }


def excess(row: Mapping[str, Any]) -> str:
    """Return what of a row Azure would cut or refuse, "" where it takes it whole."""
    sizes = {name: len(json.dumps(value)) for name, value in row.items()}
    long = [name for name, size in sizes.items() if size > MAX_FIELD]
    if long:
        return f"{', '.join(long)} would be longer than {MAX_FIELD} bytes"
    return (
        f"the row would be longer than {MAX_CALL} bytes" if sum(sizes.values()) > MAX_CALL else ""
    )
