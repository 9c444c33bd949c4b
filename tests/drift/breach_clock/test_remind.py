"""Reminders of the last days of notices are sent on the set days, once to each channel, until a decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from drift.breach.clock import Basis, Factor, Stage
from drift.breach.deadlines import NoticeRules, Recipient, Role
from drift.breach_clock.record import Action
from drift.config.model import Breach
from drift.model import Severity
from drift.notices import Change, Notice
from drift.ports import Delete
from drift.state import keys
from drift.state.keys import RowKind
from tests.drift.breach_clock.conftest import Take
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Channel, Rig

DISCOVERED = date(2026, 11, 20)
LAST = date(2027, 1, 19)
SMALL = date(2027, 3, 1)
"""The last day of HHS where fewer than 500 individuals are affected."""


@pytest.fixture
def discovered(rig: Rig, take: Take) -> Rig:
    """Return a monitor whose incident has a running clock and is fixed since."""
    broken(rig)
    rig.write(ACCOUNT)
    take(Action.DISCOVER, basis=Basis.PRESUMED)
    rig.later(minutes=1)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    return rig


def on(rig: Rig, day: date, at: time = time(9, 0)) -> None:
    """Let time pass to a day, with nothing running until then, and run the monitor."""
    rig.clock.now = datetime.combine(day, at, UTC)
    rig.later(seconds=20)


def each_day(rig: Rig, until: date) -> None:
    """Run the monitor each morning."""
    while rig.clock.now.date() < until:
        on(rig, rig.clock.now.date() + timedelta(days=1))


def reminded(channel: Channel) -> list[Notice]:
    return [each for each, _ in channel.told if each.control_id == "MONITOR-BREACH-CLOCK"]


def days(channel: Channel) -> list[date]:
    return [each.decided_at.date() for each in reminded(channel)]


def before(*left: int, last: date = LAST) -> list[date]:
    return [last - timedelta(days=each) for each in left]


def test_every_set_day_is_told_once_before_and_after_the_last_day(
    discovered: Rig, take: Take
) -> None:
    take(Action.COUNT, total=700, by_state={"CA": 700})
    each_day(discovered, LAST + timedelta(days=20))

    assert days(discovered.teams) == before(30, 14, 7, 3, 1, 0, -1, -7)
    assert days(discovered.splunk) == days(discovered.teams)
    assert len({each.uid for each in reminded(discovered.splunk)}) == 8


def test_from_three_days_left_on_it_pages(discovered: Rig, take: Take) -> None:
    take(Action.COUNT, total=700, by_state={"CA": 700})
    each_day(discovered, LAST)

    told = [(each, opening) for each, opening in discovered.pagerduty.told if each.severity]
    mine = [(n.decided_at.date(), o) for n, o in told if n.control_id == "MONITOR-BREACH-CLOCK"]
    assert mine[0] == (LAST - timedelta(days=3), True)
    assert [each.severity for each in reminded(discovered.teams)] == [
        *(Severity.MEDIUM, Severity.MEDIUM, Severity.HIGH),
        *(Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL),
    ]


def test_a_reminder_says_which_notice_to_whom_by_when_and_how_to_record_it(discovered: Rig) -> None:
    on(discovered, LAST - timedelta(days=14))

    (notice,) = reminded(discovered.teams)
    assert notice.reason.startswith("Incident ")
    assert "(TOY-OPEN on records)" in notice.reason
    assert (
        "Notice to the individuals is due by 2027-01-19 (45 CFR 164.404(b)): 14 days left."
    ) in notice.reason
    assert (
        "Notice to HHS may be due by 2027-01-19, if 500 or more individuals are affected "
        "(45 CFR 164.408(b)): 14 days left."
    ) in notice.reason
    assert "phidrift incidents decide" in notice.fix_note
    assert "not legal advice" in notice.fix_note
    assert notice.fix_command is None


def test_both_dates_of_hhs_are_told_while_the_count_is_unknown(discovered: Rig) -> None:
    each_day(discovered, SMALL)

    told = {each.path for notice in reminded(discovered.teams) for each in notice.evidence}
    assert {"deadline[hhs 2027-01-19]", "deadline[hhs 2027-03-01]"} <= told


def test_days_that_the_monitor_missed_are_told_once_the_newest_alone(
    discovered: Rig, take: Take
) -> None:
    take(Action.COUNT, total=700, by_state={"CA": 700})
    on(discovered, LAST - timedelta(days=2), time(15, 0))
    on(discovered, LAST - timedelta(days=2), time(16, 0))

    (notice,) = reminded(discovered.teams)
    assert "2 days left" in notice.reason
    assert {each.value for each in notice.evidence} == {"3 days before"}


def test_nothing_is_told_before_nine_of_the_organization(discovered: Rig) -> None:
    zone = replace(discovered.services.config.breach, time_zone="America/New_York")
    discovered.configure(breach=zone)
    day = date(2026, 12, 19)
    on(discovered, day - timedelta(days=1), time(14, 1))
    on(discovered, day, time(13, 55))
    assert reminded(discovered.teams) == []

    on(discovered, day, time(14, 1))

    assert days(discovered.teams) == [day]


@pytest.mark.parametrize("noticed", [True, False])
def test_a_recorded_decision_ends_the_reminders(
    discovered: Rig, take: Take, *, noticed: bool
) -> None:
    take(Action.COUNT, total=40, by_state={"CA": 40})
    each_day(discovered, LAST - timedelta(days=3))
    if noticed:
        take(Action.DECIDE, outcome=Stage.BREACH)
        for each in (Recipient.INDIVIDUALS, Recipient.HHS):
            take(Action.NOTIFIED, recipient=each, notified_on=discovered.clock().date())
        take(Action.DECIDE, outcome=Stage.NOTIFIED)
    else:
        for factor in Factor:
            take(Action.ASSESS, factor=factor, evidence=("row 17",))
        take(Action.DECIDE, outcome=Stage.LOW_PROBABILITY)
    discovered.later(minutes=2)
    last = reminded(discovered.pagerduty)[-1]
    assert last.change is Change.RESOLVED
    assert "R. Ortiz decided that" in last.reason
    count = len(reminded(discovered.teams))

    each_day(discovered, SMALL + timedelta(days=10))

    assert len(reminded(discovered.teams)) == count
    assert discovered.store_rows("due|") == discovered.store_rows("due|2026")


def test_one_notice_that_is_recorded_leaves_the_others_due(discovered: Rig, take: Take) -> None:
    take(Action.COUNT, total=700, by_state={"CA": 700})
    take(Action.DECIDE, outcome=Stage.BREACH)
    each_day(discovered, LAST - timedelta(days=14))
    take(Action.NOTIFIED, recipient=Recipient.INDIVIDUALS, notified_on=LAST - timedelta(days=14))
    discovered.later(minutes=2)

    last = reminded(discovered.teams)[-1]
    assert last.change is Change.UPDATED
    assert "the individuals" not in last.reason
    assert "Notice to the media of CA is due by 2027-01-19" in last.reason
    assert "phidrift incidents notified" in last.fix_note


def test_a_delay_of_law_enforcement_moves_the_reminders(discovered: Rig, take: Take) -> None:
    take(Action.COUNT, total=700, by_state={"CA": 700})
    each_day(discovered, LAST - timedelta(days=7))
    moved = LAST + timedelta(days=90)
    stated = discovered.clock().date()
    take(Action.DELAY, official="Agent Lee", stated_on=stated, written=True, until=moved)
    discovered.later(minutes=2)
    assert reminded(discovered.teams)[-1].change is Change.RESOLVED
    told = len(reminded(discovered.teams))

    each_day(discovered, moved)

    assert days(discovered.teams)[told:] == before(30, 14, 7, 3, 1, 0, last=moved)


def test_a_changed_configuration_counts_from_the_next_morning_on(discovered: Rig) -> None:
    rules = NoticeRules(Role.BUSINESS_ASSOCIATE, contract_days=10)
    discovered.configure(breach=Breach(rules=rules))
    on(discovered, date(2026, 11, 22))

    (notice,) = reminded(discovered.teams)
    assert "Notice to the covered entity is due by 2026-11-30 (45 CFR 164.410(b))" in notice.reason


def test_a_clock_of_an_earlier_version_gets_its_reminders_with_the_next_sweep(
    discovered: Rig,
) -> None:
    shard = keys.partition(ACCOUNT)
    due = discovered.store.range(shard, *keys.below(RowKind.DUE))
    waiting = [Delete(row.key) for row in due if "|remind|" in row.key]
    assert waiting
    discovered.store.commit(shard, waiting)
    each_day(discovered, LAST - timedelta(days=14))
    assert reminded(discovered.teams) == []

    discovered.run(discovered.monitor.sweep())
    on(discovered, LAST - timedelta(days=13))

    assert len(reminded(discovered.teams)) == 1


def test_a_notice_before_the_discovery_is_refused_and_not_recorded(
    discovered: Rig, take: Take
) -> None:
    take(Action.DECIDE, outcome=Stage.BREACH)

    with pytest.raises(ValueError, match="2020-11-20 is before the discovery on 2026-11-20"):
        take(Action.NOTIFIED, recipient=Recipient.HHS, notified_on=date(2020, 11, 20))
    record = take(Action.NOTIFIED, recipient=Recipient.HHS, notified_on=DISCOVERED)
    assert [each.day for each in record.clock.notices] == [DISCOVERED]
