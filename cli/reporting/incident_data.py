"""The report of one incident as JSON; docs/reports.md lists its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cli.incident_list.breach_dates import OWN, breach_data, breach_dates
from cli.incident_list.clock_view import clock_data, clock_view
from cli.incident_list.found import id_of
from cli.reporting.about import About
from cli.reporting.changes import Changes, change_data
from cli.reporting.detection import detection_of, times_data
from cli.reporting.evidence_references import References
from cli.reporting.kept import Kept
from cli.reporting.timeline import timeline
from cli.reporting.values import actor_data
from drift.breach.local_days import local_day
from drift.codec import encode
from drift.config.model import Breach
from drift.controls.citations import citation_with_rule
from drift.incidents.attribution import attributions_of
from drift.model import Control
from drift.notices import Access
from drift.state.incident_record import Incident

FORMAT: Final = "phidrift.report-incident/1"
"""The format of the JSON; a field is added without a new number, and none is renamed or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All data for the report of one incident."""

    kept: Kept
    changes: Changes
    references: References
    breach: Breach
    about: About
    controls: tuple[Control, ...]


def incident_report(found: Gathered) -> Mapping[str, Any]:
    """Return the whole report."""
    incident = found.kept.incident
    changes = [change_data(each, found.kept) for each in found.changes.told]
    clock = _clock(found)
    has_clock = clock is not None or found.kept.has_unread_clock
    dates = None if has_clock else breach_dates(incident, found.breach)
    return {
        "format": FORMAT,
        "about": found.about.data,
        "notKnown": list(_not_known(found)),
        "incident": _incident(incident),
        "control": _control(found),
        "times": times_data(found.kept),
        "changes": changes,
        "exposures": [encode(each) for each in incident.exposures],
        "breachClock": clock,
        "breachClockNotRead": found.kept.has_unread_clock,
        "ifBreach": breach_data(dates) if dates else None,
        "timeline": timeline(found.kept, changes),
        "evidence": {
            "records": list(found.references.records),
            "waiting": found.references.waiting,
        },
    }


def _incident(incident: Incident) -> Mapping[str, Any]:
    last = attributions_of(incident)[-1]
    return {
        "id": id_of(incident),
        "resourceId": incident.resource_id,
        "control": incident.control_id,
        "number": incident.number,
        "open": incident.closure is None,
        "severity": incident.severity.value,
        "reason": incident.reason,
        "phi": incident.phi,
        "phiReason": incident.phi_reason,
        "found": incident.found.value,
        "openedBy": actor_data(incident.opened_by),
        "changedBy": actor_data(incident.changed_by),
        "standing": last.standing.value,
        "otherActors": [actor_data(each) for each in last.actors[1:]],
        "closure": incident.closure.value if incident.closure else None,
        "closedBy": actor_data(incident.closed_by),
        "fixCommand": incident.fix_command,
        "fixNote": incident.fix_note,
    }


def _control(found: Gathered) -> Mapping[str, Any]:
    """Return the control as in the last change, or as in this version."""
    name = found.kept.incident.control_id
    if found.changes.told:
        notice = found.changes.told[-1].notice
        title, why, hipaa = notice.title, notice.why, notice.hipaa
    else:
        control = next((each for each in found.controls if each.id == name), None)
        title, why, hipaa = (control.title, control.why, control.hipaa) if control else ("", "", ())
    cited = [{"citation": each, "text": citation_with_rule(each)} for each in hipaa]
    return {"id": name, "title": title, "why": why, "hipaa": cited}


def _clock(found: Gathered) -> Mapping[str, Any] | None:
    record, breach = found.kept.clock, found.breach
    if record is None:
        return None
    today = local_day(found.about.now, breach.time_zone)
    view = clock_view(record, breach, today)
    data = clock_data(view)
    return {**data, "today": today.isoformat()}


def _not_known(found: Gathered) -> Iterator[str]:
    """Yield the facts that an auditor may expect but that this report does not know."""
    incident, times = found.kept.incident, detection_of(found.kept)
    if times.why:
        yield f"When the change was made: {times.why}."
    if found.kept.is_reopened:
        yield "When the first channel got the last opening: the incident opened again under one number."
    elif times.told_at is None:
        yield "When the first channel got the opening: no delivery of it is noted."
    if not any(each.actors for each in attributions_of(incident)):
        yield "Who made the change."
    yield from _exposure_not_known(incident)
    yield from _rows_not_known(found)
    yield from (f"{each[0].upper()}{each[1:]}." for each in found.references.problems)


def _exposure_not_known(incident: Incident) -> Iterator[str]:
    if incident.control_id in OWN:
        return
    if not incident.exposures:
        yield (
            "Whether anybody used the resource while it was exposed: it was not asked, or there is "
            "no answer yet. This does not mean that nobody did."
        )
    for each in incident.exposures:
        if each.access is Access.POSSIBLE:
            yield "Whether anybody used the resource while it was exposed: access cannot be excluded."
        if not each.is_final:
            yield "The last word on access: a later answer may differ from the one in this report."


def _rows_not_known(found: Gathered) -> Iterator[str]:
    changes = found.changes
    if changes.gone:
        yield f"Changes that are no longer kept: {_numbers(changes.gone)}."
    if changes.refused:
        yield f"Changes that another version of the monitor wrote: {_numbers(changes.refused)}."
    for each in found.kept.refused:
        yield f"What another version of the monitor wrote into the row {each}."


def _numbers(numbers: tuple[int, ...]) -> str:
    more = f" and {len(numbers) - 20} more" if len(numbers) > 20 else ""
    return f"{', '.join(map(str, numbers[:20]))}{more}"
