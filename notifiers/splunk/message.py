"""The event collector's envelope around a finding. Pure: a notice in, JSON-ready data out."""

from datetime import datetime
from typing import Any, Final

from drift.notices import Heartbeat, Notice
from notifiers.ocsf import finding

SOURCE: Final = "phidrift"
SOURCE_TYPE: Final = "phidrift:ocsf"
HEARTBEAT_TYPE: Final = "phidrift:heartbeat"


def build_event(
    notice: Notice, *, host: str, sent_at: datetime, opening: bool = False
) -> dict[str, Any]:
    """Return one event, dated when the change was decided."""
    return {
        "time": round(notice.decided_at.timestamp(), 3),
        "host": host,
        "source": SOURCE,
        "sourcetype": SOURCE_TYPE,
        "event": finding(notice, sent_at=sent_at, opening=opening),
    }


def build_heartbeat(heartbeat: Heartbeat, *, host: str) -> dict[str, Any]:
    """Return the event of a heartbeat, which has a source type of its own."""
    return {
        "time": round(heartbeat.at.timestamp(), 3),
        "host": host,
        "source": SOURCE,
        "sourcetype": HEARTBEAT_TYPE,
        "event": heartbeat.data,
    }
