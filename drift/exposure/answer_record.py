"""The evidence record of an answer: the questions, their sources, and what they showed."""

from typing import Any, Final

from drift.access.record import CallerSeen, Exposure, Inquiry
from drift.exposure.metric_counts import TRANSACTIONS
from drift.outbox.evidence_rows import record_rows
from drift.ports import Put
from drift.services import AppInfo
from drift.state import incident_ids, keys
from drift.state.incident_record import Incident

_METRICS: Final = frozenset({TRANSACTIONS})
"""The sources that are metrics, which Azure itself counts; all others are queries to the access log."""


def answer_rows(app: AppInfo, incident: Incident, exposure: Exposure) -> list[Put]:
    """Return the rows of the record of an answer, none if no evidence is kept."""
    if not app.keeps_evidence:
        return []
    names = keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)
    shard, opened = keys.partition(incident.resource_id), keys.stamp(exposure.opened_at)
    content = answer_record(app, incident, exposure)
    return record_rows(shard, content, exposure.asked_at, *names, "answer", opened)


def answer_record(app: AppInfo, incident: Incident, exposure: Exposure) -> dict[str, Any]:
    """Return the record of an answer; ``sequence`` is the last change of the incident before it.

    It holds the callers as in the answer: their addresses, how they authenticated, and their
    principal, but no object names and no claims of a token.
    """
    name = incident_ids.incident_id(incident.control_id, incident.resource_id, incident.number)
    turn = keys.stamp(exposure.opened_at), keys.stamp(exposure.asked_at)
    return {
        "kind": "answer",
        "at": exposure.asked_at,
        "incident": name,
        "sequence": incident.sequence,
        "uid": incident_ids.record_uid(name, "answer", *turn),
        "control": {"id": incident.control_id, "version": app.code_version},
        "config": app.config_hash,
        "resource": incident.resource_id,
        "window": {"opened": exposure.opened_at, "from": exposure.since, "to": exposure.until},
        "access": exposure.access,
        "summary": exposure.summary,
        "coverage": exposure.coverage,
        "final": exposure.is_final,
        "counts": _counts(exposure),
        "seen": [_seen(each) for each in exposure.seen],
        "queries": [_asked(each) for each in exposure.inquiries],
    }


def _counts(exposure: Exposure) -> dict[str, Any]:
    return {
        "callers": exposure.callers,
        "objects": exposure.objects,
        "reads": exposure.reads,
        "listings": exposure.listings,
        "first": exposure.first,
        "last": exposure.last,
    }


def _seen(caller: CallerSeen) -> dict[str, Any]:
    return {
        "proof": caller.proof,
        "address": caller.address,
        "principal": caller.principal,
        "reads": caller.reads,
        "listings": caller.listings,
        "first": caller.first,
        "last": caller.last,
    }


def _asked(inquiry: Inquiry) -> dict[str, Any]:
    """Return one question: its name, source, time range, rows, and up to when rows had arrived."""
    return {
        "name": inquiry.source,
        "witness": "metrics" if inquiry.source in _METRICS else "log",
        "from": inquiry.since,
        "to": inquiry.until,
        "asked": inquiry.asked_at,
        "rows": inquiry.rows,
        "arrivedUntil": inquiry.arrived_until,
        "failure": inquiry.failure,
    }
