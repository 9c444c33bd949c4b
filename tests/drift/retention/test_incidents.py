"""An ended incident is deleted with all its rows after ``retention.state_days``; others stay."""

from dataclasses import replace

from drift.breach.clock import Basis, Factor, Stage
from drift.breach_clock.record import Action, ClockStep
from drift.breach_clock.steps import take_step
from drift.config.model import Breach, Retention
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.model import Outcome, Verdict
from drift.ports import Put
from drift.state import keys
from drift.state.incident_record import load_incident
from tests.support import open_account
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Rig
from tests.support.walking import days_later, row_keys, walk

OF_INCIDENTS = ("incident", "outbox", "cursor", "open", "held")


def fails_and_is_fixed(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)


def test_an_ended_incident_leaves_with_its_outbox_and_its_cursors(known: Rig) -> None:
    fails_and_is_fixed(known)
    days_later(known, 89)

    assert len(row_keys(known, "incident")) == 1
    assert len(row_keys(known, "outbox")) == 2
    assert len(row_keys(known, "cursor")) == 3

    days_later(known, 2)

    assert row_keys(known, *OF_INCIDENTS) == []


def test_the_operator_says_how_long_it_is_kept(known: Rig) -> None:
    known.configure(retention=Retention(state_days=7))
    fails_and_is_fixed(known)
    days_later(known, 6)

    assert len(row_keys(known, "incident")) == 1

    days_later(known, 2)

    assert row_keys(known, *OF_INCIDENTS) == []


def test_an_open_incident_stays_however_old_it_is(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    before = row_keys(known, *OF_INCIDENTS)
    days_later(known, 1000)

    assert row_keys(known, *OF_INCIDENTS) == before

    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=5)

    assert known.teams.changes == ["TOY-OPEN opened", "TOY-OPEN resolved"]


def test_an_incident_stays_until_every_channel_has_its_end(known: Rig) -> None:
    known.teams.refusal = DeliveryFailed("busy")
    fails_and_is_fixed(known)
    for _ in range(3):
        days_later(known, 50)

    assert len(row_keys(known, "incident")) == 2  # and the one about the channel

    known.teams.refusal = None
    known.later(minutes=10)
    days_later(known, 91)

    assert [each for each in known.teams.changes if "TOY" in each] == [
        "TOY-OPEN opened",
        "TOY-OPEN resolved",
    ]
    assert row_keys(known, *OF_INCIDENTS) == []


def test_the_record_of_a_change_that_was_given_up_leaves_after_30_days(known: Rig) -> None:
    known.teams.refusal = DeliveryRejected("gone")
    broken(known)
    known.write(ACCOUNT)
    for _ in range(26):
        known.clock.advance(minutes=59)
        known.later(minutes=1)

    assert len(row_keys(known, "undelivered")) == 1

    days_later(known, 29)

    assert len(row_keys(known, "undelivered")) == 1
    assert known.monitor.health()["undelivered"] == 1

    days_later(known, 2)

    assert row_keys(known, "undelivered") == []
    assert len(row_keys(known, "incident")) == 2
    assert known.monitor.health()["undelivered"] == 0


def test_what_waits_for_a_channel_that_was_removed_is_given_up_once_and_leaves(
    known: Rig,
) -> None:
    known.teams.refusal = DeliveryRejected("gone")
    broken(known)
    known.write(ACCOUNT)
    known.change(channels=(known.pagerduty, known.splunk))
    known.later(minutes=70)

    assert known.monitor.health()["status"] == "degraded"

    days_later(known, 2)
    health = known.monitor.health()

    assert len(row_keys(known, "held")) == 1
    assert (health["status"], health["undelivered"], health["undeliveredOld"]) == ("ok", 1, 1)

    days_later(known, 29)

    assert (len(row_keys(known, "held")), len(row_keys(known, "undelivered"))) == (0, 1)

    days_later(known, 1)
    known.teams.refusal = None
    known.change(channels=(known.teams, known.pagerduty, known.splunk))
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    days_later(known, 120)

    assert row_keys(known, *OF_INCIDENTS, "undelivered") == []
    assert known.monitor.health()["status"] == "ok"


def test_a_dropped_message_is_on_record_for_30_days(known: Rig) -> None:
    known.monitor.evaluate("not ours")
    days_later(known, 29)

    assert len(row_keys(known, "dropped")) == 1

    days_later(known, 2)

    assert row_keys(known, "dropped") == []


def test_a_notification_without_an_incident_leaves_too(clinic: Rig) -> None:
    clinic.only(open_account.toy("TOY-OPEN", lambda *_: Verdict(Outcome.UNKNOWN, "who knows")))
    clinic.write(ACCOUNT)
    clinic.later(minutes=20)

    assert clinic.splunk.changes == ["TOY-OPEN unknown"]

    days_later(clinic, 89)

    assert len(row_keys(clinic, "outbox", "cursor")) == 2

    days_later(clinic, 2)

    assert row_keys(clinic, "outbox", "cursor") == []


def test_an_incident_of_another_version_stays(known: Rig) -> None:
    fails_and_is_fixed(known)
    (key,) = row_keys(known, "incident")
    row = known.store.get(keys.partition(ACCOUNT), key)
    assert row is not None
    known.store.commit(keys.partition(ACCOUNT), [Put(key, {**row.data, "schema": 99})])
    days_later(known, 400)

    assert row_keys(known, "incident") == [key]
    assert len(row_keys(known, "outbox")) == 2


def test_a_reopened_finding_goes_on_counting_after_its_incidents_left(known: Rig) -> None:
    fails_and_is_fixed(known)
    days_later(known, 100)
    fails_and_is_fixed(known)

    opened = [each for each, _ in known.pagerduty.told if each.change.value == "opened"]
    assert len({each.incident_id for each in opened}) == 2
    assert len({each.uid for each, _ in known.splunk.told}) == len(known.splunk.told) == 4


def test_the_walk_tells_no_channel_anything_again(known: Rig) -> None:
    fails_and_is_fixed(known)
    for _ in range(3):
        days_later(known, 45)
        known.clock.advance(minutes=30)
        walk(known)

    for channel in (known.teams, known.pagerduty, known.splunk):
        assert channel.changes == ["TOY-OPEN opened", "TOY-OPEN resolved"]


def test_an_incident_with_a_running_breach_clock_stays_with_it(known: Rig) -> None:
    fails_and_is_fixed(known)
    incident = load_incident(known.store, ACCOUNT, "TOY-OPEN", 1)
    assert incident is not None
    step = ClockStep(
        action=Action.DISCOVER,
        by="R. Ortiz",
        reason="see the file",
        at=known.clock(),
        basis=Basis.PRESUMED,
    )
    take_step(known.store, incident, step, Breach(), app=known.services.facts)
    days_later(known, 1000)

    assert len(row_keys(known, "clock")) == 1
    assert len([each for each in row_keys(known, "incident") if "TOY-OPEN" in each]) == 1


def test_an_ended_incident_leaves_with_its_clock_six_years_after_the_last_step(known: Rig) -> None:
    fails_and_is_fixed(known)
    incident = load_incident(known.store, ACCOUNT, "TOY-OPEN", 1)
    assert incident is not None
    found = ClockStep(
        action=Action.DISCOVER,
        by="R. Ortiz",
        reason="see the file",
        at=known.clock(),
        basis=Basis.PRESUMED,
    )
    steps = [
        found,
        *(
            replace(found, action=Action.ASSESS, factor=each, evidence=("row 17",))
            for each in Factor
        ),
        replace(found, action=Action.DECIDE, outcome=Stage.LOW_PROBABILITY),
    ]
    for each in steps:
        take_step(known.store, incident, each, Breach(), app=known.services.facts)
    days_later(known, 6 * 365 + 2)

    assert len(row_keys(known, "clock")) == 1

    days_later(known, 400)

    assert row_keys(known, "clock", *OF_INCIDENTS) == []
