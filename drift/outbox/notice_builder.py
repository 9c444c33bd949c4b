"""Build the notice that reports one change of an incident."""

from typing import Any, Final

from drift import ids
from drift.arm import portal
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.controls.result import ControlResult
from drift.model import Control, Outcome, Verdict
from drift.notices import Change, Notice
from drift.outbox.entry import Moment
from drift.outbox.told_differences import told_differences
from drift.remediation.az_commands import command
from drift.services import AppInfo
from drift.state import incident_ids
from drift.state.incident_record import Incident
from drift.state.size_limits import LONGEST, bounded

_LONGEST_COMMAND: Final = 100_000
"""Maximum number of characters of a repair command that an incident stores."""


def notice_of(
    app: AppInfo, incident: Incident, result: ControlResult, *, change: Change, moment: Moment
) -> Notice:
    """Return everything that a channel may say about one change of an incident."""
    return Notice(
        change=change,
        severity=None if change is Change.UNKNOWN else incident.severity,
        **_identity(incident),
        **_control(result.control),
        **_resource(incident),
        **_verdict(incident, result.verdict),
        **_history(incident),
        differences=told_differences(incident.differences, app.told_tags),
        **_exposure(incident),
        **_app(app, incident),
        event_id=moment.event_id,
        event_at=moment.event_at,
        read_at=moment.read_at,
        decided_at=moment.decided_at,
    )


def _identity(incident: Incident) -> dict[str, Any]:
    """Return the names by which receivers recognise a finding, an incident and a change."""
    control_id, resource_id = incident.control_id, incident.resource_id
    incident_id = incident_ids.incident_id(control_id, resource_id, incident.number)
    return {
        "uid": incident_ids.notice_uid(incident_id, incident.sequence),
        "finding_uid": incident_ids.finding_uid(control_id, resource_id),
        "incident_id": incident_id,
        "sequence": incident.sequence,
    }


def _control(control: Control) -> dict[str, Any]:
    return {
        "control_id": control.id,
        "title": control.title,
        "service": control.service,
        "why": control.why,
        "hipaa": control.hipaa,
    }


def _resource(incident: Incident) -> dict[str, Any]:
    return {
        "resource_id": incident.resource_id,
        "resource_type": ids.type_of(incident.resource_id),
        "subscription_id": ids.subscription_of(incident.resource_id),
        "phi": incident.phi,
        "phi_reason": incident.phi_reason,
    }


def _verdict(incident: Incident, verdict: Verdict) -> dict[str, Any]:
    """Return the present finding; with a fix only while there is a failure."""
    is_failing = verdict.outcome in (Outcome.FAIL, Outcome.EXCEPTED)
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason[:LONGEST],
        "evidence": bounded(verdict.evidence),
        "fix_command": incident.fix_command if is_failing else None,
        "fix_note": incident.fix_note if is_failing else "",
    }


def _history(incident: Incident) -> dict[str, Any]:
    """Return how the incident opened and who changed what."""
    is_open = incident.closure is None
    attribution = incident.attributions[-1] if incident.attributions else None
    attribution = attribution if is_open else incident.closing
    return {
        "opened_at": incident.opened_at,
        "found": incident.found,
        "closure": incident.closure,
        "changed_by": incident.changed_by if is_open else incident.closed_by,
        "is_cause": incident.is_cause and is_open,
        "standing": attribution.standing if attribution else None,
        "others": attribution.actors[1:] if attribution else (),
        "context": incident.context,
    }


def _exposure(incident: Incident) -> dict[str, Any]:
    """Return whether the resource was used while it was exposed, where that was asked."""
    exposure = incident.exposure
    if exposure is None:
        return {}
    return {
        "access": exposure.access,
        "exposure": exposure.summary,
        "exposed_since": exposure.since,
        "exposed_until": exposure.until,
    }


def _app(app: AppInfo, incident: Incident) -> dict[str, Any]:
    return {
        "cloud": app.cloud,
        "portal_url": _portal_url(app, incident),
        "console_url": app.console_url,
        "runbook_url": _runbook_url(app, incident.control_id),
        "code_version": app.code_version,
        "config_hash": app.config_hash,
    }


def _runbook_url(app: AppInfo, control_id: str) -> str:
    """Return the page that tells a person on call what to do, "" where none is served."""
    return f"{app.runbooks_url}/{control_id}" if app.runbooks_url else ""


def _portal_url(app: AppInfo, incident: Incident) -> str:
    """Return the portal page of a resource: for the monitor's own incidents that of the subscription.

    It is "" where the incident belongs to no subscription.
    """
    place = incident.resource_id
    if incident.control_id in {each.id for each in MONITOR_CONTROLS}:
        subscription = ids.subscription_of(place)
        place = f"/subscriptions/{subscription}" if subscription else ""
    return portal.portal_link(place, app.cloud, app.tenant_id) if place else ""


def fix_command(result: ControlResult) -> str | None:
    """Return the command that repairs a failure, None where no command does.

    A command that is too long to paste is left out: ``phidrift evaluate`` prints it.
    """
    fix = result.verdict.fix
    text = command(fix) if fix else None
    return text if text and len(text) <= _LONGEST_COMMAND else None


def fix_note(result: ControlResult) -> str:
    """Return what to know before the repair, or what to do if no command repairs it."""
    fix = result.verdict.fix
    return fix.note if fix and (fix.note or fix.steps) else result.control.fix
