"""The evidence record of a step of a breach clock: who decided what, when, why, and what follows."""

from typing import Any

from drift.breach.still_due import deadlines_of, unanswered
from drift.breach_clock.record import ClockRecord, ClockStep
from drift.codec import encode
from drift.config.model import Breach
from drift.outbox.evidence_rows import record_rows
from drift.ports import Put
from drift.services import AppInfo
from drift.state import incident_ids, keys
from drift.state.incident_record import Incident


def step_rows(app: AppInfo, incident: Incident, record: ClockRecord, breach: Breach) -> list[Put]:
    """Return the rows of the record of a clock's last step, none if no evidence is kept."""
    if not app.keeps_evidence or not record.steps:
        return []
    number, at = keys.numbered(len(record.steps)), record.steps[-1].at
    names = keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)
    shard = keys.partition(incident.resource_id)
    content = step_record(app, incident, record, breach)
    return record_rows(shard, content, at, *names, "step", number)


def step_record(
    app: AppInfo, incident: Incident, record: ClockRecord, breach: Breach
) -> dict[str, Any]:
    """Return the record of a clock's last step, with the stage and the deadlines that it leads to.

    ``sequence`` is the last change of the incident before it. The reason is a person's own text;
    people are told to write no PHI in it.
    """
    step, number = record.steps[-1], len(record.steps)
    name = incident_ids.incident_id(incident.control_id, incident.resource_id, incident.number)
    return {
        "kind": "step",
        "at": step.at,
        "incident": name,
        "sequence": incident.sequence,
        "uid": incident_ids.record_uid(name, "step", str(number)),
        "control": {"id": incident.control_id, "version": app.code_version},
        "config": app.config_hash,
        "resource": incident.resource_id,
        "step": {"number": number, **_given(step)},
        "clock": _clock(record, breach),
    }


def _given(step: ClockStep) -> dict[str, Any]:
    """Return the fields of a step that are not empty."""
    return {name: each for name, each in encode(step).items() if each not in (None, "", [])}


def _clock(record: ClockRecord, breach: Breach) -> dict[str, Any]:
    clock = record.clock
    left = unanswered(clock, breach.rules, breach.time_zone)
    return {
        "stage": clock.stage,
        "discovered": clock.discovered_at,
        "basis": clock.basis,
        "timeZone": breach.time_zone,
        "deadlines": [
            {**encode(each), "noticed": each not in left}
            for each in deadlines_of(clock, breach.rules, breach.time_zone)
        ],
    }
