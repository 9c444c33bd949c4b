"""The explanation of a resource as one JSON object; docs/commands.md lists its fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cli.explanation.deliveries import Delivery
from cli.explanation.stored import Outage, Stored, StoredIncident
from cli.explanation.verdicts import StoredVerdict, phi_reason, verdicts_of
from drift.clock import bounds
from drift.codec import encode
from drift.config.model import Config
from drift.incidents.attribution import attributions_of
from drift.model import Actor
from drift.state import incident_ids, keys


def data_of(stored: Stored, config: Config) -> Mapping[str, Any]:
    """Return the explanation of a resource that is stored."""
    record = stored.record
    last = max(record.pending, key=lambda each: each.at, default=None)
    return {
        "resourceId": record.id,
        "known": True,
        "watched": stored.is_watched,
        "hash": keys.digest(record.id),
        "now": _time(stored.now),
        "phi": {"value": record.phi, "reason": phi_reason(stored, config)},
        "lastRead": _time(stored.read_at),
        "readingUntil": _time(record.reading_until) if record.reader else None,
        "pendingEvents": len(record.pending),
        "lastEvent": {"id": last.id, "at": _time(last.at), "operation": last.operation}
        if last
        else None,
        "goneSince": _time(record.gone_at),
        "goneProvenAt": _time(record.absent_at),
        "movedFrom": record.moved_from or None,
        "movedTo": record.moved_to or None,
        "controls": [_verdict(each) for each in verdicts_of(stored, config)],
        "incidents": [incident_data(each) for each in stored.incidents],
        "moreEndedIncidents": stored.more_ended,
        "standalone": [_delivery(each) for each in stored.standalone],
        "due": [
            {"reason": str(each.reason), "at": _time(each.at), "text": each.text}
            for each in stored.due
        ],
        "gates": [
            {"dependency": each.dependency, "until": _time(each.until)} for each in stored.gates
        ],
        "outages": [_outage(each) for each in stored.outages],
        "notUnderstood": list(stored.not_understood),
    }


def _verdict(verdict: StoredVerdict) -> Mapping[str, Any]:
    return {
        "control": verdict.control,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "since": _time(verdict.since),
        "severity": verdict.severity.value if verdict.severity else None,
        "confirmedFrom": _time(verdict.confirmed_from),
    }


def _outage(outage: Outage) -> Mapping[str, Any]:
    return {
        "dependency": outage.dependency,
        "since": _time(outage.since),
        "reported": outage.is_reported,
    }


def incident_data(stored: StoredIncident) -> Mapping[str, Any]:
    """Return one incident and its deliveries."""
    incident = stored.incident
    last = attributions_of(incident)[-1]
    return {
        "id": incident_ids.incident_id(incident.control_id, incident.resource_id, incident.number),
        "resourceId": incident.resource_id,
        "control": incident.control_id,
        "number": incident.number,
        "open": stored.is_open,
        "severity": incident.severity.value,
        "reason": incident.reason,
        "openedAt": _time(incident.opened_at),
        "openedBy": _actor(incident.opened_by),
        "changedBy": _actor(incident.changed_by),
        "isCause": incident.is_cause,
        "standing": last.standing.value,
        "otherActors": [_actor(each) for each in last.actors[1:]],
        "closedAt": _time(incident.closed_at),
        "closedBy": _actor(incident.closed_by),
        "closure": incident.closure.value if incident.closure else None,
        "event": incident.event_id or None,
        "sequence": incident.sequence,
        "exposures": [encode(each) for each in incident.exposures],
        "deliveries": [_delivery(each) for each in stored.deliveries],
    }


def _delivery(delivery: Delivery) -> Mapping[str, Any]:
    return {
        "control": delivery.control,
        "channel": delivery.channel,
        "status": delivery.status.value,
        "lastSent": delivery.last_sent,
        "sentAt": _time(delivery.sent_at),
        "waiting": list(delivery.waiting),
        "givenUp": list(delivery.given_up),
        "attempts": delivery.attempts,
        "since": _time(delivery.since),
        "nextTry": _time(delivery.next_try),
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }


def _actor(actor: Actor | None) -> Any:
    return encode(actor) if actor else None


def _time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return bounds.in_utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
