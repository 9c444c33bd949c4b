"""The state does not grow: old data is deleted as fast as new data arrives."""

from tests.scenarios import growth

DAYS = 20
STATE_DAYS = 4
EVENTS = 25
RESOURCES = 100
"""A quarter of what ``make growth`` has, which runs for a year."""


def test_rows_and_bytes_level_out_over_days_of_resources_that_come_and_go() -> None:
    rig = growth.monitor(STATE_DAYS)
    sizes = list(growth.live(rig, DAYS, events=EVENTS, resources=RESOURCES))

    assert growth.levels_out(sizes, since=STATE_DAYS + 4)
    assert rig.monitor.health()["status"] == "ok"
    assert sizes[-1].rows["resource"] <= 1.5 * RESOURCES
