"""An event is answered only by proof: the monitor reads its document until the answer is late enough."""

import json
from collections.abc import Callable

import pytest

from detectors.network import admin_ports
from drift import ids
from drift.observation.confirmation_budget import LIMITS
from drift.queues.outbound import Outbound
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken, mended
from tests.support.rig import ACCOUNT, GROUP, NSG, Rig

OPENED = "TOY-OPEN opened"
UPDATED = "TOY-OPEN updated"
RESOLVED = "TOY-OPEN resolved"
READS = ids.key(ACCOUNT)
WINDOW = 60 + 5 + 20
"""The settling time, what a confirmation adds, and two ticks."""

NOTE = open_account.toy(
    "TOY-NOTE", open_account.is_noted, **{open_account.TYPE: ("properties.note",)}
)


def nsg(rig: Rig, source: str) -> None:
    """Put a security group that lets a source in to SSH."""
    rule = {
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "priority": 100,
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    rules = [{"name": "ssh", "id": f"{NSG}/securityRules/ssh", "properties": rule}]
    state = {"provisioningState": "Succeeded"}
    rig.arm.put(NSG, tags={}, properties={**state, "securityRules": rules})


def test_a_firewall_opened_after_a_sweep_found_something_else_is_told_within_seconds(
    clinic: Rig,
) -> None:
    """The sweep's finding is on record, and its event is the first; the replica is 2 s behind."""
    clinic.only(OPEN, NOTE)
    clinic.arm.set(ACCOUNT, note="forbidden")
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=10)
    clinic.arm.lag(ACCOUNT, seconds=2)
    broken(clinic)
    clinic.write(ACCOUNT)

    assert OPENED not in clinic.splunk.changes

    clinic.later(seconds=10)

    assert OPENED in clinic.splunk.changes


def test_a_security_group_that_a_sweep_found_open_is_resolved_when_it_is_closed(
    clinic: Rig,
) -> None:
    clinic.only(admin_ports)
    nsg(clinic, "*")
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=10)
    clinic.arm.lag(NSG, seconds=2)
    nsg(clinic, "10.0.0.0/8")
    clinic.write(f"{NSG}/securityRules/ssh")
    clinic.later(minutes=2)

    assert clinic.splunk.changes[0] == "NSG-ADMIN-PORTS opened"
    assert clinic.splunk.changes[-1] == "NSG-ADMIN-PORTS resolved"


def test_a_hole_that_was_open_for_55_seconds_behind_a_stale_read_is_told(known: Rig) -> None:
    known.arm.lag(ACCOUNT, seconds=2)
    broken(known)
    known.write(ACCOUNT)
    known.later(seconds=55)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.teams.changes == [OPENED, RESOLVED]


def test_an_incident_that_only_gains_its_actor_proves_nothing(known: Rig) -> None:
    broken(known)
    opener = known.event(ACCOUNT)
    known.write(ACCOUNT, claims={})
    known.clock.advance(seconds=5)
    known.arm.lag(ACCOUNT, seconds=50)
    mended(known)
    known.deliver(known.event(ACCOUNT, claims={}))
    known.deliver(opener)

    assert known.teams.changes == [OPENED, UPDATED]

    known.later(minutes=3)

    assert known.teams.changes == [OPENED, UPDATED, RESOLVED]


def test_the_one_who_mends_is_not_named_by_an_answer_that_is_behind(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims={})
    known.later(minutes=5)
    known.arm.lag(ACCOUNT, seconds=50)
    mended(known)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED]

    known.later(seconds=20 + WINDOW)  # the quick reads are failing answers, too

    assert known.teams.changes == [OPENED, RESOLVED]


def test_another_finding_that_opens_in_the_same_look_proves_nothing(known: Rig) -> None:
    known.only(OPEN, NOTE)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.set(ACCOUNT, note="forbidden")
    known.arm.lag(ACCOUNT, seconds=50)
    broken(known)
    known.write(ACCOUNT)

    assert known.teams.changes == ["TOY-NOTE opened"]

    known.later(seconds=WINDOW)

    assert known.teams.changes == ["TOY-NOTE opened", OPENED]


def test_a_property_that_changed_proves_nothing(known: Rig) -> None:
    known.only(OPEN, NOTE)
    known.arm.set(ACCOUNT, note="old")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.set(ACCOUNT, note="new")
    known.arm.lag(ACCOUNT, seconds=50)
    broken(known)
    known.write(ACCOUNT)
    known.later(seconds=WINDOW)

    assert known.teams.changes == [OPENED]


def test_a_confirmation_that_finds_the_document_still_changing_ends_nothing(known: Rig) -> None:
    known.arm.set(ACCOUNT, provisioningState="Updating")
    known.write(ACCOUNT)
    known.later(minutes=4)
    known.arm.set(ACCOUNT, provisioningState="Succeeded", open=True)
    known.later(minutes=10)

    assert known.teams.changes == [OPENED]


def test_a_confirmation_that_is_minutes_late_proves_only_what_it_can(known: Rig) -> None:
    """Nothing ticks for 5 minutes; just before the late one the account is opened, and that lags."""
    known.write(ACCOUNT)
    known.clock.advance(minutes=5)
    known.arm.lag(ACCOUNT, seconds=30)
    broken(known)
    event = known.event(ACCOUNT)
    known.clock.advance(seconds=10)
    known.run(known.monitor.tick())
    known.deliver(event)
    known.later(seconds=WINDOW)

    assert known.teams.changes == [OPENED]


def test_the_first_of_many_events_is_not_forgotten(known: Rig) -> None:
    known.only(CONTAINER)
    for each in range(30):
        open_account.container(known, f"c{each}", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.lag(f"{open_account.CONTAINERS}/c0", seconds=55)
    for each in range(30):
        access = "None" if each else "Container"
        known.write(open_account.container(known, f"c{each}", access))
        known.clock.advance(milliseconds=100)
    known.later(seconds=WINDOW + 3)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


@pytest.mark.parametrize(
    ("change", "reads"), [(broken, 2), (lambda rig: None, 4)], ids=["new", "nothing new"]
)
def test_an_event_costs_one_read_and_a_confirmation_and_two_quick_ones_where_nothing_is_new(
    known: Rig, change: Callable[[Rig], None], reads: int
) -> None:
    change(known)
    known.write(ACCOUNT)
    at_once = known.arm.reads.total()
    known.later(minutes=30)

    assert at_once == 1
    assert known.arm.reads == {READS: reads}


def test_an_all_clear_waits_until_a_read_as_late_as_the_settling_time_agrees(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.clock.advance(seconds=30)
    mended(known)
    known.write(ACCOUNT)
    record = load_record(known.store, ACCOUNT).record

    assert known.teams.changes == [OPENED]
    assert record.owed[READS].oldest < record.owed[READS].newest

    known.later(seconds=70)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert load_record(known.store, ACCOUNT).record.owed == {}


def test_a_write_that_failed_is_a_reason_to_read(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, kind="Microsoft.Resources.ResourceWriteFailure", status="Failed")

    assert known.teams.changes == [OPENED]


@pytest.mark.parametrize("kind", ["ResourceWriteFailure", "ResourceWriteCancel"])
def test_a_write_that_failed_is_no_cause_where_another_succeeded(known: Rig, kind: str) -> None:
    upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
    broken(known)
    right = known.event(ACCOUNT)
    known.clock.advance(seconds=1)
    failed = known.event(
        ACCOUNT, kind=f"Microsoft.Resources.{kind}", claims={upn: "sam@clinic.example"}
    )
    stale = {**known.arm.body(ACCOUNT), "properties": {"open": False}}
    known.arm.answer_once(ACCOUNT, stale)
    known.arm.answer_once(ACCOUNT, stale)  # so that a later read shows what both may have written
    texts = (known.monitor.intake(json.dumps(each)) for each in (right, failed))
    known.run(Outbound(changes=tuple(text for some in texts for text in some)))
    known.later(minutes=2)
    last, _ = known.teams.told[-1]

    assert last.changed_by is not None
    assert last.changed_by.name == "dana@clinic.example"


def accounts(rig: Rig, many: int) -> list[str]:
    """Put so many idle accounts that the monitor knows."""
    names = [f"{GROUP}/providers/Microsoft.Storage/storageAccounts/idle{x}" for x in range(many)]
    for each in names:
        open_account.place(rig, account=each)
        rig.write(each)
    rig.later(minutes=40)
    rig.arm.reads.clear()
    return names


def test_a_storm_leaves_confirmations_waiting_within_their_share(clinic: Rig) -> None:
    names = accounts(clinic, 150)
    for each in names:
        clinic.write(each)
    clinic.later(minutes=5)
    limit = LIMITS["microsoft.storage get"]
    beyond_first = clinic.arm.reads.total() - len(names)

    assert beyond_first <= limit.burst + 300 / limit.interval.total_seconds() + 1

    clinic.later(minutes=10)
    waiting = [each for each in names if load_record(clinic.store, each).record.owed]

    assert waiting == []
    assert clinic.monitor.health()["status"] == "ok"
