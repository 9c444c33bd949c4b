"""Two instances on one store, the second always first: nothing is read or sent twice, or lost."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from drift import ids
from drift.errors import Conflict, DeliveryFailed, DeliveryRejected
from drift.pipeline import Monitor
from drift.ports import Delete, Row, Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring.monitor_blind import note_blindness
from drift.state import keys
from drift.state.resource_record import load_record
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"


class Interrupted:
    """A store in which something else happens right before the commit numbered ``at``, or each.

    Counted are those that can conflict.
    """

    def __init__(self, store: Store, happens: Callable[[], None], at: int | None) -> None:
        self._store = store
        self._happens = happens
        self._at = at
        self._commits = 0

    def get(self, partition: str, key: str) -> Row | None:
        return self._store.get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        return self._store.range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if any(each.etag != "*" for each in writes):
            self._commits += 1
            if self._at in (None, self._commits):
                self._happens()
        self._store.commit(partition, writes)


def interrupted(rig: Rig, happens: Callable[[], None], at: int | None) -> Monitor:
    """Return an instance between whose reading and writing something else happens."""
    return Monitor(replace(rig.services, store=Interrupted(rig.store, happens, at)))


def event_for(rig: Rig) -> str:
    (text,) = rig.monitor.intake(rig.body(ACCOUNT))
    return text


@pytest.mark.parametrize("at", [1, 2])
def test_two_events_of_one_write_at_once_open_one_incident(known: Rig, at: int) -> None:
    broken(known)
    first, second = event_for(known), event_for(known)
    other = interrupted(known, lambda: known.run(Outbound(changes=(second,))), at)
    known.run(other.evaluate(first))
    known.later(minutes=5)

    assert known.teams.changes == [OPENED]
    assert known.pagerduty.changes == [OPENED]
    assert known.arm.reads[ids.key(ACCOUNT)] <= 2 + 2 + 1  # at once, quick, to confirm


@pytest.mark.parametrize("at", [1, 2])
def test_the_same_message_twice_at_once_opens_one_incident(known: Rig, at: int) -> None:
    broken(known)
    text = event_for(known)
    other = interrupted(known, lambda: known.run(Outbound(changes=(text,))), at)
    known.run(other.evaluate(text))
    known.later(minutes=5)

    assert known.teams.changes == [OPENED]


@pytest.mark.parametrize("at", [1, 2])
def test_a_fix_that_another_instance_reads_first_is_delivered_after_the_failure(
    known: Rig, at: int
) -> None:
    broken(known)
    first = event_for(known)

    def fix() -> None:
        mended(known)
        known.clock.advance(minutes=2)
        known.write(ACCOUNT)

    known.run(interrupted(known, fix, at).evaluate(first))
    known.later(minutes=5)

    assert known.teams.changes in ([], [OPENED, RESOLVED])


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_delivery_by_two_instances_is_sent_once(known: Rig, at: int, channel: int) -> None:
    broken(known)
    text = known.monitor.evaluate(event_for(known)).deliveries[channel]
    other = interrupted(known, lambda: known.run(Outbound(deliveries=(text,))), at)
    known.run(other.deliver(text))
    known.later(minutes=12)

    assert known.services.channels[channel].changes == [OPENED]  # type: ignore[attr-defined]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_resolve_decided_while_the_opening_is_sent_comes_after_it(known: Rig, at: int) -> None:
    broken(known)
    text = known.monitor.evaluate(event_for(known)).deliveries[0]
    known.clock.advance(minutes=2)
    mended(known)

    def fix() -> None:
        known.write(ACCOUNT)

    known.run(interrupted(known, fix, at).deliver(text))
    known.later(minutes=12)

    assert known.teams.changes == [OPENED, RESOLVED]


def test_a_claim_lost_while_sending_is_not_taken_back(known: Rig) -> None:
    """The send took longer than the claim; another process has sent it, and may be sending the next one."""
    broken(known)
    text = known.monitor.evaluate(event_for(known)).deliveries[0]
    send = known.teams.send

    def slowly(*args: object, **kwargs: object) -> None:
        known.teams.send = send  # type: ignore[method-assign]
        known.clock.advance(seconds=61)
        known.run(Outbound(deliveries=(text,)))
        send(*args, **kwargs)  # type: ignore[arg-type]

    known.teams.send = slowly  # type: ignore[method-assign]
    known.run(known.monitor.deliver(text))
    known.later(minutes=12)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=12)

    assert known.teams.changes == [OPENED, OPENED, RESOLVED]


def test_a_tick_on_two_instances_loses_no_due_row(known: Rig) -> None:
    broken(known)
    for text in known.monitor.intake(known.body(ACCOUNT)):
        known.monitor.evaluate(text)
    known.clock.advance(minutes=2)
    other = interrupted(known, lambda: known.run(known.monitor.tick()), None)
    known.run(other.tick())

    assert known.teams.changes == [OPENED]


def test_a_tick_goes_on_with_the_rest_where_one_row_is_gone(known: Rig) -> None:
    for each in (known.teams, known.pagerduty, known.splunk):
        each.refusal = DeliveryFailed("busy")
    broken(known)
    known.write(ACCOUNT)
    known.clock.advance(minutes=2)
    partition = keys.partition(ACCOUNT)
    first = known.store.range(partition, "due|", "due|~")[0]

    def end_one() -> None:
        if known.store.get(partition, first.key):
            known.store.commit(partition, [Delete(first.key)])

    work = interrupted(known, end_one, None).tick()

    assert len(work.deliveries) == 2


def test_unreadable_resources_are_counted_again_after_a_conflict(known: Rig) -> None:
    """It answers again between counting and storing: an incident must not open that nobody ends."""
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    known.later(minutes=4)
    known.clock.advance(minutes=2)
    held = load_record(known.store, ACCOUNT).record

    def answers() -> None:
        now, timing = known.clock(), known.services.config.timing
        work = note_blindness(known.store, held, replace(held, failing={}), now=now, timing=timing)
        known.run(work)

    text = json.dumps({"kind": "blind", "dependency": STORAGE, "resource": "", "due": ""})
    other = interrupted(known, answers, 1)
    known.run(other.evaluate(text))

    assert known.teams.changes == []


def test_refused_messages_are_counted_again_after_a_conflict(known: Rig) -> None:
    known.teams.refusal = DeliveryRejected("gone")
    broken(known)
    deliveries = known.monitor.evaluate(event_for(known)).deliveries
    work = known.monitor.deliver(deliveries[0])

    def repaired() -> None:
        known.teams.refusal = None
        known.teams.fingerprint = "repaired"
        known.later(minutes=2)

    known.run(interrupted(known, repaired, 1).evaluate(work.changes[0]))
    known.later(minutes=12)

    said = [each for each in known.splunk.changes if "CHANNEL" in each]

    assert said in ([], ["MONITOR-CHANNEL opened", "MONITOR-CHANNEL resolved"])
    assert known.teams.changes == [OPENED]


def test_a_storm_of_conflicts_ends_and_loses_nothing(known: Rig) -> None:
    broken(known)
    left = [20]

    def again() -> None:
        if left[0]:
            left[0] -= 1
            raise Conflict("somebody was faster")

    known.run(interrupted(known, again, None).evaluate(event_for(known)))

    assert known.teams.changes == [OPENED]
    assert left == [0]


def test_a_message_sent_early_by_a_fast_clock_keeps_its_due_row(known: Rig) -> None:
    known.arm.lag(ACCOUNT, seconds=62)
    broken(known)
    known.write(ACCOUNT)
    known.later(seconds=40)
    known.clock.advance(seconds=24)
    known.run(known.ahead(seconds=2).tick())

    assert known.teams.changes == []

    known.later(minutes=2)

    assert known.teams.changes == [OPENED]


def test_a_dead_lease_holder_is_replaced_within_two_minutes(known: Rig) -> None:
    broken(known)
    event = event_for(known)

    def die(name: str) -> None:
        raise SystemExit

    known.arm.meanwhile = die
    with pytest.raises(SystemExit):
        known.monitor.evaluate(event)
    known.arm.meanwhile = lambda _: None
    folded = known.write(ACCOUNT)
    known.deliver(folded)

    assert known.teams.changes == []

    known.later(minutes=2)

    assert known.teams.changes == [OPENED]


def test_a_reader_with_an_expired_lease_stores_nothing(known: Rig) -> None:
    broken(known)
    event = event_for(known)

    def sleep(name: str) -> None:
        known.arm.meanwhile = lambda _: None
        known.later(minutes=2)
        mended(known)
        known.later(minutes=2)
        known.write(ACCOUNT)

    known.arm.meanwhile = sleep
    known.run(known.monitor.evaluate(event))
    known.later(minutes=5)

    assert known.teams.changes == [OPENED, RESOLVED]
