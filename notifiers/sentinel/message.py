"""The row of a finding in Log Analytics. Pure: a notice in, JSON-ready data out.

Azure does not detect repeats: queries do, by ``EventUid``.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from drift.clock import bounds
from drift.notices import HEARTBEAT, Heartbeat, Notice
from notifiers.ocsf import finding

MAX_FIELD: Final = 64_000
"""Bytes of a column. Azure cuts off the rest of a longer one without an error:
https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api"""

MAX_CALL: Final = 900_000
"""Bytes of a call, which carries one row. Azure accepts 1 MB, compressed or not (ibid.)."""

HEARTBEAT_ACTIVITY: Final = 99
"""The activity of a row that is not a finding."""

_PHI: Final = {True: "yes", False: "no", None: "unknown"}
"""A text instead of a boolean: in a query null would look like false."""


def build_row(notice: Notice, *, sent_at: datetime, opening: bool = False) -> dict[str, Any]:
    """Return one row, dated when the change was decided; its texts are those of the finding."""
    event = finding(notice, sent_at=sent_at, opening=opening)
    actors = [event["unmapped"]["actor"] or {}, *event["unmapped"]["other_actors"]]
    return {
        "TimeGenerated": _moment(notice.decided_at),
        "EventUid": event["metadata"]["uid"],
        "FindingUid": event["finding_info"]["uid"],
        "IncidentId": event["metadata"]["correlation_uid"],
        "ActivityId": event["activity_id"],
        "Status": event["status"],
        "Severity": event["severity"],
        "ControlId": event["compliance"]["control"],
        "ResourceId": event["resources"][0]["uid"],
        "Finding": event,
        "Actor": _joined(actors, "name"),
        "ActorObjectId": _joined(actors, "object_id"),
        "ActorIp": _joined(actors, "ip"),
        "Phi": _PHI[notice.phi],
        "SubscriptionId": event["cloud"].get("account", {}).get("uid", ""),
    }


def build_heartbeat(heartbeat: Heartbeat) -> dict[str, Any]:
    """Return the row of a heartbeat in the same table; columns of findings are empty."""
    texts = ("FindingUid", "IncidentId", "Status", "Severity", "ResourceId")
    others = ("Actor", "ActorObjectId", "ActorIp", "Phi", "SubscriptionId")
    return {
        **dict.fromkeys((*texts, *others), ""),
        "TimeGenerated": _moment(heartbeat.at),
        "EventUid": heartbeat.uid,
        "ActivityId": HEARTBEAT_ACTIVITY,
        "ControlId": HEARTBEAT,
        "Finding": heartbeat.data,
    }


def _moment(at: datetime) -> str:
    return f"{bounds.in_utc(at):%Y-%m-%dT%H:%M:%S.%fZ}"


def _joined(actors: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return a value of all possible actors, so that a query does not treat one of them as the only one."""
    return "; ".join(dict.fromkeys(str(each[name]) for each in actors if each.get(name)))


def excess(row: Mapping[str, Any]) -> str:
    """Return what Azure would cut or refuse in a row, "" if it accepts the whole row."""
    sizes = {name: len(json.dumps(value)) for name, value in row.items()}
    long = [name for name, size in sizes.items() if size > MAX_FIELD]
    if long:
        return f"{', '.join(long)} would be longer than {MAX_FIELD} bytes"
    return (
        f"the row would be longer than {MAX_CALL} bytes" if sum(sizes.values()) > MAX_CALL else ""
    )
