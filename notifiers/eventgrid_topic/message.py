"""The CloudEvent around a finding. Pure: a notice in, JSON-ready data out.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md: ``source`` and ``id`` together
identify an event, so a repeat, which carries both again, can be detected. A topic accepts 1 MB.
"""

from datetime import datetime
from typing import Any, Final

from drift.clock import bounds
from drift.notices import Heartbeat, Notice
from notifiers.ocsf import finding
from notifiers.ocsf_status import CLOSE, CREATE, UPDATE

SOURCE: Final = "phidrift"

TYPES: Final = {
    CREATE[0]: "PhiDrift.Finding.Opened",
    UPDATE[0]: "PhiDrift.Finding.Updated",
    CLOSE[0]: "PhiDrift.Finding.Resolved",
}
"""By the activity of the finding. The status says whether the incident ended with a fix."""


HEARTBEAT_TYPE: Final = "PhiDrift.Heartbeat"


def build_event(notice: Notice, *, sent_at: datetime, opening: bool = False) -> dict[str, Any]:
    """Return one event, dated when the change was decided; subscriptions may filter by its subject."""
    data = finding(notice, sent_at=sent_at, opening=opening)
    return {
        "specversion": "1.0",
        "id": data["metadata"]["uid"],
        "source": SOURCE,
        "type": TYPES[data["activity_id"]],
        "subject": data["resources"][0]["uid"] or "unknown",  # a blank one is refused
        "time": bounds.in_utc(notice.decided_at).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }


def build_heartbeat(heartbeat: Heartbeat) -> dict[str, Any]:
    """Return the event of a heartbeat."""
    return {
        "specversion": "1.0",
        "id": heartbeat.uid,
        "source": SOURCE,
        "type": HEARTBEAT_TYPE,
        "subject": "heartbeat",
        "time": bounds.in_utc(heartbeat.at).isoformat(),
        "datacontenttype": "application/json",
        "data": heartbeat.data,
    }
