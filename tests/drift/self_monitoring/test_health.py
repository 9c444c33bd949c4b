"""The monitor's health in each state."""

from drift import ids
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.pipeline import Monitor
from tests.support.open_account import broken, mended
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
