"""How a sweep continues: page by page, within its read budget, after any crash."""

from dataclasses import dataclass, replace

import pytest

from drift.errors import SourceUnavailable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Notice
from drift.ports import Audience
from drift.queues.outbound import Outbound
from drift.state import keys, sweep_state
from drift.state.sweep_state import Phase
from drift.sweep.lanes import enter_lane, leave_lane
from tests.drift.sweep.sweeping import OPENED, accounts, swept
from tests.support import open_account
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Clock, Rig


def is_done(rig: Rig) -> bool:
    state, _ = sweep_state.find_sweep(rig.store, SUBSCRIPTION)
    return state is not None and state.phase is Phase.DONE


def test_pages_follow_each_other_to_the_end(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    swept(clinic, minutes=10)

    assert clinic.splunk.changes == [OPENED] * 250
    assert is_done(clinic)


def test_it_reads_no_more_in_a_minute_than_its_ration(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    clinic.run(clinic.monitor.sweep())
    first = sum(clinic.arm.reads.values())
    clinic.later(minutes=2)
    second = sum(clinic.arm.reads.values())
    clinic.later(minutes=5)

    assert (first, second) == (80, 160)
    assert clinic.splunk.changes == [OPENED] * 250


def test_it_waits_for_a_resource_graph_that_refuses(clinic: Rig) -> None:
    clinic.graph.failing = SourceUnavailable("graph", 429, retry_after=100)
    broken(clinic)
    swept(clinic, minutes=4)
    refused = list(clinic.splunk.told)
    clinic.graph.failing = None
    clinic.later(minutes=4)

    assert refused == []
    assert clinic.splunk.changes == [OPENED]


def test_a_sweep_under_way_is_not_begun_anew(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    clinic.run(clinic.monitor.sweep())
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=10)

    assert clinic.splunk.changes == [OPENED] * 250
    state, _ = sweep_state.find_sweep(clinic.store, SUBSCRIPTION)
    assert state is not None
    assert state.run == 1


def test_a_lost_message_is_replaced(clinic: Rig) -> None:
    broken(clinic)
    clinic.monitor.sweep()
    clinic.later(minutes=6)

    assert clinic.splunk.changes == [OPENED]
    assert is_done(clinic)


def test_a_sweep_whose_process_died_continues_from_its_last_page(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    [message] = clinic.monitor.sweep().background

    def die(name: str) -> None:
        if clinic.arm.reads.total() > 30:
            raise KeyboardInterrupt

    clinic.arm.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        clinic.run(Outbound(background=(message,)))
    clinic.arm.meanwhile = lambda _: None
    clinic.later(minutes=25)
    told = [notice.finding_uid for notice, _ in clinic.splunk.told]

    assert is_done(clinic)
    assert len(set(told)) == len(told) == 250


def test_a_message_that_comes_twice_is_done_once(clinic: Rig) -> None:
    accounts(clinic, 3, is_open=True)
    work = clinic.monitor.sweep()
    clinic.run(work + work)
    clinic.later(minutes=40)

    assert clinic.splunk.changes == [OPENED] * 3
    assert clinic.store_rows("due|") == 0


def test_only_so_many_subscriptions_are_swept_at_once(clinic: Rig) -> None:
    others = tuple(SUBSCRIPTION[:-1] + each for each in "67")
    facts = replace(clinic.services.facts, subscriptions=(SUBSCRIPTION, *others))
    clinic.change(facts=facts)
    inside: list[int] = []

    def count(_: str) -> None:
        rows = clinic.store.range(keys.META, "lane|", "lane|~")
        inside.append(len(rows))

    clinic.arm.meanwhile = count
    for each in (SUBSCRIPTION, *others):
        open_account.place(clinic, account=ACCOUNT.replace(SUBSCRIPTION, each))
        clinic.arm.set(ACCOUNT.replace(SUBSCRIPTION, each), open=True)
    swept(clinic)

    assert set(inside) == {1}
    assert len(clinic.splunk.changes) == 3
    assert clinic.store_rows("lane|") == 0


def test_a_third_sweep_waits_until_a_lane_is_free(clinic: Rig) -> None:
    broken(clinic)
    lanes = [enter_lane(clinic.store, "another", now=clinic.clock()) for _ in range(3)]
    swept(clinic, minutes=4)
    waiting = list(clinic.splunk.told)
    for each in lanes[:2]:
        assert each is not None
        leave_lane(clinic.store, each)
    clinic.later(minutes=3)

    assert lanes[2] is None
    assert waiting == []
    assert clinic.splunk.changes == [OPENED]


def test_one_resource_that_takes_more_than_a_minutes_ration_does_not_stop_the_sweep(
    clinic: Rig,
) -> None:
    nics = [f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic{at}" for at in range(500)]

    def reads_much(resource: Resource, around: Estate) -> Verdict:
        found = [around.get(each) for each in nics if resource.id == ACCOUNT]
        return Verdict(Outcome.FAIL if found else Outcome.PASS, "it is before interfaces")

    for each in nics:
        clinic.arm.put(each)
    accounts(clinic, 3)
    clinic.only(open_account.toy("TOY-MUCH", reads_much))
    swept(clinic, minutes=15)

    assert is_done(clinic)
    assert clinic.splunk.changes == ["TOY-MUCH opened"]


@dataclass(frozen=True)
class Slow:
    """A SIEM that needs the longest allowed time for each message."""

    clock: Clock
    name: str = "splunk"
    audience: Audience = Audience.SIEM
    fingerprint: str = "as installed"

    def send(self, notice: Notice, *, opening: bool) -> None:
        self.clock.advance(seconds=20)


def test_deliveries_that_a_slow_channel_does_not_take_in_time_stay_in_the_queue(
    clinic: Rig,
) -> None:
    broken(clinic)
    clinic.only(*(open_account.toy(f"TOY-{number}", open_account.is_open) for number in range(6)))
    clinic.change(channels=(Slow(clinic.clock),))
    began = clinic.clock()
    [message] = clinic.monitor.sweep().background
    [message] = clinic.monitor.background(message).background
    left = clinic.monitor.background(message)

    assert (clinic.clock() - began).total_seconds() == 80
    assert len(left.deliveries) == 2
