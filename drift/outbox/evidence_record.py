"""The evidence record of a change of an incident: the decision, its basis, and the channels."""

from typing import Any

from drift.model import Actor
from drift.notices import Notice


def change_record(notice: Notice, channels: tuple[str, ...]) -> dict[str, Any]:
    """Return the record of a change; ``channels`` are those that it is sent to.

    It holds the data that a channel may show; of an actor only names, ids and address, no other
    claim of a token.
    """
    return {
        "kind": "change",
        "at": notice.decided_at,
        "incident": notice.incident_id,
        "sequence": notice.sequence,
        "uid": notice.uid,
        "change": notice.change,
        "closure": notice.closure,
        "control": {"id": notice.control_id, "version": notice.code_version},
        "config": notice.config_hash,
        "resource": notice.resource_id,
        "phi": {"is": notice.phi, "reason": notice.phi_reason},
        "event": {"id": notice.event_id, "at": notice.event_at} if notice.event_id else None,
        "times": {"read": notice.read_at, "opened": notice.opened_at},
        "found": notice.found,
        "verdict": {
            "outcome": notice.outcome,
            "severity": notice.severity,
            "reason": notice.reason,
            "properties": notice.evidence,
        },
        "changed": notice.differences,
        "actor": _named(notice.changed_by),
        "standing": notice.standing,
        "others": [_named(each) for each in notice.others],
        "news": notice.news,
        "context": notice.context,
        "channels": channels,
    }


def _named(actor: Actor | None) -> dict[str, str] | None:
    if actor is None:
        return None
    return {
        "name": actor.name,
        "objectId": actor.object_id,
        "appId": actor.app_id,
        "ip": actor.ip,
    }
