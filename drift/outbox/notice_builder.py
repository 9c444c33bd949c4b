"""Build the notice that tells one change of an incident."""

from typing import Final

from drift import ids
from drift.arm import portal
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.controls.result import ControlResult
from drift.model import Outcome
from drift.notices import Change, Notice
from drift.outbox.entry import Moment
from drift.remediation.az_commands import command
from drift.services import Services
from drift.state import incident_ids
from drift.state.incident_record import Incident
from drift.state.size_limits import LONGEST, bounded

_LONGEST_COMMAND: Final = 100_000
"""Characters of a repair command that an incident keeps."""


def notice_of(
    services: Services, incident: Incident, result: ControlResult, *, change: Change, moment: Moment
) -> Notice:
    """Return everything that a channel may say about one change of an incident."""
    control, verdict, facts = result.control, result.verdict, services.facts
    name = incident_ids.incident_id(control.id, incident.resource_id, incident.number)
    failing = verdict.outcome in (Outcome.FAIL, Outcome.EXCEPTED)
    return Notice(
        uid=incident_ids.notice_uid(name, incident.sequence),
        finding_uid=incident_ids.finding_uid(control.id, incident.resource_id),
        incident_id=name,
        sequence=incident.sequence,
        change=change,
        closure=incident.closure,
        control_id=control.id,
        title=control.title,
        service=control.service,
        why=control.why,
        hipaa=control.hipaa,
        resource_id=incident.resource_id,
        resource_type=ids.type_of(incident.resource_id),
        subscription_id=ids.subscription_of(incident.resource_id),
        phi=incident.phi,
        phi_reason=incident.phi_reason,
        outcome=verdict.outcome,
        severity=None if change is Change.UNKNOWN else incident.severity,
        reason=verdict.reason[:LONGEST],
        evidence=bounded(verdict.evidence),
        differences=incident.differences,
        fix_command=incident.fix_command if failing else None,
        fix_note=incident.fix_note if failing else "",
        changed_by=incident.closed_by if incident.closure else incident.changed_by,
        is_cause=incident.is_cause and incident.closure is None,
        context=incident.context,
        event_id=moment.event_id,
        event_at=moment.event_at,
        read_at=moment.read_at,
        decided_at=moment.decided_at,
        opened_at=incident.opened_at,
        cloud=facts.cloud,
        portal_url=portal.portal_link(_place(incident), facts.cloud, facts.tenant_id),
        console_url=facts.console_url,
        code_version=facts.code_version,
        config_hash=facts.config_hash,
        found=incident.found,
    )


def _place(incident: Incident) -> str:
    """Return the id that the portal has a page for: for the monitor's own incidents the subscription."""
    if incident.control_id in {each.id for each in MONITOR_CONTROLS}:
        return f"/subscriptions/{ids.subscription_of(incident.resource_id)}"
    return incident.resource_id


def fix_command(result: ControlResult) -> str | None:
    """Return the command that repairs a failure, None where no command does.

    A command that is too long to paste is left out: ``phidrift evaluate`` prints it.
    """
    fix = result.verdict.fix
    told = command(fix) if fix else None
    return told if told and len(told) <= _LONGEST_COMMAND else None


def fix_note(result: ControlResult) -> str:
    """Return what to know before the repair, or what to do where no command repairs it."""
    fix = result.verdict.fix
    return fix.note if fix and (fix.note or fix.steps) else result.control.fix
