"""Findings for SIEMs: OCSF 1.8.0 Compliance Finding (class 2003, profile cloud).

https://schema.ocsf.io/1.8.0/classes/compliance_finding?profiles=cloud. The class has no actor
field, and an ``evidences`` entry would claim a cause even if only the last writer is known. So the
actor is in ``unmapped``, like all other data without a field in the class.
"""

import json
import math
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.clock import bounds
from drift.controls.citations import citation_with_rule, standards
from drift.model import MISSING, Actor
from drift.notices import Difference, Notice
from notifiers import wording
from notifiers.guides import guide_of
from notifiers.ocsf_page import FittedPage
from notifiers.ocsf_status import activity, compliance_status, severity, status
from notifiers.room import Room

VERSION: Final = "1.8.0"
CLASS_UID: Final = 2003
MAX_BYTES: Final = 9_500
"""Splunk cuts an event at 10,000 by default (TRUNCATE in props.conf), in the middle of its JSON."""

ROOMS: Final = (
    Room(sentence=800, value=300, command=2500, rows=12, lines=8),
    Room(sentence=500, value=160, command=2000, rows=8, lines=5),
    Room(sentence=300, value=100, command=1500, rows=5, lines=3),
    Room(sentence=200, value=60, command=1000, rows=3, lines=2),
    Room(sentence=100, value=40, command=300, rows=1, lines=1),
)
"""From generous sizes to sizes that always fit."""

_LONGEST_ID: Final = 1_300
_LONGEST_URL: Final = 600
_LONGEST_NAME: Final = 300
_LONGEST_CITATION: Final = 60

_PARTITIONS: Final = {
    "AzurePublic": "AzureCloud",
    "AzureUSGovernment": "AzureUSGovernment",
    "AzureChina": "AzureChinaCloud",
}


def finding(
    notice: Notice, *, sent_at: datetime | None = None, opening: bool = False
) -> dict[str, Any]:
    """Return one change as an OCSF event, shortened to at most MAX_BYTES of JSON, ids first."""
    event: dict[str, Any] = {}
    for room in ROOMS:
        page = FittedPage(room)
        event = _event(notice, page, sent_at, opening)
        if page.cut or room is not ROOMS[0]:
            event["metadata"]["is_truncated"] = True
        if len(json.dumps(event)) <= MAX_BYTES:
            break
    return event


def _event(
    notice: Notice, page: FittedPage, sent_at: datetime | None, opening: bool
) -> dict[str, Any]:
    activity_id, activity_name = activity(notice, opening=opening)
    severity_id, severity_name = severity(notice)
    status_id, status_name = status(notice)
    event: dict[str, Any] = {
        "metadata": _metadata(notice, page, sent_at),
        "finding_info": _finding_info(notice, page),
        "resources": [_resource(notice, page)],
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS_UID,
        "class_name": "Compliance Finding",
        "type_uid": CLASS_UID * 100 + activity_id,
        "type_name": f"Compliance Finding: {activity_name}",
        "time": _ms(notice.decided_at),
        "severity_id": severity_id,
        "severity": severity_name,
        "status_id": status_id,
        "status": status_name,
        "cloud": _cloud(notice, page),
        "compliance": _compliance(notice, page),
    }
    if notice.closure is not None:
        event["status_detail"] = wording.ending(notice.closure)
        event["start_time"] = _ms(notice.opened_at)
        event["end_time"] = _ms(notice.decided_at)
        event["duration"] = max(0, event["end_time"] - event["start_time"])
    return event | _remediation(notice, page) | {"unmapped": _unmapped(notice, page, sent_at)}


def _metadata(notice: Notice, page: FittedPage, sent_at: datetime | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "uid": page.name(notice.uid, _LONGEST_NAME),
        "correlation_uid": page.name(notice.incident_id, _LONGEST_NAME),
        "sequence": notice.sequence,
        "version": VERSION,
        "profiles": ["cloud"],
        "product": {
            "name": "PHI Drift Monitor",
            "vendor_name": "phidrift",
            "version": page.text(notice.code_version, _LONGEST_NAME),
        },
    }
    if notice.event_id:
        metadata["original_event_uid"] = page.name(notice.event_id, _LONGEST_NAME)
    if sent_at is not None:
        metadata["transmit_time"] = _ms(sent_at)
    return metadata


def _finding_info(notice: Notice, page: FittedPage) -> dict[str, Any]:
    return {
        "uid": page.name(notice.finding_uid, _LONGEST_ID),
        "title": page.sentence(notice.title),
        "desc": page.sentence(notice.why),
        "created_time": _ms(notice.opened_at),
        "first_seen_time": _ms(notice.opened_at),
        "last_seen_time": _ms(notice.read_at),
        "modified_time": _ms(notice.decided_at),
    } | ({"src_url": notice.console_url} if _is_short_url(notice.console_url) else {})


def _resource(notice: Notice, page: FittedPage) -> dict[str, Any]:
    return {
        "uid": page.name(ids.key(notice.resource_id), _LONGEST_ID),
        "name": page.text(notice.resource_name, _LONGEST_NAME),
        "type": page.text(notice.resource_type, _LONGEST_NAME),
    }


def _cloud(notice: Notice, page: FittedPage) -> dict[str, Any]:
    cloud: dict[str, Any] = {"provider": "Azure"}
    if notice.cloud in _PARTITIONS:
        cloud["cloud_partition"] = _PARTITIONS[notice.cloud]
    if notice.subscription_id:
        uid = page.name(notice.subscription_id.lower(), _LONGEST_NAME)
        cloud["account"] = {"uid": uid, "type_id": 13, "type": "Azure Subscription"}
    return cloud


def _compliance(notice: Notice, page: FittedPage) -> dict[str, Any]:
    status_id, status_name = compliance_status(notice)
    return {
        "control": page.text(notice.control_id, _LONGEST_NAME),
        "status_id": status_id,
        "status": status_name,
        "status_details": [page.sentence(notice.reason)],
        "standards": [page.text(each, _LONGEST_CITATION) for each in standards(notice.hipaa)],
        "requirements": [
            page.text(citation_with_rule(each), _LONGEST_CITATION)
            for each in page.lines(notice.hipaa)
        ],
    }


def _remediation(notice: Notice, page: FittedPage) -> dict[str, Any]:
    if notice.closure is not None:
        return {}
    texts = (page.command(notice.fix_command or ""), page.sentence(notice.fix_note))
    desc = "\n".join(each for each in texts if each)
    if not desc:
        return {}
    links = (notice.portal_url, notice.runbook_url, guide_of(notice.control_id))
    references = [each for each in links if _is_short_url(each)]
    return {"remediation": {"desc": desc, "references": references}}


def _difference(difference: Difference, page: FittedPage) -> dict[str, Any]:
    return {
        "path": page.value(difference.path),
        "before": _json_ready(difference.before, page),
        "after": _json_ready(difference.after, page),
    }


def _unmapped(notice: Notice, page: FittedPage, sent_at: datetime | None) -> dict[str, Any]:
    return {
        "incident_id": page.name(notice.incident_id, _LONGEST_NAME),
        "change": notice.change.value,
        "closure": notice.closure.value if notice.closure else None,
        "outcome": notice.outcome.value,
        "found": notice.found.value,
        "phi": notice.phi,
        "phi_reason": page.sentence(notice.phi_reason),
        "actor": _actor(notice.changed_by, page),
        "actor_is_cause": notice.is_cause,
        "actor_standing": notice.part.value,
        "other_actors": [_actor(each, page) for each in page.rows(notice.others)],
        "event_id": page.name(notice.event_id, _LONGEST_NAME),
        "times": {
            "event": _iso(notice.event_at),
            "read": _iso(notice.read_at),
            "decided": _iso(notice.decided_at),
            "told": _iso(sent_at),
        },
        "code_version": page.text(notice.code_version, _LONGEST_NAME),
        "config_hash": page.text(notice.config_hash, _LONGEST_NAME),
        "differences": [_difference(each, page) for each in page.rows(notice.differences)],
        "evidence": [
            {
                "path": page.value(each.path),
                "value": _json_ready(each.value, page),
                "expected": page.value(each.expected),
            }
            for each in page.rows(notice.evidence)
        ],
        "exposure": _exposure(notice, page),
        "context": [page.sentence(each) for each in page.lines(notice.context)],
        "news": [page.sentence(each) for each in page.lines(notice.news)],
    }


def _exposure(notice: Notice, page: FittedPage) -> dict[str, Any] | None:
    """Return whether the resource was used while it was exposed, None if that was not asked."""
    if notice.access is None:
        return None
    return {
        "access": notice.access.value,
        "summary": page.sentence(notice.exposure),
        "since": _iso(notice.exposed_since),
        "until": _iso(notice.exposed_until),
    }


def _actor(actor: Actor | None, page: FittedPage) -> dict[str, Any] | None:
    if actor is None:
        return None
    return {
        "name": page.value(actor.name),
        "object_id": page.value(actor.object_id),
        "app_id": page.value(actor.app_id),
        "ip": page.value(actor.ip),
        "ip_is_sign_in": actor.ip_is_sign_in,
        "sign_in_ip": page.value(actor.sign_in_ip),
        "mfa": actor.mfa,
    }


def _json_ready(value: Any, page: FittedPage) -> Any:
    """Keep values that SIEMs can compare; lists and objects become their JSON text."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return page.value(value if isinstance(value, str) else wording.shown(value))


def _is_short_url(url: str) -> bool:
    return url.startswith("https://") and len(json.dumps(url)) <= _LONGEST_URL


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _iso(at: datetime | None) -> str | None:
    return bounds.in_utc(at).isoformat() if at else None
