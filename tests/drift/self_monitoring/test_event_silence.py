"""MONITOR-SELF: a subscription sends no event although the sweep finds a change."""

from datetime import timedelta

import pytest

from drift import ids
from drift.notices import Change
from drift.self_monitoring.event_silence import subject_of
from drift.self_monitoring.last_event import last_event_of
from tests.drift.sweep.sweeping import swept
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OPENED = "MONITOR-SELF opened"
RESOLVED = "MONITOR-SELF resolved"
DAY = 24 * 60


@pytest.fixture
def quiet(known: Rig) -> Rig:
    """Return a monitor that swept an estate in order two times, a day apart, without any event since."""
    for _ in range(2):
        swept(known)
        pause(known)
    return known


def pause(rig: Rig) -> None:
    """Let a day pass without a change; the monitor runs on."""
    rig.clock.advance(minutes=DAY)
    rig.later(minutes=1)


def own(rig: Rig) -> list[str]:
    """Return the messages about the monitor itself."""
    return [each for each in rig.teams.changes if each.startswith("MONITOR-SELF")]


def test_a_change_that_only_the_sweep_finds_in_a_subscription_without_events_is_reported(
    quiet: Rig,
) -> None:
    last = last_event_of(quiet.store, SUBSCRIPTION)
    broken(quiet)
    swept(quiet, minutes=25)
    [notice] = [each for each, _ in quiet.teams.told if each.control_id == "MONITOR-SELF"]

    assert notice.change is Change.OPENED
    assert ids.key(notice.resource_id) == subject_of(SUBSCRIPTION)
    assert f"has arrived since {last:%Y-%m-%d %H:%M:%S} UTC" in notice.reason
    assert [each.path for each in notice.evidence] == [f"missed[{ACCOUNT}]"]


def test_the_next_event_of_the_subscription_resolves_it(quiet: Rig) -> None:
    broken(quiet)
    swept(quiet, minutes=25)
    quiet.write(ACCOUNT)
    quiet.later(minutes=6)

    assert own(quiet) == [OPENED, RESOLVED]
    assert quiet.store_rows("due|") == 0


def test_an_event_that_is_only_late_is_no_silence(quiet: Rig) -> None:
    broken(quiet)
    swept(quiet)
    quiet.write(ACCOUNT)
    quiet.later(minutes=30)

    assert own(quiet) == []
    assert quiet.store_rows("due|") == 0


def test_it_is_reported_once_while_no_event_arrives(quiet: Rig) -> None:
    broken(quiet)
    swept(quiet, minutes=25)
    pause(quiet)
    swept(quiet)
    quiet.later(minutes=30)

    assert own(quiet) == [OPENED]


def test_a_quiet_subscription_in_which_nothing_changes_is_no_matter(quiet: Rig) -> None:
    swept(quiet)

    assert own(quiet) == []


def test_one_missed_change_is_no_silence_where_other_events_arrive(quiet: Rig) -> None:
    quiet.write(ACCOUNT)
    quiet.later(minutes=10)
    broken(quiet)
    swept(quiet, minutes=25)

    assert "TOY-OPEN opened" in quiet.teams.changes
    assert own(quiet) == []


def test_what_the_first_sweep_finds_says_nothing_about_events(known: Rig) -> None:
    broken(known)
    swept(known)

    assert own(known) == []


def test_events_of_a_subscription_are_noted_to_the_minute(known: Rig) -> None:
    known.write(ACCOUNT)
    first = last_event_of(known.store, SUBSCRIPTION)
    known.clock.advance(seconds=30)
    known.write(ACCOUNT)
    second = last_event_of(known.store, SUBSCRIPTION)
    known.clock.advance(seconds=30)
    known.write(ACCOUNT)

    assert first is not None
    assert second == first
    assert last_event_of(known.store, SUBSCRIPTION) == first + timedelta(minutes=1)
