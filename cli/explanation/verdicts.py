"""The recorded verdict of each control, with its reason and time, and the PHI scope."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cli.explanation.absence import why_absent, why_no_read
from cli.explanation.stored import Stored
from drift import ids
from drift.clock import bounds
from drift.config.model import Config
from drift.controls.exceptions import exception_for
from drift.model import Outcome, Severity
from drift.phi.scope import listed, reason_of_contents
from drift.state.resource_record import ControlState

_ORDER: Final = (
    *(Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PASS),
    Outcome.NOT_APPLICABLE,
)


NOT_WATCHED: Final = "its subscription is not in MONITORED_SUBSCRIPTIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """The last verdict of a control.

    ``confirmed_from``: the control passes while its incident is open; a read from this time on may
    confirm that. ``since`` is None where it is not stored.
    """

    control: str
    outcome: Outcome
    reason: str
    since: datetime | None = None
    severity: Severity | None = None
    confirmed_from: datetime | None = None


def verdicts_of(stored: Stored, config: Config) -> tuple[StoredVerdict, ...]:
    """Return the last verdict of each control: failures first."""
    found = [_verdict(stored, config, name, each) for name, each in stored.record.controls.items()]
    return tuple(sorted(found, key=lambda each: (_rank(each.outcome), each.control)))


def phi_reason(stored: Stored, config: Config) -> str:
    """Return why the resource counts as PHI, or not."""
    record = stored.record
    if why := listed(record.id, config.phi):
        return why
    if record.phi is False:
        return "no tag or list marks it as PHI"
    if record.phi is None and (why := reason_of_contents(ids.type_of(record.id))):
        return f"{why}; it is treated as PHI"
    if record.phi is None and stored.read_at is None:
        return "no read shows its tags; it is treated as PHI"
    if record.phi is None:
        return "its tags, or those above it, were not read; it is treated as PHI"
    reasons = (each.incident.phi_reason for each in stored.incidents)
    if record.phi_because:  # PHI scope is sticky, so the present reason may differ
        return f"{record.phi_because} (as first recorded)"
    return next(filter(None, reasons), "a tag or a list marked it as PHI")


def _verdict(stored: Stored, config: Config, control_id: str, state: ControlState) -> StoredVerdict:
    incident, outcome = stored.open_incident(control_id), state.outcome
    reason, since, confirmed_from = "", state.closed_at, None
    if outcome is Outcome.UNKNOWN:
        reason, since = _why_unknown(stored), state.unknown_since
    elif outcome is Outcome.EXCEPTED:
        reason = _why_excepted(stored, config, control_id)
    elif incident and outcome is Outcome.FAIL:
        reason, since = incident.reason, incident.opened_at
    elif incident:
        reason = "the incident stays open until a later read confirms the pass"
        settle = timedelta(seconds=config.timing.settle_seconds)
        confirmed_from = bounds.later(state.failed_at, settle) if state.failed_at else None
    return StoredVerdict(
        control=control_id,
        outcome=outcome,
        reason=reason,
        since=since,
        severity=incident.severity if incident else None,
        confirmed_from=confirmed_from,
    )


def _why_unknown(stored: Stored) -> str:
    if why := why_absent(stored.record):
        return why
    if sources := ", ".join(each.rpartition("/")[2] for each in stored.record.failing):
        return f"reads from {sources} fail"
    if not stored.is_watched:
        return NOT_WATCHED
    if stored.read_at is None:
        return why_no_read(stored.record)
    return "something that the control needs was not shown"


def _why_excepted(stored: Stored, config: Config, control_id: str) -> str:
    exemption = exception_for(config, control_id, stored.record.id, stored.now)
    if exemption is None:
        return "an exception covered the failure at the last read"
    until, by = f"{exemption.expires:%Y-%m-%d %H:%M} UTC", exemption.approved_by
    return f"an exception covers the failure until {until}, approved by {by}: {exemption.reason}"


def _rank(outcome: Outcome) -> int:
    return next((rank for rank, each in enumerate(_ORDER) if each is outcome), -1)
