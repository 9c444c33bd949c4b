"""The log line of each decision about a control: the transition, the reason, and its basis.

Write it after the decision is stored, so that a line never claims something that is not in the
state.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.config.model import Timing
from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.notices import Closure
from drift.outbox.entry import OutboxEntry
from drift.state import incident_ids, keys
from drift.state.incident_record import Incident
from drift.trace import Value, trace, trace_at

log: Final = logging.getLogger("drift.incidents.decision")


_CLOSED_BECAUSE: Final = {
    Closure.DELETED: "the resource was deleted",
    Closure.MOVED: "the resource was moved",
    Closure.NO_LONGER_REQUIRED: "the control no longer requires it, or no longer applies",
    Closure.UNWATCHED: "the resource is no longer watched",
}
"""Why an incident closed whose failure was not seen to end."""

_LONG_UNKNOWN: Final = "the verdict has been unknown for a long time"


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
            reason=_reason(each),
            until=_until(each, timing, read_at),
            event=event_id or None,
            read_at=read_at,
            **_state_fields(resource_id, each),
            **_incident_fields(each),
            **names_of(resource_id),
        )
        if each.entry and each.incident is None:
            unknown = each.step is Transition.CANNOT_TELL
            trace_standalone(resource_id, each.entry, _LONG_UNKNOWN if unknown else each.step.value)


def trace_standalone(resource_id: str, entry: OutboxEntry, reason: str) -> None:
    """Log a notification that belongs to no incident."""
    notice = entry.notice
    trace(
        log,
        "notice-stored",
        control=notice.control_id,
        change=notice.change,
        reason=reason,
        severity=notice.severity,
        incident=notice.incident_id,
        sequence=notice.sequence,
        channels=entry.channels,
        **names_of(resource_id),
    )


def trace_enriched(resource_id: str, incidents: Iterable[Incident], reason: str) -> None:
    """Log an update of incidents that needed no read, and the new facts."""
    for each in incidents:
        trace(
            log,
            "incident-enriched",
            control=each.control_id,
            reason=reason,
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


def _reason(decision: Decision) -> str:
    """Return why a transition was made; of an incident that closed without a pass, why it closed."""
    closure = decision.incident.closure if decision.incident else None
    return _CLOSED_BECAUSE.get(closure, decision.step.value) if closure else decision.step.value


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
    until = bounds.later(failed_at, timedelta(seconds=timing.settle_seconds))
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
