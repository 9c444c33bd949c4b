"""Changed rules and changed channels are applied in parts, each part once."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from drift.ports import Put
from drift.queues.outbound import MessageKind, Outbound
from drift.state import keys
from tests.drift.schedule.large_estates import CONTROL, accounts, opened, walked, woken
from tests.support.rig import Rig


def held(rig: Rig, resources: Iterable[str]) -> None:
    """Store rows that say that Teams refused a message about each resource under other settings."""
    for each in resources:
        row = {"resource": each, "control": CONTROL, "number": 1, "channel": "teams"}
        key = keys.row_key("held", "teams", keys.digest(each), CONTROL, keys.numbered(1))
        data = {**row, "since": rig.clock.now.isoformat(), "fingerprint": "of yesterday"}
        rig.store.commit(keys.partition(each), [Put(key, data)])


def test_new_rules_have_every_open_resource_read_again_part_by_part() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    total = walked(rig, ticks=1)

    assert total[MessageKind.CONFIG] == 3
    assert woken(rig) == set(accounts(1200))


def test_a_walk_whose_message_is_lost_goes_on_where_it_was() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(600))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    rig.monitor.background(message)
    first = len(woken(rig))
    walked(rig, ticks=70)

    assert first == 500
    assert woken(rig) == set(accounts(600))


def slowly(rig: Rig, *, minutes: int, wait: int, kinds_kept: Iterable[str]) -> list[str]:
    """Tick each minute for so long while each message waits so many minutes; return what is sent.

    Only marks and messages of these kinds are followed up.
    """
    followed, sent = {MessageKind.MARK, *kinds_kept}, list[str]()
    queue = list[tuple[datetime, str]]()
    for _ in range(minutes):
        rig.clock.advance(minutes=1)
        work = rig.monitor.tick()
        while queue and queue[0][0] <= rig.clock.now:
            work += rig.monitor.background(queue.pop(0)[1])
        texts = (*work.changes, *work.deliveries, *work.background)
        sent += texts
        ready = rig.clock.now + timedelta(minutes=wait)
        queue += [(ready, each) for each in texts if json.loads(each)["kind"] in followed]
    return sent


def test_new_rules_are_applied_though_each_message_waits_longer_than_its_due_row() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    slowly(rig, minutes=60, wait=12, kinds_kept=[MessageKind.CONFIG])

    assert woken(rig) == set(accounts(1200))


def test_what_was_held_is_released_though_each_message_waits_longer_than_its_due_row() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(450))
    rig.teams.fingerprint = "of today"
    sent = slowly(rig, minutes=120, wait=12, kinds_kept=[MessageKind.RELEASE])
    released = Counter(each for each in sent if json.loads(each)["kind"] == MessageKind.DELIVER)

    assert len(released) == 450
    assert set(released.values()) == {2}, "the walk is done twice, and no page is repeated in it"


def test_two_copies_of_a_message_are_one_walk() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    [second] = rig.monitor.background(message).background

    assert rig.monitor.background(message) == Outbound()
    assert len(rig.monitor.background(second).background) == 1


def test_newer_rules_end_the_walk_of_the_ones_before() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(3))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    rig.change(facts=rig.facts("third"))
    rig.monitor.tick()

    assert rig.monitor.background(message) == Outbound()
    assert woken(rig) == set()


def test_what_was_held_is_enqueued_once_by_any_number_of_ticks() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(150))
    rig.teams.fingerprint = "of today"
    total = walked(rig, ticks=7)

    assert total[MessageKind.DELIVER] == 150


def test_every_page_of_what_was_held_is_released_though_a_message_is_lost() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(450))
    rig.teams.fingerprint = "of today"
    total = walked(rig, ticks=70, lost=MessageKind.RELEASE)

    assert total[MessageKind.DELIVER] >= 450
