"""Deliveries: in order, once per channel, never lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detectors.storage import tls
from drift.config.model import Route
from drift.errors import DeliveryFailed, DeliveryRejected, StoreUnavailable
from drift.model import Severity
from drift.pipeline import Monitor
from drift.ports import Row, Write
from drift.queues.outbound import Outbound
from drift.tick import tick
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

OPENED = "STORAGE-TLS opened"
RESOLVED = "STORAGE-TLS resolved"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    properties = {"minimumTlsVersion": "TLS1_0", "supportsHttpsTrafficOnly": True}
    rig.arm.put(
        ACCOUNT, kind="StorageV2", tags={"dataClassification": "phi"}, properties=properties
    )
    rig.arm.put(GROUP, tags={})
    rig.arm.put(f"/subscriptions/{SUBSCRIPTION}", tags={})
    rig.only(tls)
    yield rig
    rig.close()


def mend(rig: Rig) -> None:
    """Fix the account long enough after it failed, and deliver the event."""
    rig.later(minutes=2)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    rig.write(ACCOUNT)


def test_a_channel_that_fails_for_now_is_told_later(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("busy")
    rig.write(ACCOUNT)

    assert rig.splunk.changes == [OPENED]

    rig.teams.refusal = None
    rig.later(seconds=11)

    assert rig.teams.changes == [OPENED]


class Slow:
    """A store whose first write is slow."""

    def __init__(self, rig: Rig, seconds: float) -> None:
        self._rig = rig
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rig.store, name)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        self._rig.clock.advance(seconds=self._seconds)
        self._seconds = 0
        self._rig.store.commit(partition, writes)


def test_under_a_claim_that_took_long_to_be_written_nothing_is_sent(rig: Rig) -> None:
    (event,) = rig.monitor.intake(rig.body(ACCOUNT))
    first, *_ = rig.monitor.evaluate(event).deliveries
    work = Monitor(replace(rig.services, store=Slow(rig, 31))).deliver(first)
    told = [each.changes for each in (rig.teams, rig.pagerduty, rig.splunk)]
    rig.run(work)

    assert told == [[], [], []]
    assert sum(len(each.changes) for each in (rig.teams, rig.pagerduty, rig.splunk)) == 1


class Unreadable:
    """A store that does not answer one query for rows of a kind after a channel got a message."""

    def __init__(self, rig: Rig, kind: str) -> None:
        self._rig = rig
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rig.store, name)

    def range(
        self, partition: str, first: str, end: str, limit: int | None = None
    ) -> Sequence[Row]:
        self._refuse(first)
        given = self._rig.store.range(partition, first, end)
        return given[:limit]

    def get(self, partition: str, key: str) -> Row | None:
        self._refuse(key)
        return self._rig.store.get(partition, key)

    def _refuse(self, key: str) -> None:
        if self._rig.teams.told and key.startswith(self._kind):
            self._kind = "\0"
            raise StoreUnavailable("state", 503)


@pytest.mark.parametrize("kind", ["outbox|", "open|"])
def test_what_was_sent_is_recorded_before_anything_else_is_read(rig: Rig, kind: str) -> None:
    (event,) = rig.monitor.intake(rig.body(ACCOUNT))
    deliveries = rig.monitor.evaluate(event).deliveries
    first = next(each for each in deliveries if '"teams"' in each)
    work = Monitor(replace(rig.services, store=Unreadable(rig, kind))).deliver(first)
    rig.run(work)
    rig.later(minutes=15)

    assert rig.teams.changes == [OPENED]


def test_a_channel_that_asks_for_time_is_left_alone_for_so_long(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("busy", retry_after=300)
    rig.write(ACCOUNT)
    rig.teams.refusal = None
    rig.later(minutes=4)

    assert rig.teams.changes == []

    rig.later(minutes=2)

    assert rig.teams.changes == [OPENED]


def test_an_unsent_opening_is_delivered_before_the_resolve(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("busy", retry_after=600)
    rig.write(ACCOUNT)
    mend(rig)
    rig.teams.refusal = None
    rig.later(minutes=15)

    assert rig.teams.changes == [OPENED, RESOLVED]


def test_a_channel_that_refuses_for_good_is_held_and_said_once_elsewhere(rig: Rig) -> None:
    rig.teams.refusal = DeliveryRejected("gone")
    rig.write(ACCOUNT)
    rig.later(minutes=30)

    assert rig.pagerduty.changes == ["MONITOR-CHANNEL opened"]
    assert rig.monitor.health()["undelivered"] == 1
    assert rig.teams.told == []


def test_what_was_held_is_released_when_the_settings_change(rig: Rig) -> None:
    rig.teams.refusal = DeliveryRejected("gone")
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.teams.refusal = None
    rig.teams.fingerprint = "repaired"
    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]
    assert rig.pagerduty.changes == ["MONITOR-CHANNEL opened", "MONITOR-CHANNEL resolved"]
    assert rig.monitor.health()["undelivered"] == 0


def test_what_was_held_is_released_within_the_hour_when_the_channel_is_repaired(rig: Rig) -> None:
    rig.teams.refusal = DeliveryRejected("gone")
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.teams.refusal = None
    rig.later(minutes=62)

    assert rig.teams.changes == [OPENED]


def test_what_is_refused_for_a_day_is_recorded_as_undelivered(rig: Rig) -> None:
    rig.teams.refusal = DeliveryRejected("gone")
    rig.write(ACCOUNT)
    rig.later(minutes=60 * 26)

    assert rig.monitor.health()["undelivered"] == 1

    rig.teams.refusal = None
    mend(rig)

    assert rig.teams.changes == [RESOLVED]


def test_a_lost_delivery_message_is_asked_for_again(rig: Rig) -> None:
    monitor = rig.monitor
    for text in monitor.intake(rig.body(ACCOUNT)):
        monitor.evaluate(text)

    assert rig.teams.told == []

    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]


def test_the_same_delivery_twice_tells_once(rig: Rig) -> None:
    monitor = rig.monitor
    work = Outbound()
    for text in monitor.intake(rig.body(ACCOUNT)):
        work += monitor.evaluate(text)
    for text in (*work.deliveries, *work.deliveries):
        rig.run(monitor.deliver(text))
    rig.later(minutes=15)

    assert rig.teams.changes == [OPENED]


def test_a_tick_does_not_enqueue_twice_what_is_waiting(rig: Rig) -> None:
    monitor = rig.monitor
    for text in monitor.intake(rig.body(ACCOUNT)):
        monitor.evaluate(text)
    rig.clock.advance(minutes=2)

    assert len(tick(rig.services).deliveries) > 0
    assert tick(rig.services).deliveries == ()


def test_routes_decide_who_is_told(rig: Rig) -> None:
    route = Route(channels=("pagerduty",), severity=Severity.LOW, controls=("STORAGE-TLS",))
    rig.configure(routes=(route,))
    rig.write(ACCOUNT)

    assert rig.pagerduty.changes == [OPENED]
    assert rig.teams.changes == []
    assert rig.splunk.changes == []


def test_one_invocation_sends_for_a_while_and_asks_for_the_rest(rig: Rig) -> None:
    rig.teams.refusal = DeliveryFailed("busy")
    for _ in range(2):
        rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
        rig.write(ACCOUNT)
        mend(rig)
        rig.later(minutes=3)
    rig.teams.refusal = None
    rig.clock.advance(minutes=20)
    send = rig.teams.send

    def slowly(*args: Any, **kwargs: Any) -> None:
        send(*args, **kwargs)
        rig.clock.advance(seconds=15)

    rig.teams.send = slowly  # type: ignore[method-assign]
    (text, *_) = [each for each in tick(rig.services).deliveries if '"channel":"teams"' in each]
    work = rig.monitor.deliver(text)

    assert rig.teams.changes == [OPENED, RESOLVED]
    assert len(work.deliveries) == 1

    rig.run(work)

    assert rig.teams.changes == [OPENED, RESOLVED, OPENED, RESOLVED]


def test_another_sender_takes_over_after_the_claim_of_a_dead_one_expires(rig: Rig) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    send, rig.teams.send = rig.teams.send, die  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        rig.write(ACCOUNT)
    rig.teams.send = send  # type: ignore[method-assign]
    rig.later(seconds=59)

    assert rig.teams.changes == []

    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]
