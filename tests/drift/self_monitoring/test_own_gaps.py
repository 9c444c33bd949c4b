"""MONITOR-SELF: a gap in the monitor's own ticks is reported once, and ends after a sweep."""

from dataclasses import replace

import pytest

from drift.codec import SCHEMA_FIELD
from drift.ports import Put
from drift.self_monitoring.own_gaps import SUBJECT
from drift.state import keys
from drift.state.keys import RowKind
from tests.support.rig import SUBSCRIPTION, Rig

OPENED = "MONITOR-SELF opened"
UPDATED = "MONITOR-SELF updated"
RESOLVED = "MONITOR-SELF resolved"
RUNNING = keys.row_key(RowKind.META, "running")


@pytest.fixture
def running(known: Rig) -> Rig:
    """Return a monitor that has swept the estate, and runs."""
    known.run(known.monitor.sweep())
    known.later(minutes=5)
    known.monitor.note_running()
    return known


def stop(rig: Rig, *, minutes: int) -> None:
    """Have the monitor not run for so long, then run again."""
    rig.clock.advance(minutes=minutes)
    rig.monitor.note_running()


def run_on(rig: Rig, *, minutes: int) -> None:
    """Have the monitor run for so long."""
    for _ in range(minutes):
        rig.clock.advance(minutes=1)
        rig.run(rig.monitor.tick())
        rig.monitor.note_running()


def test_a_gap_is_reported_with_its_times_and_resolved_after_a_sweep(running: Rig) -> None:
    stop(running, minutes=40)
    run_on(running, minutes=20)

    assert running.teams.changes == [OPENED, RESOLVED]
    opened, resolved = (notice for notice, _ in running.teams.told)
    assert "from 2026-11-20 03:10:00 UTC to 2026-11-20 03:50:00 UTC" in opened.reason
    assert "2026-11-20 03:50:00 UTC" in resolved.reason
    assert running.store_rows("due|") == 0


def test_a_restart_of_a_few_minutes_is_no_gap(running: Rig) -> None:
    stop(running, minutes=14)
    run_on(running, minutes=10)

    assert running.teams.changes == []


def test_a_monitor_that_runs_for_the_first_time_reports_no_gap(known: Rig) -> None:
    known.monitor.note_running()
    known.later(minutes=1)

    assert known.teams.changes == []


def test_a_sweep_that_began_before_the_gap_does_not_resolve_it(known: Rig) -> None:
    known.monitor.note_running()
    begun = known.monitor.sweep()
    stop(known, minutes=40)
    known.later(seconds=10)
    assert known.teams.changes[-1:] == [OPENED]

    known.run(begun)
    assert known.teams.changes[-1:] == [OPENED]

    run_on(known, minutes=15)
    assert known.teams.changes[-1:] == [RESOLVED]


def test_a_sweep_that_does_not_see_everything_does_not_resolve_a_gap(running: Rig) -> None:
    running.graph.role_effective = False
    stop(running, minutes=40)
    run_on(running, minutes=20)
    assert OPENED in running.teams.changes
    assert RESOLVED not in running.teams.changes

    running.graph.role_effective = True
    running.run(running.monitor.sweep())
    run_on(running, minutes=15)
    assert RESOLVED in running.teams.changes


def test_a_second_gap_is_an_update_with_its_own_times(running: Rig) -> None:
    running.graph.role_effective = False
    stop(running, minutes=40)
    run_on(running, minutes=10)
    stop(running, minutes=20)
    run_on(running, minutes=1)

    changes = [each for each in running.teams.changes if each.startswith("MONITOR-SELF")]
    assert changes == [OPENED, UPDATED]
    assert "to 2026-11-20 04:20:00 UTC" in running.teams.told[-1][0].reason


def test_a_subscription_that_is_added_after_a_gap_is_swept_as_well(running: Rig) -> None:
    facts = running.services.facts
    running.change(
        facts=replace(facts, subscriptions=(SUBSCRIPTION, SUBSCRIPTION.replace("1", "9")))
    )
    stop(running, minutes=40)
    run_on(running, minutes=15)

    assert running.teams.changes[0] == OPENED
    assert RESOLVED in running.teams.changes


def test_a_row_of_a_newer_version_is_left_alone(running: Rig) -> None:
    shard = keys.partition(SUBJECT)
    newer = {SCHEMA_FIELD: 99}
    running.store.commit(shard, [Put(RUNNING, newer, "*")])
    stop(running, minutes=40)
    run_on(running, minutes=2)

    row = running.store.get(shard, RUNNING)
    assert row is not None
    assert row.data == newer
    assert running.teams.changes == []
