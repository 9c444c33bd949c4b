"""The log lines of a random history agree with the state about what was decided, sent and scheduled."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from drift.codec import decode
from drift.state import incident_ids, keys, packing
from drift.state.due_rows import RECOVER
from drift.state.incident_record import Incident
from drift.state.keys import RowKind
from drift.state.resource_record import load_record
from tests.scenarios.histories import World, live_through
from tests.support.log_lines import Line, Lines, logged_time


def as_logged(log: Lines) -> dict[str, dict[str, Any]]:
    """Return each incident as its decisions show it: since when, until when, how severe, how it closed."""
    found: dict[str, dict[str, Any]] = {}
    for line in (*log.of("decision"), *log.of("incident-enriched")):
        if "incident" in line:
            known = found.setdefault(str(line["incident"]), {"sequences": set()})
            known["sequences"].add(line["sequence"])
            known.update(_shown_by(line))
    return found


def _shown_by(line: Line) -> Mapping[str, object]:
    if "opened_at" not in line or "severity" not in line:  # a decision that changed no incident
        return {}
    names = ("opened_at", "closed_at", "closure", "severity")
    return {name: line.get(name) for name in names}


def as_stored(world: World) -> dict[str, dict[str, Any]]:
    """Return each incident as the state has it, in the form of the log."""
    found = {}
    for shard in keys.PARTITIONS:
        for row in world.store.range(shard, *keys.below(RowKind.INCIDENT)):
            incident = decode(Incident, packing.unpack(row.data, "incident"))
            name = incident_ids.incident_id(
                incident.control_id, incident.resource_id, incident.number
            )
            found[name] = {
                "sequences": set(range(1, incident.sequence + 1)),
                "opened_at": logged_time(incident.opened_at),
                "closed_at": _time(incident.closed_at),
                "closure": incident.closure.value if incident.closure else None,
                "severity": incident.severity.value,
            }
    return found


def _time(at: datetime | None) -> str | None:
    return logged_time(at) if at else None


def sent_as_logged(log: Lines) -> dict[str, list[tuple[object, ...]]]:
    """Return what each channel accepted by the log, in order."""
    found = defaultdict(list)
    for line in log.of("delivery-sent"):
        names = ("incident", "sequence", "change", "closure", "decided_at")
        found[str(line["channel"])].append(tuple(line.get(each) for each in names))
    return found


def sent(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return what each channel accepted, in the form of the log."""
    return {
        channel.name: [
            (
                each.incident_id,
                each.sequence,
                each.change.value,
                each.closure.value if each.closure else None,
                logged_time(each.decided_at),
            )
            for each, _ in channel.told
        ]
        for channel in (world.rig.teams, world.rig.pagerduty, world.rig.splunk)
        if channel.told
    }


def unexplained_waits(log: Lines) -> list[Line]:
    """Return the passes that must be confirmed and for which no line says when, or why, one is read."""
    lines, waits = log.all(), []
    for place, (name, line) in enumerate(lines):
        if (name, line.get("transition")) != ("decision", "unsettled"):
            continue
        later = [each for each in lines[place:] if each[1].get("resource") == line["resource"]]
        reads = [each for of, each in later if of == "evaluation"]
        announced = [each["due"] for of, each in lines if of == "reread-due"]
        reasons = str(reads[0]["reasons"]).split(",") if reads else []
        if not reasons or not {*reasons} <= {"event", RECOVER, *announced}:
            waits.append(line)
    return waits


@pytest.mark.parametrize("seed", range(2000, 2030))
def test_the_log_alone_tells_each_incident_as_it_is_stored_and_sent(seed: int, log: Lines) -> None:
    """Where a process was killed, its last line may be missing: such a history is not compared."""
    world = live_through(seed)
    if world.deadlines.kills:
        return

    logged, stored = as_logged(log), as_stored(world)
    due = {(each["resource"], each["due"], each["at"]) for each in log.of("reread-due")}
    records = (load_record(world.store, each).record for each in world.accounts)
    assert {name: logged.get(name) for name in stored} == stored
    assert sent_as_logged(log) == sent(world)
    assert unexplained_waits(log) == []
    assert {
        (record.id, reason, logged_time(at))
        for record in records
        for reason, at in record.due.items()
        if reason != RECOVER
    } <= due
