"""The logs: each change is handled once, even if rows arrive late, fail or are read twice."""

from datetime import datetime, timedelta

import pytest

from drift.errors import SourceUnavailable
from drift.log_feed.cursor import MOST_KNOWN, LogCursor, find_log_cursor, moved_on
from drift.log_feed.feeds import CONTAINERS
from drift.ports import MOST_CHANGES
from tests.drift.log_feed.logs import Log, a_change, a_rig, watch
from tests.support.rig import ACCOUNT, Rig


def test_a_container_that_is_opened_on_the_data_plane_is_read_with_its_actor() -> None:
    rig, log = a_rig()
    log.rows.append((rig.clock.now, a_change(rig.clock.now)))

    assert watch(rig) == 1

    assert rig.arm.reads[ACCOUNT.lower()] == 1
    assert [each.control_id for each, _ in rig.splunk.told] == ["STORAGE-PUBLIC-ACCESS"]


def test_the_overlap_follows_up_nothing_twice() -> None:
    rig, log = a_rig()
    log.rows.append((rig.clock.now, a_change(rig.clock.now)))
    watch(rig)

    rig.clock.advance(minutes=5)

    assert watch(rig) == 0
    assert log.asked[-1][0] == log.asked[-1][1] - timedelta(hours=2, minutes=5)


def test_a_row_that_arrives_late_is_still_followed_up() -> None:
    rig, log = a_rig()
    at = rig.clock.now
    watch(rig)
    rig.clock.advance(minutes=90)
    watch(rig)

    log.rows.append((rig.clock.now, a_change(at)))

    assert watch(rig) == 1


@pytest.mark.parametrize(
    "status", [429, 504, 403, 400, 0], ids=["limit", "timeout", "role", "table", "no answer"]
)
def test_what_a_refused_read_left_out_is_followed_up_later(status: int) -> None:
    rig, log = a_rig()
    watch(rig)
    log.rows.append((rig.clock.now, a_change(rig.clock.now + timedelta(minutes=1))))
    log.failing = SourceUnavailable("log workspace w", status)
    rig.clock.advance(hours=5)
    watch(rig)

    log.failing = None

    assert watch(rig) == 1


def test_a_log_that_cannot_be_read_is_reported_and_its_recovery_too() -> None:
    rig, log = a_rig()
    log.failing = SourceUnavailable("log workspace w", 403, "InsufficientAccessError")
    watch(rig)
    rig.later(minutes=6)

    assert rig.splunk.changes == ["MONITOR-BLIND opened"]
    notice = rig.splunk.told[0][0]
    assert (
        "The log of changes of containers on the data plane has not been readable" in notice.reason
    )
    assert "Log Analytics Reader" in notice.fix_note
    assert rig.monitor.health()["blind"] == [
        "/providers/microsoft.operationalinsights/queries/container_changes"
    ]

    log.failing = None
    watch(rig)

    assert rig.splunk.changes[-1] == "MONITOR-BLIND resolved"
    assert rig.monitor.health()["blind"] == []


def test_a_log_that_is_not_read_any_more_is_not_reported_any_more() -> None:
    rig, log = a_rig()
    log.failing = SourceUnavailable("log workspace w", 403, "InsufficientAccessError")
    watch(rig)
    rig.later(minutes=6)

    rig.change(change_log=None)
    watch(rig)

    assert rig.splunk.changes == ["MONITOR-BLIND opened", "MONITOR-BLIND closed"]
    assert rig.monitor.health()["blind"] == []


@pytest.mark.parametrize("is_removed", [False, True], ids=["it answers", "it is removed"])
def test_a_crash_after_a_log_was_read_again_leaves_no_report_open(is_removed: bool) -> None:
    rig, log = a_rig()
    log.failing = SourceUnavailable("log workspace w", 403, "InsufficientAccessError")
    watch(rig)
    rig.later(minutes=6)

    log.failing = None
    rig.change(change_log=None if is_removed else log)
    rig.monitor.watch_logs()
    rig.later(minutes=3)

    end = "closed" if is_removed else "resolved"
    assert rig.splunk.changes == ["MONITOR-BLIND opened", f"MONITOR-BLIND {end}"]
    assert rig.monitor.health()["blind"] == []


def test_a_log_that_asks_to_wait_is_not_asked_before() -> None:
    rig, log = a_rig()
    log.failing = SourceUnavailable("log workspace w", 429, retry_after=600)
    watch(rig)
    log.failing = None
    rig.clock.advance(minutes=5)
    watch(rig)

    assert log.asked == []

    rig.clock.advance(minutes=6)
    watch(rig)

    assert len(log.asked) == 1


def test_a_long_gap_is_read_in_bounded_steps() -> None:
    rig, log = a_rig()
    watch(rig)
    start = rig.clock.now
    log.asked.clear()

    rig.clock.advance(hours=60)
    watch(rig)
    watch(rig)

    assert max(until - since for since, until in log.asked) <= timedelta(hours=8)
    assert len(log.asked) == 10
    assert log.asked[-1][1] == start + timedelta(hours=60)


def test_more_rows_than_an_answer_holds_are_all_followed_up() -> None:
    rig, log = a_rig()
    first = rig.clock.now - timedelta(minutes=100)
    rows = [a_change(first + timedelta(seconds=n), str(n)) for n in range(MOST_CHANGES + 500)]
    log.rows += [(rig.clock.now, each) for each in rows]

    work = rig.monitor.watch_logs()

    assert len(work.changes) == MOST_CHANGES + 500


def test_a_second_with_more_rows_than_an_answer_holds_is_read_on() -> None:
    rig, log = a_rig()
    at = rig.clock.now
    rows = [a_change(at + timedelta(microseconds=300 * n), str(n)) for n in range(MOST_CHANGES + 9)]
    log.rows += [(at, each) for each in (*rows, a_change(at + timedelta(minutes=1), "later"))]
    rig.clock.advance(minutes=5)

    assert watch(rig) == MOST_CHANGES + 10


def test_a_long_answer_is_left_to_the_next_steps_of_the_run() -> None:
    rig, log = a_rig()
    watch(rig)
    first = rig.clock.now
    count = MOST_KNOWN + 2 * MOST_CHANGES
    rows = [a_change(first + timedelta(seconds=1 + n / 10), str(n)) for n in range(count)]
    log.rows += [(first, each) for each in rows]
    rig.clock.advance(hours=1)

    work = rig.monitor.watch_logs()
    cursor, _ = find_log_cursor(rig.store, CONTAINERS.query)

    assert len({*work.changes}) == count
    assert cursor is not None
    assert cursor.read_until == rig.clock.now


def test_a_change_whose_message_is_lost_is_followed_up_by_its_due_row() -> None:
    rig, log = a_rig()
    log.rows.append((rig.clock.now, a_change(rig.clock.now)))
    rig.monitor.watch_logs()

    rig.later(minutes=15)

    assert rig.arm.reads[ACCOUNT.lower()] >= 1


def test_the_rows_that_are_remembered_are_bounded() -> None:
    at = Rig(None).clock.now
    rows = {str(number): at + timedelta(seconds=number) for number in range(MOST_KNOWN + 10)}
    empty = LogCursor(feed=CONTAINERS.query, read_until=at)

    full = moved_on(empty, rows, [], at)

    assert len(full.known) == MOST_KNOWN
    assert str(MOST_KNOWN + 9) in full.known
    assert full.forgotten == at + timedelta(seconds=9)
    later = moved_on(full, {}, [], at + timedelta(days=1))
    assert (later.known, later.forgotten) == ({}, None)


def a_busy_log() -> tuple[Rig, Log, datetime]:
    """Return a monitor that has followed up 500 rows more than it remembers, and when they began."""
    rig, log = a_rig()
    first = rig.clock.now - timedelta(minutes=100)
    rows = (
        a_change(first + timedelta(milliseconds=500 * n), str(n), document=f"scans-{n % 50}")
        for n in range(MOST_KNOWN + 500)
    )
    log.rows += [(first, each) for each in rows]
    while rig.monitor.watch_logs().changes:
        rig.clock.advance(seconds=1)
    return rig, log, first


def test_rows_that_are_forgotten_are_not_followed_up_again() -> None:
    rig, _, first = a_busy_log()

    rig.clock.advance(minutes=5)
    cursor, _ = find_log_cursor(rig.store, CONTAINERS.query)

    assert rig.monitor.watch_logs().changes == ()
    assert cursor is not None
    assert cursor.forgotten == first + timedelta(milliseconds=500 * 499)
    assert len(cursor.documents) == 50


def test_a_late_row_among_many_is_still_followed_up() -> None:
    rig, log, first = a_busy_log()
    unread = a_change(first + timedelta(minutes=1), "late", document="other")
    recent = a_change(first + timedelta(minutes=99), "late", document="scans-1")

    log.rows[:0] = [(rig.clock.now, unread), (rig.clock.now, recent)]

    assert len(rig.monitor.watch_logs().changes) == 2


def test_a_workspace_that_is_not_set_is_not_read() -> None:
    rig, log = a_rig()
    rig.change(change_log=None)

    assert watch(rig) == 0
    assert find_log_cursor(rig.store, CONTAINERS.query) == (None, "")
    assert log.asked == []
