"""The redelivery row replaces lost delivery messages and is deleted when none can be lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.storage import tls
from drift.config.model import Route
from drift.errors import DeliveryFailed, DeliveryRejected, DriftError
from drift.ports import Put
from drift.queues.outbound import MessageKind, Outbound
from drift.state import keys
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

OPENED = "STORAGE-TLS opened"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.arm.put(
        ACCOUNT,
        kind="StorageV2",
        tags={"dataClassification": "phi"},
        properties={"minimumTlsVersion": "TLS1_0", "supportsHttpsTrafficOnly": True},
    )
    rig.arm.put(GROUP, tags={})
    rig.arm.put(f"/subscriptions/{SUBSCRIPTION}", tags={})
    rig.only(tls)
    rig.configure(routes=(Route(channels=("teams", "pagerduty", "splunk")),))
    yield rig
    rig.close()


def decided(rig: Rig) -> dict[str, str]:
    """Have the failure decided; return the message that is on its way to each channel."""
    (text,) = rig.monitor.intake(rig.body(ACCOUNT))
    return {json.loads(each)["channel"]: each for each in rig.monitor.evaluate(text).deliveries}


def nets(rig: Rig) -> int:
    """Count the nets, whenever they are due."""
    due = (rig.store.range(each, *keys.below("due")) for each in keys.PARTITIONS)
    return sum(row.data["kind"] == MessageKind.SPREAD for rows in due for row in rows)


def test_a_change_has_one_redelivery_row_for_all_its_channels(rig: Rig) -> None:
    asked = decided(rig)

    assert set(asked) == {"teams", "pagerduty", "splunk"}
    assert nets(rig) == 1


def test_a_change_without_channels_has_no_redelivery_row(rig: Rig) -> None:
    rig.configure(routes=(Route(channels=("teams",), controls=("STORAGE-CMK",)),))

    assert (decided(rig), nets(rig)) == ({}, 0)


def test_the_last_delivery_deletes_the_redelivery_row(rig: Rig) -> None:
    first, second, last = decided(rig).values()
    rig.run(Outbound(deliveries=(first, second)))

    assert nets(rig) == 1

    rig.run(Outbound(deliveries=(last,)))

    assert nets(rig) == 0


def test_only_the_channel_whose_message_was_lost_is_asked_for_again(rig: Rig) -> None:
    asked = decided(rig)
    rig.run(Outbound(deliveries=(asked["teams"], asked["splunk"])))
    rig.clock.advance(minutes=2)
    (spread,) = rig.monitor.tick().deliveries
    (again,) = rig.monitor.deliver(spread).deliveries
    rig.run(Outbound(deliveries=(again,)))

    assert json.loads(again)["channel"] == "pagerduty"
    told = [each.changes for each in (rig.teams, rig.pagerduty, rig.splunk)]
    assert told == [[OPENED]] * 3
    assert nets(rig) == 0


def test_a_cursor_of_another_version_holds_up_no_other_channel(rig: Rig) -> None:
    asked = decided(rig)
    rig.run(Outbound(deliveries=(asked["splunk"],)))
    cursors = (rig.store.range(each, *keys.below("cursor")) for each in keys.PARTITIONS)
    (cursor,) = (row for rows in cursors for row in rows)
    home = keys.partition(ACCOUNT)
    rig.store.commit(home, [Put(cursor.key, {**cursor.data, "schema": 2})])
    rig.later(minutes=3)

    assert (rig.teams.changes, rig.pagerduty.changes) == ([OPENED], [OPENED])
    assert rig.monitor.health()["notUnderstood"] == 1


@pytest.mark.parametrize("refusal", [DeliveryFailed("busy"), DeliveryRejected("gone")])
def test_a_change_with_a_due_retry_needs_no_redelivery_row(rig: Rig, refusal: DriftError) -> None:
    rig.teams.refusal = refusal
    rig.run(Outbound(deliveries=tuple(decided(rig).values())))

    assert rig.teams.told == []
    assert nets(rig) == 0

    rig.teams.refusal = None
    rig.later(minutes=70)

    assert rig.teams.changes[0] == OPENED


def test_the_redelivery_row_stays_if_the_sender_dies(rig: Rig) -> None:
    def die(*_: object, **__: object) -> None:
        raise SystemExit

    asked = decided(rig)
    send, rig.teams.send = rig.teams.send, die  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        rig.monitor.deliver(asked["teams"])
    rig.teams.send = send  # type: ignore[method-assign]
    rig.run(Outbound(deliveries=(asked["pagerduty"], asked["splunk"])))

    assert nets(rig) == 1

    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]


def test_a_message_of_the_version_before_is_followed_up(rig: Rig) -> None:
    old = {**json.loads(decided(rig)["teams"]), "due": "due|20261120T030100.000000Z|deliver|x"}
    del old["net"]
    rig.run(Outbound(deliveries=(json.dumps(old),)))

    assert rig.teams.changes == [OPENED]
