"""A channel that does not answer, and a message that cannot be built: reported, counted, explained."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from drift.config.model import Timing
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Notice
from drift.ports import Put, Row
from drift.state import keys
from tests.support import open_account
from tests.support.memory_store import MemoryStore
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Channel, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
SILENT = "MONITOR-CHANNEL opened"
TAKES = "MONITOR-CHANNEL resolved"


def drifts(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def about_channel(rig: Rig) -> Notice:
    return next(notice for notice, _ in rig.splunk.told if notice.control_id == "MONITOR-CHANNEL")


@pytest.mark.parametrize("retry_after", [None, 3600.0])
def test_a_channel_that_is_down_for_fifteen_minutes_is_told_elsewhere_and_counted(
    known: Rig, retry_after: float | None
) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 429", retry_after=retry_after)
    drifts(known)
    known.later(minutes=14)

    assert known.splunk.changes == [OPENED]
    assert known.monitor.health()["status"] == "ok"

    known.later(minutes=2)

    assert known.splunk.changes == [OPENED, SILENT]
    assert "(teams: HTTP 429)" in about_channel(known).reason
    assert known.monitor.health()["undelivered"] == 1
    assert known.monitor.health()["status"] == "degraded"


def test_a_channel_that_comes_back_is_told_everything_and_said_to_be_back(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: no answer within 20 s")
    drifts(known)
    known.later(minutes=20)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.teams.refusal = None
    known.later(minutes=10)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert known.splunk.changes == [OPENED, SILENT, RESOLVED, TAKES]
    assert known.monitor.health()["status"] == "ok"
    assert (known.store_rows("held|"), known.store_rows("due|")) == (0, 0)


def test_a_short_outage_is_not_reported_and_leaves_no_row(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    known.later(minutes=5)
    known.teams.refusal = None
    known.later(minutes=30)

    assert known.teams.changes == [OPENED]
    assert known.splunk.changes == [OPENED]
    assert (known.store_rows("held|"), known.store_rows("due|")) == (0, 0)


def test_how_long_an_outage_may_last_is_the_operators_choice(known: Rig) -> None:
    known.configure(timing=Timing(channel_outage_seconds=60))
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    known.later(minutes=2)

    assert known.splunk.changes == [OPENED, SILENT]


def test_changed_settings_end_the_wait_for_a_channel_that_was_down(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 429", retry_after=3600)
    drifts(known)
    known.later(minutes=1)
    known.teams.refusal, known.teams.fingerprint = None, "repaired"
    known.later(minutes=1)

    assert known.teams.changes == [OPENED]


def test_a_rejection_after_an_outage_is_held_for_a_whole_day(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    known.later(minutes=60 * 25)
    known.teams.refusal = DeliveryRejected("teams: HTTP 404")
    known.later(minutes=60 * 23)

    assert known.store_rows("undelivered|") == 0
    assert known.monitor.health()["undelivered"] == 1


def test_a_rejection_is_told_with_the_channels_words_and_its_remedy(
    known: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    known.teams.refusal = DeliveryRejected(
        "teams: HTTP 404 (WorkflowNotFound: It is gone)",
        remedy="the flow is deleted: make a new one",
    )
    with caplog.at_level(logging.WARNING, logger="drift.delivery.deliver"):
        drifts(known)
        known.later(minutes=2)

    notice = about_channel(known)
    assert "(teams: HTTP 404 (WorkflowNotFound: It is gone))" in notice.reason
    assert notice.reason.startswith("1 incident was not delivered to Teams since 2026-")
    assert notice.fix_note == "The flow is deleted: make a new one."
    assert "delivery-rejected channel=teams" in caplog.text
    assert 'reason="teams: HTTP 404 (WorkflowNotFound: It is gone)"' in caplog.text


def test_the_title_of_a_channel_is_that_of_its_specification(known: Rig) -> None:
    known.change(channel_titles={"teams": "the pager of Ana"})
    known.teams.refusal = DeliveryRejected("teams: HTTP 404")
    drifts(known)
    known.later(minutes=2)

    assert "not delivered to the pager of Ana since" in about_channel(known).reason


class Broken(Channel):
    """A channel whose message has a bug."""

    def send(self, notice: Notice, *, opening: bool) -> None:
        raise KeyError("swordfish")


def test_an_error_while_building_a_message_is_a_rejection_with_its_place(known: Rig) -> None:
    known.change(channels=(Broken("teams"), known.pagerduty, known.splunk))
    drifts(known)
    known.later(minutes=2)

    assert known.splunk.changes == [OPENED, SILENT]
    reason = about_channel(known).reason
    assert "KeyError in test_outages.py, line " in reason
    assert "swordfish" not in reason
    assert known.monitor.health()["undelivered"] == 1


def undecodable(rig: Rig) -> None:
    """Store the change with content that no version can read."""
    partition = keys.partition(ACCOUNT)
    (row,) = rig.store.range(partition, *keys.below("outbox"))
    rig.store.commit(partition, [Put(row.key, {**row.data, "notice0": "damaged"})])


def test_a_change_that_this_version_cannot_read_is_held_told_counted_and_recorded(
    known: Rig,
) -> None:
    (event,) = known.monitor.intake(known.body(ACCOUNT))
    broken(known)
    work = known.monitor.evaluate(event)
    undecodable(known)
    known.run(work)
    known.later(minutes=5)

    assert known.monitor.health()["undelivered"] == 3
    assert SILENT in known.splunk.changes

    known.later(minutes=60 * 26)
    rows = known.store.range(keys.partition(ACCOUNT), *keys.below("undelivered"))

    assert {row.data["channel"] for row in rows} == {"teams", "pagerduty", "splunk"}
    assert all(len(row.data["uid"]) > 10 for row in rows)
    assert known.store_rows("held|") == 0


def test_what_follows_a_change_that_cannot_be_read_is_told(known: Rig) -> None:
    (event,) = known.monitor.intake(known.body(ACCOUNT))
    broken(known)
    work = known.monitor.evaluate(event)
    undecodable(known)
    known.run(work)
    known.later(minutes=60 * 26)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert [each for each in known.teams.changes if each.startswith("TOY")] == [RESOLVED]


def test_a_failure_of_before_this_version_counts_from_its_next_failure(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    partition = keys.partition(ACCOUNT)
    rows = known.store.range(partition, *keys.below("cursor"))
    (cursor,) = [row for row in rows if row.key.endswith("|teams")]
    old = {name: each for name, each in cursor.data.items() if name != "failing_since"}
    known.store.commit(partition, [Put(cursor.key, old)])
    known.clock.now += timedelta(minutes=1)
    known.later(minutes=20)

    assert known.splunk.changes == [OPENED, SILENT]


class HeldRowsCounted(MemoryStore):
    """A store that counts the ``held`` rows that are read."""

    held = 0

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        rows = super().range(partition, first, end, limit)
        self.held += len(rows) if first.startswith("held|") else 0
        return rows


def test_a_channel_that_refuses_many_messages_is_not_counted_anew_after_each_of_them() -> None:
    rig, store, accounts = Rig(None), HeldRowsCounted(), [f"{ACCOUNT}{at}" for at in range(40)]
    rig.use(store)
    rig.only(open_account.OPEN)
    rig.teams.refusal = DeliveryRejected("teams: HTTP 404")
    for each in accounts:
        open_account.place(rig, account=each)
        rig.arm.set(each, open=True)
        rig.write(each)
        rig.clock.advance(seconds=5)
    read = store.held
    rig.clock.advance(minutes=15)
    rig.arm.set(accounts[0], open=False)
    rig.write(accounts[0])
    rig.teams.refusal = None
    rig.later(minutes=65)

    assert read < 240
    assert [each for each in rig.splunk.changes if "CHANNEL" in each] == [SILENT, TAKES]
    assert rig.teams.changes.count(OPENED) == 40


def sent_by_an_earlier_version(rig: Rig) -> None:
    """Let a version without ``failing_since`` send the change to Teams: it keeps that field unchanged."""
    partition = keys.partition(ACCOUNT)
    rows = rig.store.range(partition, *keys.below("cursor"))
    (cursor,) = [row for row in rows if row.key.endswith("|teams")]
    sent = {**cursor.data, "told": 1, "heard": True, "attempts": 0, "retry_at": None}
    rig.store.commit(partition, [Put(cursor.key, {**sent, "fingerprint": ""})])
    rig.teams.refusal = None


def test_what_an_earlier_version_sent_after_an_outage_is_not_counted_for_ever(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    sent_by_an_earlier_version(known)
    known.later(minutes=60)

    assert known.splunk.changes == [OPENED]
    assert known.store_rows("held|") == 0
    assert known.monitor.health()["status"] == "ok"


def test_an_outage_that_an_earlier_version_saw_end_ends_with_the_next_message(known: Rig) -> None:
    other = f"{ACCOUNT}2"
    open_account.place(known, account=other)
    known.write(other)
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    known.later(minutes=20)
    sent_by_an_earlier_version(known)
    known.arm.set(other, open=True)
    known.write(other)
    known.later(minutes=5)

    assert known.splunk.changes == [OPENED, SILENT, OPENED, TAKES]
    assert known.monitor.health()["status"] == "ok"


def test_a_failure_after_that_is_a_new_outage(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    drifts(known)
    sent_by_an_earlier_version(known)
    known.later(minutes=60)
    known.teams.refusal = DeliveryFailed("teams: HTTP 503")
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=10)

    assert known.splunk.changes == [OPENED, RESOLVED]
    assert known.monitor.health()["undelivered"] == 0
