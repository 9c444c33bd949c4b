"""A rejecting channel: on hold, reported once elsewhere, retried hourly, released or recorded."""

from drift import ids
from drift.config.model import PhiScope
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Closure
from tests.support import open_account
from tests.support.open_account import mended
from tests.support.rig import ACCOUNT, Channel, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
REFUSES = "MONITOR-CHANNEL opened"
ACCEPTS = "MONITOR-CHANNEL resolved"
DAY = 60 * 24


def drifts(rig: Rig, account: str = ACCOUNT) -> None:
    rig.arm.set(account, open=True)
    rig.write(account)


def refuses(*channels: Channel) -> None:
    for each in channels:
        each.refusal = DeliveryRejected("gone")


def repaired(channel: Channel) -> None:
    channel.refusal = None
    channel.fingerprint += ", repaired"


def test_it_is_not_said_to_accept_because_what_it_refused_was_given_up(known: Rig) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=DAY + 180)

    assert known.splunk.changes == [OPENED, REFUSES]
    assert known.monitor.health()["undelivered"] == 1

    known.teams.refusal = None
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert known.splunk.changes == [OPENED, REFUSES, RESOLVED, ACCEPTS]


def test_what_was_given_up_is_an_alarm_for_a_day_and_while_its_channel_takes_nothing(
    known: Rig,
) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=DAY + 180)
    known.clock.advance(days=3)
    refusing = known.monitor.health()
    known.teams.refusal = None
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    accepting = known.monitor.health()

    assert [each["undelivered"] for each in (refusing, accepting)] == [1, 1]
    assert [each["undeliveredOld"] for each in (refusing, accepting)] == [0, 1]
    assert (refusing["status"], accepting["status"]) == ("degraded", "ok")


def test_what_follows_what_was_given_up_is_told_as_an_opening(known: Rig) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=DAY + 180)
    known.teams.refusal = None
    open_account.place(known, phi=False)
    known.arm.set(ACCOUNT, open=True)
    known.configure(phi=PhiScope(released=(ids.key(ACCOUNT),)))
    known.change(facts=known.facts("second"))
    known.later(minutes=2)

    assert [opening for _, opening in known.teams.told] == [True]


def test_each_of_two_refusing_channels_is_reported_through_a_working_one(known: Rig) -> None:
    refuses(known.teams, known.pagerduty)
    drifts(known)
    known.later(minutes=5)

    assert known.splunk.changes == [OPENED, REFUSES, REFUSES]

    repaired(known.teams)
    repaired(known.pagerduty)
    known.later(minutes=3)

    assert known.splunk.changes.count(ACCEPTS) == 2
    assert known.teams.changes.count(OPENED) == known.pagerduty.changes.count(OPENED) == 1
    assert known.monitor.health()["undelivered"] == 0
    for channel in (known.teams, known.pagerduty):
        told = [each for each in channel.changes if "CHANNEL" in each]
        assert told == [REFUSES, ACCEPTS]


def test_all_refuse_and_nothing_is_lost_or_doubled(known: Rig) -> None:
    channels = (known.teams, known.pagerduty, known.splunk)
    refuses(*channels)
    drifts(known)
    known.later(minutes=10)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=10)
    for each in channels:
        repaired(each)
    known.later(minutes=10)

    for each in channels:
        assert [told for told in each.changes if "OPEN" in told.split()[0]] == [OPENED, RESOLVED]
    assert known.monitor.health()["undelivered"] == 0


def test_a_refusal_while_it_is_held_does_not_multiply_what_is_tried(known: Rig) -> None:
    refuses(known.teams)
    attempts: list[float] = []
    drifts(known)
    send = known.teams.send

    def counted(*args: object, **kwargs: object) -> None:
        attempts.append(known.clock.now.timestamp())
        send(*args, **kwargs)  # type: ignore[arg-type]

    known.teams.send = counted  # type: ignore[method-assign]
    known.later(minutes=60 * 6)

    assert len(attempts) in (5, 6)


def test_a_repaired_channel_that_is_busy_is_left_alone_for_as_long_as_it_asks(known: Rig) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=5)
    repaired(known.teams)
    known.teams.refusal = DeliveryFailed("busy", retry_after=600)
    known.later(minutes=2)
    known.teams.refusal = None
    known.later(minutes=5)

    assert known.teams.changes == []

    known.later(minutes=5)

    assert known.teams.changes == [OPENED]


def test_a_channel_without_settings_keeps_what_it_should_tell_until_it_has_some(
    known: Rig,
) -> None:
    known.change(channels=(known.pagerduty, known.splunk))
    known.teams.refusal = None
    known.change(channels=(known.teams, known.pagerduty, known.splunk))
    refuses(known.teams)
    drifts(known)
    known.change(channels=(known.pagerduty, known.splunk))
    known.later(minutes=DAY * 2)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=10)

    assert known.monitor.health()["undelivered"] == 1
    assert known.store_rows("due|") == 0

    repaired(known.teams)
    known.change(channels=(known.teams, known.pagerduty, known.splunk))
    known.later(minutes=3)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert known.monitor.health()["undelivered"] == 0
    assert known.monitor.health()["status"] == "ok"


def test_a_channel_that_is_taken_out_while_it_refuses_is_said_to_refuse_no_more(
    known: Rig,
) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=5)
    known.change(channels=(known.pagerduty, known.splunk))
    known.later(minutes=70)
    notice, _ = known.splunk.told[-1]

    assert known.splunk.changes == [OPENED, REFUSES, "MONITOR-CHANNEL closed"]
    assert notice.closure is Closure.NO_LONGER_REQUIRED


def test_a_channel_with_nothing_left_to_tell_holds_nothing_when_it_is_taken_out(
    known: Rig,
) -> None:
    drifts(known)
    known.change(channels=(known.pagerduty, known.splunk))
    known.later(minutes=10)

    assert known.teams.changes == [OPENED]
    assert known.monitor.health()["undelivered"] == 0


def test_the_only_channel_that_refuses_is_seen_in_health(known: Rig) -> None:
    known.change(channels=(known.teams,))
    refuses(known.teams)
    drifts(known)
    known.later(minutes=10)

    assert known.monitor.health()["undelivered"] == 1
    assert known.monitor.health()["status"] == "degraded"


def test_new_rules_do_not_end_what_is_said_of_a_refusing_channel(known: Rig) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=5)
    known.change(facts=known.facts("second"))
    known.later(minutes=5)

    assert known.splunk.changes == [OPENED, REFUSES]


def test_a_second_refusal_later_is_said_again(known: Rig) -> None:
    refuses(known.teams)
    drifts(known)
    known.later(minutes=5)
    repaired(known.teams)
    known.later(minutes=30)
    refuses(known.teams)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    about = {
        notice.incident_id for notice, _ in known.splunk.told if "CHANNEL" in notice.control_id
    }

    assert known.splunk.changes == [OPENED, REFUSES, ACCEPTS, RESOLVED, REFUSES]
    assert len(about) == 2


def test_a_channel_that_is_down_for_hours_is_waited_for_by_few_rows(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("down")
    for _ in range(6):
        drifts(known)
        known.later(minutes=10)
        mended(known)
        known.write(ACCOUNT)
        known.later(minutes=20)

    assert known.store_rows("due|") <= 8

    known.teams.refusal = None
    known.later(minutes=20)

    assert known.teams.changes == [OPENED, RESOLVED] * 6
    assert known.store_rows("due|") == 0


def test_a_delivery_enqueued_early_by_a_fast_clock_is_not_lost(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("busy")
    drifts(known)
    known.teams.refusal = None
    known.clock.advance(seconds=9)
    known.run(known.ahead(seconds=3).tick())

    assert known.teams.changes == []

    known.later(minutes=1)

    assert known.teams.changes == [OPENED]
