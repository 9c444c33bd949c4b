"""The monitor's health in each state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from drift import ids
from drift.config.model import Exemption
from drift.errors import DeliveryFailed, DeliveryRejected, EvidenceUnavailable
from drift.pipeline import Monitor
from drift.ports import Put
from drift.state import keys
from tests.support.evidence import MemoryEvidence, keep_evidence
from tests.support.open_account import broken, mended, place
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

FINE = {"status": "ok", "due": 0, "undelivered": 0, "unknown": 0, "blind": []}


def figures(monitor: Monitor) -> dict[str, object]:
    return {name: each for name, each in monitor.health().items() if name in FINE}


def test_a_monitor_that_has_seen_nothing_is_fine(clinic: Rig) -> None:
    assert figures(clinic.monitor) == FINE
    assert clinic.monitor.health()["lastEvent"] is None
    assert clinic.monitor.health()["queues"] == {}


def test_an_open_incident_is_no_trouble_of_the_monitor(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)

    assert figures(known.monitor) == FINE
    assert known.monitor.health()["lastEvent"] == known.clock.now.isoformat()


def test_the_last_event_is_told_to_the_second(known: Rig) -> None:
    at = known.clock.now.replace(microsecond=0).isoformat()
    known.clock.advance(seconds=0.25)
    known.write(ACCOUNT)

    assert known.monitor.health()["lastEvent"] == at


def test_an_event_of_a_subscription_that_is_not_monitored_is_not_the_last_event(known: Rig) -> None:
    at = known.monitor.health()["lastEvent"]
    known.clock.advance(minutes=1)
    known.write(GROUP.replace(SUBSCRIPTION, f"{SUBSCRIPTION[:-1]}6"))

    assert known.monitor.health()["lastEvent"] == at


def test_what_cannot_be_read_is_unknown_and_blind_at_once(known: Rig) -> None:
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)

    assert figures(known.monitor) == FINE | {
        "status": "degraded",
        "unknown": 1,
        "blind": [f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"],
    }


def test_what_is_overdue_is_counted_until_it_is_done(known: Rig) -> None:
    known.write(ACCOUNT)
    known.clock.advance(minutes=3)

    assert known.monitor.health()["due"] == 2  # the quick read and the confirmation

    known.run(known.monitor.tick())

    assert figures(known.monitor) == FINE


def test_a_refused_channel_counts_each_incident_that_waits_for_it(known: Rig) -> None:
    known.teams.refusal = DeliveryRejected("gone")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)

    assert known.monitor.health()["undelivered"] == 1

    known.teams.refusal, known.teams.fingerprint = None, "repaired"
    known.later(minutes=2)

    assert figures(known.monitor) == FINE


def test_a_busy_channel_is_tried_again_and_no_trouble_yet(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("busy")
    broken(known)
    known.write(ACCOUNT)

    assert figures(known.monitor) == FINE


def test_a_404_that_may_pass_is_unknown_until_it_is_decided(known: Rig) -> None:
    del known.arm.documents[ids.key(ACCOUNT)]
    known.write(ACCOUNT)

    assert known.monitor.health()["unknown"] == 1

    known.later(minutes=3)

    assert figures(known.monitor) == FINE


def test_reading_health_changes_no_state(known: Rig) -> None:
    before = known.store_rows("")
    known.monitor.health()

    assert known.store_rows("") == before


def test_the_oldest_undelivered_message_has_its_age(known: Rig) -> None:
    assert known.monitor.health()["oldestUndelivered"] == 0

    known.teams.refusal = DeliveryFailed("busy")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=10)
    health = known.monitor.health()

    assert (health["oldestUndelivered"], health["undelivered"]) == (600, 0)
    assert health["status"] == "ok"

    known.teams.refusal = None
    known.later(minutes=10)

    assert known.monitor.health()["oldestUndelivered"] == 0


def test_a_message_that_no_sender_took_is_seen_by_its_age(known: Rig) -> None:
    broken(known)
    (event,) = known.monitor.intake(known.body(ACCOUNT))
    known.monitor.evaluate(event)  # its deliveries are lost
    known.clock.advance(seconds=30)

    assert known.monitor.health()["oldestUndelivered"] == 30
    assert known.monitor.health()["status"] == "ok"

    for _ in range(90):
        known.clock.advance(seconds=10)
        known.monitor.tick()  # and so are those that are asked for again

    health = known.monitor.health()
    assert (health["oldestUndelivered"], health["status"]) == (930, "degraded")


def test_the_last_sweep_that_finished_is_told_while_the_next_one_runs(known: Rig) -> None:
    assert known.monitor.health()["lastSweep"] == {SUBSCRIPTION: None}

    known.run(known.monitor.sweep())
    known.later(minutes=5)
    first = known.monitor.health()["lastSweep"]
    assert first[SUBSCRIPTION] is not None

    known.clock.advance(days=1)
    known.monitor.sweep()

    assert known.monitor.health()["lastSweep"] == first


def accepting(rig: Rig, **details: Any) -> None:
    """Approve an exception for the account's control, until in 30 days."""
    exemption = Exemption(
        control="TOY-OPEN",
        resource_id=ACCOUNT,
        reason="its network is behind a vendor's appliance",
        approved_by="the privacy officer",
        expires=rig.clock() + timedelta(days=30),
    )
    rig.configure(exemptions=(replace(exemption, **details),))


def test_an_unknown_verdict_that_is_accepted_is_counted_apart(known: Rig) -> None:
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    accepting(known)
    health = known.monitor.health()

    assert (health["unknown"], health["accepted"], health["status"]) == (0, 1, "ok")
    assert len(health["blind"]) == 1


def test_an_acceptance_that_is_over_accepts_nothing(known: Rig) -> None:
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    accepting(known, expires=known.clock())
    health = known.monitor.health()

    assert (health["unknown"], health["accepted"], health["status"]) == (1, 0, "degraded")


def test_an_acceptance_of_one_resource_hides_no_other_that_cannot_be_read(known: Rig) -> None:
    other = f"{ACCOUNT}2"
    place(known, account=other)
    known.write(other)
    known.later(minutes=5)
    for each in (ACCOUNT, other):
        known.arm.refuse(each, 403)
        known.write(each)
    accepting(known)
    health = known.monitor.health()

    assert (health["unknown"], health["accepted"], health["status"]) == (1, 1, "degraded")


def test_a_tick_that_does_not_run_is_degraded(known: Rig) -> None:
    known.write(ACCOUNT)
    known.clock.advance(minutes=7)

    assert known.monitor.health()["status"] == "degraded"

    known.later(minutes=1)

    assert known.monitor.health()["status"] == "ok"


def test_a_sweep_of_another_version_has_no_time(known: Rig) -> None:
    home = f"/subscriptions/{SUBSCRIPTION}"
    key = keys.row_key("sweep", keys.digest(home))
    known.store.commit(keys.partition(home), [Put(key, {"schema": 99})])

    assert known.monitor.health()["lastSweep"] == {SUBSCRIPTION: None}


def test_records_that_wait_too_long_for_the_evidence_log_degrade_the_status(known: Rig) -> None:
    evidence = MemoryEvidence()
    keep_evidence(known, evidence)
    evidence.refusal = EvidenceUnavailable("the disk is full")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    early = known.monitor.health()
    known.later(minutes=15)
    late = known.monitor.health()
    evidence.refusal = None
    known.later(minutes=3)

    assert (early["status"], early["evidenceWaiting"] > 0) == ("ok", True)
    assert late["status"] == "degraded"
    assert known.monitor.health() == early | {"evidenceWaiting": 0, "evidenceRefused": 0}
