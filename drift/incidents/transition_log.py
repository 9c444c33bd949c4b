"""The log line of each decision about a control: the transition, the reason, and its basis.

Write it after the decision is stored, so that a line never claims something that is not in the
state.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from drift.config.model import Timing
from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.state import incident_ids, keys
from drift.state.incident_record import Incident
from drift.trace import Value, trace, trace_at

log: Final = logging.getLogger("drift.incidents.decision")


def trace_decisions(
    resource_id: str,
    decisions: Iterable[Decision],
    *,
    timing: Timing,
    event_id: str,
    read_at: datetime | None,
) -> None:
    """Log a line for each decision; at level DEBUG if nothing failed and nothing changed."""
    for each in decisions:
        quiet = each.step is Transition.STILL_FINE
        trace_at(
            log,
            logging.DEBUG if quiet else logging.INFO,
            "decision",
            control=each.control_id,
            transition=logged_name(each.step),
            reason=each.step.value,
            until=_until(each, timing, read_at),
            event=event_id or None,
            read_at=read_at,
            **_state_fields(resource_id, each),
            **_incident_fields(each),
            **names_of(resource_id),
        )


def trace_enriched(resource_id: str, incidents: Iterable[Incident]) -> None:
    """Log an update of open incidents that needed no read: the actor, or the actor's other writes."""
    for each in incidents:
        trace(
            log,
            "incident-enriched",
            control=each.control_id,
            reason="more is known of who made the change",
            incident=incident_ids.incident_id(each.control_id, resource_id, each.number),
            sequence=each.sequence,
            channels=each.channels,
            **names_of(resource_id),
        )


def names_of(resource_id: str) -> dict[str, Value]:
    """Return the fields by which lines name a resource: its id, and the hash in its row keys."""
    return {"resource": resource_id, "hash": keys.digest(resource_id)}


def logged_name(step: Transition) -> str:
    """Return the name of a transition as log lines have it, such as ``still-open``."""
    return step.name.lower().replace("_", "-")


def _state_fields(resource_id: str, decision: Decision) -> dict[str, Value]:
    state = decision.state
    incident = incident_ids.incident_id(decision.control_id, resource_id, state.number)
    return {
        "outcome": state.outcome,
        "incident": incident if state.number else None,
        "sequence": state.sequence if state.number else None,
        "failed_at": state.failed_at,
        "unknown_since": state.unknown_since,
    }


def _until(decision: Decision, timing: Timing, read_at: datetime | None) -> datetime | None:
    """Return the time from which a read may confirm an unproved pass.

    None if that time has passed: then the pass waits for the confirmation of an event.
    """
    failed_at = decision.state.failed_at
    if decision.step is not Transition.UNSETTLED or failed_at is None:
        return None
    until = failed_at + timedelta(seconds=timing.settle_seconds)
    return until if read_at is None or read_at < until else None


def _incident_fields(decision: Decision) -> dict[str, Value]:
    incident = decision.incident
    if incident is None:
        return {}
    return {
        "severity": incident.severity,
        "closure": incident.closure,
        "found": incident.found,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "channels": incident.channels,
    }
