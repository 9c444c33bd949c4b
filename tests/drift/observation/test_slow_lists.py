"""A list that takes long, or that is refused, does not delay what the resource proves."""

from collections import Counter

import pytest

from drift import ids
from drift.model import Severity
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.open_account import CONTAINERS, broken
from tests.support.rig import ACCOUNT, Rig

OPENED = "TOY-OPEN opened"


@pytest.fixture
def watched(known: Rig) -> Rig:
    """Return a monitor that judges the account by its own document and by its containers."""
    known.only(open_account.CONTAINER, open_account.OPEN)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.clock.advance(minutes=16)  # what was read around the account is no longer remembered
    return known


def has_slow_containers(rig: Rig, *, pages: int, seconds: float, account: str = ACCOUNT) -> None:
    """Have the list of an account's containers take so long for each of its pages."""
    slow = ids.key(CONTAINERS.replace(ACCOUNT, account))
    rig.arm.pages[slow] = pages

    def wait(name: str) -> None:
        if name == slow:
            rig.clock.advance(seconds=seconds)

    rig.arm.meanwhile = wait


def test_a_list_of_a_hundred_slow_pages_does_not_delay_what_the_account_proves(
    watched: Rig,
) -> None:
    has_slow_containers(watched, pages=100, seconds=2)
    broken(watched)
    began = watched.clock()
    watched.write(ACCOUNT)
    taken = (watched.clock() - began).total_seconds()

    assert watched.teams.changes == [OPENED]
    assert taken <= 20


def test_a_page_that_hangs_is_given_up_at_the_deadline(watched: Rig) -> None:
    has_slow_containers(watched, pages=100, seconds=1)
    slow, page = watched.arm.meanwhile, watched.arm.hanging

    def wait(name: str) -> None:
        slow(name)
        if (watched.clock() - began).total_seconds() > 13:
            page[ids.key(CONTAINERS)] = lambda seconds: watched.clock.advance(seconds=seconds)

    watched.arm.meanwhile = wait
    broken(watched)
    began = watched.clock()
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED]
    assert (watched.clock() - began).total_seconds() <= 16


class Killed(BaseException):
    """The process ends here, as with SIGKILL: nothing is caught, and nothing more is stored."""


def is_killed(rig: Rig, *, after_pages: int) -> None:
    """Have the process die while it waits for a page of the account's containers."""
    slow, pages = rig.arm.meanwhile, Counter[str]()

    def wait(name: str) -> None:
        slow(name)
        pages[name] += 1
        if pages[name] > after_pages and name == ids.key(CONTAINERS):
            raise Killed

    rig.arm.meanwhile = wait


def test_a_kill_within_a_list_does_not_hide_what_the_account_proves(watched: Rig) -> None:
    """No later evaluation reports it: each one dies during the list, like one that needs too much memory."""
    has_slow_containers(watched, pages=100, seconds=2)
    is_killed(watched, after_pages=3)
    broken(watched)
    with pytest.raises(Killed):
        watched.write(ACCOUNT)
    watched.arm.meanwhile = lambda _: None
    deliveries_of(watched, minutes=2)

    assert watched.teams.changes == [OPENED]


def deliveries_of(rig: Rig, *, minutes: int) -> None:
    """Let time pass in which stored changes are delivered, and nothing is evaluated."""
    for _ in range(minutes):
        rig.clock.advance(minutes=1)
        waiting = rig.monitor.tick().deliveries
        while waiting:
            waiting = tuple(x for each in waiting for x in rig.monitor.deliver(each).deliveries)


def test_after_a_kill_what_the_account_proves_is_stored_before_the_first_list(watched: Rig) -> None:
    is_killed(watched, after_pages=0)
    broken(watched)
    with pytest.raises(Killed):
        watched.write(ACCOUNT)
    watched.clock.advance(seconds=70)
    with pytest.raises(Killed):
        watched.run(watched.monitor.tick())
    deliveries_of(watched, minutes=2)

    assert watched.teams.changes == [OPENED]


def test_what_is_stored_before_slow_lists_is_told_once(watched: Rig) -> None:
    has_slow_containers(watched, pages=4, seconds=1)
    broken(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)

    assert watched.teams.changes == [OPENED]
    assert watched.monitor.health()["unknown"] == 0


def test_what_is_stored_before_slow_lists_reads_nothing_more(watched: Rig) -> None:
    broken(watched)
    has_slow_containers(watched, pages=4, seconds=1)
    watched.arm.reads.clear()
    watched.write(ACCOUNT)

    assert max(watched.arm.reads.values()) == 1


@pytest.mark.parametrize(("seconds", "stored_at"), [(0.3, None), (0.9, 3), (5, 1)])
def test_only_before_a_page_of_slow_lists_something_is_stored(
    watched: Rig, seconds: float, stored_at: int | None
) -> None:
    has_slow_containers(watched, pages=4, seconds=seconds)
    slow, opened = watched.arm.meanwhile, list[bool]()

    def wait(name: str) -> None:
        if name == ids.key(CONTAINERS):
            opened.append(load_record(watched.store, ACCOUNT).record.controls["TOY-OPEN"].open)
        slow(name)

    watched.arm.meanwhile = wait
    broken(watched)
    watched.write(ACCOUNT)

    assert opened.index(True) == stored_at if stored_at else not any(opened[:4])


def test_a_list_that_is_cut_off_is_unknown_and_tried_again(watched: Rig) -> None:
    has_slow_containers(watched, pages=100, seconds=2)
    watched.write(ACCOUNT)
    unknown = watched.monitor.health()["unknown"]
    has_slow_containers(watched, pages=2, seconds=2)
    watched.later(minutes=3)

    assert unknown == 1
    assert watched.monitor.health()["unknown"] == 0


def test_a_list_that_is_cut_off_leaves_time_to_read_whether_it_is_phi(watched: Rig) -> None:
    other = ACCOUNT.replace("records", "other")
    open_account.place(watched, account=other, phi=False)
    watched.arm.set(other, open=True)
    has_slow_containers(watched, pages=100, seconds=2, account=other)
    watched.write(other)
    [(notice, _)] = watched.teams.told

    assert (notice.phi, notice.severity) == (False, Severity.HIGH)


def test_a_limit_of_lists_does_not_delay_the_read_of_a_changed_account(watched: Rig) -> None:
    """Storage counts reads and lists apart: 800 and 100 in five minutes."""
    watched.arm.refused[ids.key(CONTAINERS)] = 429
    watched.arm.retry_after = 300
    watched.write(ACCOUNT)
    broken(watched)
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED]


def test_a_limit_of_lists_stops_every_list_of_the_provider_until_it_is_over(watched: Rig) -> None:
    watched.arm.refused[ids.key(CONTAINERS)] = 429
    watched.arm.retry_after = 300
    watched.write(ACCOUNT)
    watched.arm.reads.clear()
    watched.later(minutes=4)

    assert watched.arm.reads[ids.key(CONTAINERS)] == 0
    watched.arm.refused.clear()
    watched.later(minutes=3)
    assert watched.arm.reads[ids.key(CONTAINERS)] == 1


@pytest.mark.parametrize(
    ("code", "reads"), [("SubscriptionRequestsThrottled", 0), ("TooManyRequests", 1)]
)
def test_only_arms_own_limit_stops_reads_and_lists_together(
    watched: Rig, code: str, reads: int
) -> None:
    watched.arm.refused[ids.key(CONTAINERS)] = 429
    watched.arm.code, watched.arm.retry_after = code, 100
    watched.write(ACCOUNT)
    watched.arm.reads.clear()
    watched.clock.advance(seconds=10)
    watched.write(ACCOUNT)

    assert watched.arm.reads[ids.key(ACCOUNT)] == reads
