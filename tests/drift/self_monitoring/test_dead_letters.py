"""MONITOR-SELF reports the number and the age of events that Event Grid could not deliver."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from drift.codec import SCHEMA_FIELD
from drift.errors import SourceUnavailable
from drift.ports import Put
from drift.queues.dead_letters import DeadLetters
from drift.self_monitoring.dead_letters import SUBJECT
from drift.state import keys
from drift.state.resource_record import Record, StoredRecord
from tests.support.rig import Rig

OPENED, RESOLVED = "MONITOR-SELF opened", "MONITOR-SELF resolved"


@dataclass
class Box:
    """A container of dead letters; ``failing`` is raised while it is set, ``found`` None: no container."""

    found: DeadLetters | None
    failing: SourceUnavailable | None = None

    def waiting(self) -> DeadLetters | None:
        if self.failing:
            raise self.failing
        return self.found


def letters(count: int, oldest: datetime | None = None, *, is_whole: bool = True) -> DeadLetters:
    return DeadLetters(count=count, oldest=oldest, is_whole=is_whole)


@pytest.fixture
def box() -> Box:
    return Box(letters(0))


@pytest.fixture
def rig(box: Box) -> Rig:
    made = Rig(None)
    made.change(dead_letters=box)
    return made


def look(rig: Rig) -> None:
    """Have the timer look at the container, five minutes after the last time."""
    rig.clock.advance(minutes=5)
    rig.run(rig.monitor.watch_logs())


def test_what_waits_is_told_by_number_and_age_and_resolved_once_none_is_left(
    rig: Rig, box: Box
) -> None:
    box.found = letters(3, rig.clock.now - timedelta(hours=2))
    look(rig)
    look(rig)
    box.found = letters(0)
    look(rig)

    assert rig.teams.changes == [OPENED, RESOLVED]
    notice = rig.teams.told[0][0]
    assert "3 files of events wait in the container dead-letters" in notice.reason
    assert "the oldest is from 2026-11-20 01:00:00 UTC" in notice.reason
    assert "az storage blob delete-batch" in notice.fix_note


def test_an_empty_container_leaves_nothing_in_the_state(rig: Rig) -> None:
    look(rig)

    assert rig.teams.changes == []
    assert rig.store_rows("resource|") == 0


def test_a_count_that_only_grows_a_little_is_no_update(rig: Rig, box: Box) -> None:
    oldest = rig.clock.now
    for count in (3, 4, 9):
        box.found = letters(count, oldest)
        look(rig)

    assert rig.teams.changes == [OPENED]

    box.found = letters(5000, oldest, is_whole=False)
    look(rig)

    assert rig.teams.changes == [OPENED, "MONITOR-SELF updated"]
    assert "At least 5000 files of events" in rig.teams.told[-1][0].reason


def test_a_container_that_cannot_be_read_is_told_and_closes_nothing(rig: Rig, box: Box) -> None:
    box.found = letters(1, rig.clock.now)
    look(rig)
    box.failing = SourceUnavailable("dead letters", 403, "AuthorizationPermissionMismatch")
    look(rig)
    assert rig.monitor.health()["blind"] == ["/providers/phidrift/deadletters/events"]
    look(rig)

    assert rig.splunk.changes == [OPENED, "MONITOR-BLIND opened"]
    assert "Storage Blob Data Reader" in rig.splunk.told[-1][0].fix_note

    box.failing = None
    look(rig)

    assert rig.splunk.changes[2:] == ["MONITOR-BLIND resolved"]
    assert rig.monitor.health()["blind"] == []


def test_a_failure_of_one_look_is_not_told(rig: Rig, box: Box) -> None:
    box.failing = SourceUnavailable("dead letters", 503)
    look(rig)
    box.failing = None
    look(rig)

    assert "MONITOR-BLIND opened" not in rig.splunk.changes
    assert rig.monitor.health()["blind"] == []


@pytest.mark.parametrize("is_off", [False, True], ids=["no container", "another storage"])
def test_a_container_that_is_gone_closes_the_report_as_no_longer_required(
    rig: Rig, box: Box, *, is_off: bool
) -> None:
    box.found = letters(1, rig.clock.now)
    look(rig)
    box.found = None
    if is_off:
        rig.change(dead_letters=None)
    look(rig)

    assert rig.teams.changes == [OPENED, "MONITOR-SELF closed"]


def test_a_record_of_another_version_does_not_stop_the_logs_from_being_read(rig: Rig) -> None:
    rig.change(dead_letters=None)
    record = StoredRecord(Record(id=SUBJECT), "", None).put()
    put = Put(record.key, {**record.data, SCHEMA_FIELD: 99}, "")
    rig.store.commit(keys.partition(SUBJECT), [put])

    assert len(rig.monitor.watch_logs().background) == 1


def test_without_a_container_nothing_is_asked(rig: Rig) -> None:
    rig.change(dead_letters=None)

    assert rig.monitor.watch_logs().background == ()
