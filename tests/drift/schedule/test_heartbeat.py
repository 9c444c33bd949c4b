"""Each SIEM channel gets one heartbeat an hour: none is lost or duplicated, and they do not accumulate."""

import json
from dataclasses import dataclass, field, replace

from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Heartbeat
from drift.outbox.evidence_rows import record_rows
from drift.ports import Audience
from drift.queues.outbound import Outbound
from drift.schedule.heartbeat import begin_heartbeat
from drift.state import keys
from drift.state.known_resources import known_row
from tests.support.evidence import MemoryEvidence, checkpoint_files, keep_evidence
from tests.support.rig import ACCOUNT, Channel, Rig


@dataclass
class Siem(Channel):
    """A channel that also keeps the heartbeats that it receives."""

    heartbeats: list[Heartbeat] = field(default_factory=list)

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        if self.refusal:
            raise self.refusal
        self.heartbeats.append(heartbeat)


def a_rig() -> tuple[Rig, Siem]:
    """Return a monitor that tells people, a pager and one SIEM."""
    rig, siem = Rig(None), Siem("siem", Audience.SIEM)
    rig.change(channels=(rig.teams, rig.pagerduty, siem))
    return rig, siem


def begun(rig: Rig) -> Outbound:
    """Return the messages by which an instance begins the heartbeat of this hour."""
    services = rig.services
    return begin_heartbeat(rig.store, services.channels, services.facts, rig.clock())


def test_each_hour_has_one_heartbeat_with_what_is_watched() -> None:
    rig, siem = a_rig()
    rig.store.commit("shard-3", [known_row(ACCOUNT, 1)])

    rig.later(minutes=130)

    assert len(siem.heartbeats) == 3
    assert len({each.uid for each in siem.heartbeats}) == 3
    assert siem.heartbeats[0].data == {"watched": 1, "lastEvent": None, "version": "1"}
    assert not rig.teams.told
    assert not rig.pagerduty.told


def test_a_heartbeat_says_when_the_last_event_came() -> None:
    rig, siem = a_rig()
    rig.deliver(rig.event(ACCOUNT))

    rig.run(begun(rig))

    assert siem.heartbeats[0].last_event == rig.clock.now


def test_two_instances_send_one_heartbeat() -> None:
    rig, siem = a_rig()

    rig.run(begun(rig))
    rig.run(begun(rig))

    assert len(siem.heartbeats) == 1


def test_a_heartbeat_whose_message_is_lost_is_sent_a_minute_later() -> None:
    rig, siem = a_rig()

    lost = begun(rig)
    rig.later(seconds=90)

    assert lost != Outbound()
    assert len(siem.heartbeats) == 1


def test_after_an_outage_only_the_newest_heartbeat_is_sent() -> None:
    rig, siem = a_rig()
    siem.refusal = DeliveryFailed("siem: HTTP 503")
    rig.later(minutes=200)

    siem.refusal = None
    rig.later(minutes=6)

    assert len(siem.heartbeats) == 1
    assert siem.heartbeats[0].at.hour == 6
    assert (
        rig.store_rows("outbox|") == 2 + 1
    )  # the report of the outage, its end, and one heartbeat


def test_a_channel_that_refuses_only_heartbeats_is_reported_through_the_others() -> None:
    rig, siem = a_rig()
    siem.refusal = DeliveryRejected("siem: HTTP 403", status=403)
    rig.later(minutes=1)

    assert rig.teams.changes == ["MONITOR-CHANNEL opened"]
    assert "The hourly heartbeat was not delivered" in rig.teams.told[0][0].reason

    siem.refusal = None
    rig.later(minutes=70)

    assert rig.teams.changes[-1] == "MONITOR-CHANNEL resolved"


def test_a_refused_heartbeat_is_never_recorded_as_undelivered() -> None:
    rig, siem = a_rig()
    siem.refusal = DeliveryRejected("siem: HTTP 403", status=403)

    rig.later(minutes=26 * 60)

    assert rig.store_rows("undelivered|siem") == 0
    assert rig.store_rows("held|siem") == 1


def test_a_channel_whose_settings_are_removed_leaves_no_heartbeat_on_hold() -> None:
    rig, siem = a_rig()
    siem.refusal = DeliveryRejected("siem: HTTP 403", status=403)
    rig.later(minutes=1)

    rig.change(channels=(rig.teams, rig.pagerduty))
    rig.later(minutes=120)

    assert rig.store_rows("held|siem") == 0
    assert rig.monitor.health()["undelivered"] == 0


def test_a_channel_that_comes_back_gets_the_next_heartbeat() -> None:
    rig, siem = a_rig()
    siem.refusal = DeliveryFailed("siem: HTTP 503")
    rig.later(minutes=62)
    rig.change(channels=(rig.teams, rig.pagerduty))
    rig.later(minutes=125)

    siem.refusal = None
    rig.change(channels=(rig.teams, rig.pagerduty, siem))
    rig.later(minutes=125)

    assert len(siem.heartbeats) == 3


def test_a_heartbeat_that_a_removed_channel_never_got_is_owed_to_nobody() -> None:
    rig, siem = a_rig()
    other = Siem("other", Audience.SIEM)
    rig.change(channels=(rig.teams, siem, other))
    begun(rig)
    rig.change(channels=(rig.teams, siem))

    rig.clock.advance(hours=1)
    rig.later(minutes=75)

    assert rig.monitor.health()["oldestUndelivered"] == 0
    assert rig.monitor.health()["status"] == "ok"


def test_a_heartbeat_carries_the_last_checkpoint_of_each_log() -> None:
    rig, siem = a_rig()
    evidence = MemoryEvidence()
    keep_evidence(rig, evidence)
    rig.store.commit("shard-3", record_rows("shard-3", {"kind": "test"}, rig.clock(), "a"))

    rig.later(minutes=65)

    (checkpoint,) = checkpoint_files(evidence)
    assert siem.heartbeats[-1].data["checkpoints"] == [evidence.read(checkpoint).decode()]


def test_a_heartbeat_with_a_checkpoint_of_every_log_is_not_cut_by_splunk() -> None:
    rig, siem = a_rig()
    keep_evidence(rig, MemoryEvidence())
    for shard in keys.PARTITIONS:
        rig.store.commit(shard, record_rows(shard, {"kind": "test"}, rig.clock(), "a"))
    rig.later(minutes=65)

    beat = siem.heartbeats[-1]
    grown = tuple(each.replace("\n1\n", "\n1000000\n") for each in beat.checkpoints)
    assert len(grown) == len(keys.PARTITIONS)
    assert len(json.dumps(replace(beat, checkpoints=grown).data)) < 9_500
