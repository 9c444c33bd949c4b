"""The shares of background reads: where they do not suffice for all, nobody waits for ever."""

from datetime import timedelta

from drift.observation.confirmation_budget import Share, part_of, reserve
from tests.support.rig import ACCOUNT, Rig

ACCOUNTS = tuple(f"{ACCOUNT}{number:03}" for number in range(100))
POLL = timedelta(minutes=15)


def test_the_longer_an_account_has_waited_the_more_of_the_share_is_kept_for_it() -> None:
    """100 lists are wanted each quarter of an hour, of which a third is allowed; the first asks first."""
    rig = Rig(None)
    due = dict.fromkeys(ACCOUNTS, rig.clock.now)
    last, longest = dict(due), timedelta()
    for _ in range(4 * 360):
        rig.clock.advance(seconds=10)
        now = rig.clock.now
        for each in (name for name in ACCOUNTS if due[name] <= now):
            listed = f"{each}/blobServices/default/containers"
            part = part_of(now - last[each])
            later = reserve(
                rig.store, each, [listed], Share.BACKGROUND, now=rig.clock.now, part=part
            )
            due[each] = later or now + POLL
            longest = max(longest, now - last[each])
            last[each] = last[each] if later else now

    assert longest < timedelta(hours=2)


def test_what_was_just_read_may_use_half_of_a_share_and_what_waits_for_a_day_all_of_it() -> None:
    parts = [part_of(timedelta(minutes=each)) for each in (0, 15, 30, 60, 24 * 60)]

    assert parts == [0.5, 0.5, 0.5 + 1 / 12, 0.5 + 2 / 12, 1.0]


def test_a_share_used_up_while_the_clock_was_ahead_is_free_once_it_is_right_again() -> None:
    rig = Rig(None)
    lists = [f"{ACCOUNT}/blobServices/default/containers/{each}" for each in range(200)]

    def taken(hours: int) -> bool:
        now = rig.clock.now + timedelta(hours=hours)
        return reserve(rig.store, ACCOUNT, lists, Share.CONFIRMATION, now=now) is None

    assert [taken(2), taken(2), taken(0), taken(0)] == [True, False, True, False]
