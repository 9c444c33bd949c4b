"""Moved resources: evaluated under the new id first, then closed under the old one."""

import json
from dataclasses import replace

import pytest

from drift import ids
from drift.errors import SourceUnavailable
from drift.notices import Change, Closure, Notice
from drift.queues.outbound import Outbound
from tests.support import open_account
from tests.support.open_account import PHI, broken, told_of_move
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

ARCHIVE = GROUP.replace("clinic", "archive")
THERE = ACCOUNT.replace(GROUP, ARCHIVE)
OTHER = f"{SUBSCRIPTION[:-1]}6"


def moved(rig: Rig, old: str, new: str) -> None:
    """Give a document, and all below it, another id."""
    for name in [each for each in rig.arm.documents if each.startswith(ids.key(old))]:
        body = rig.arm.documents.pop(name)
        assert isinstance(body, dict)
        there = f"{new}{str(body['id'])[len(old) :]}"
        rig.arm.documents[ids.key(there)] = {**body, "id": there}


def told(rig: Rig) -> list[tuple[str, Change]]:
    return [(each.resource_id, each.change) for each, _ in rig.teams.told]


def last(rig: Rig) -> Notice:
    return rig.teams.told[-1][0]


@pytest.fixture
def failing(clinic: Rig) -> Rig:
    """Return a monitor that has alerted about an open account."""
    clinic.arm.put(ARCHIVE, tags={})
    broken(clinic)
    clinic.write(ACCOUNT)
    clinic.later(minutes=5)
    return clinic


def test_the_new_id_is_told_first_and_then_the_old_one_closes_as_moved(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    failing.deliver(told_of_move(failing))

    assert told(failing) == [
        (ACCOUNT, Change.OPENED),
        (THERE, Change.OPENED),
        (ACCOUNT, Change.CLOSED),
    ]
    assert (last(failing).closure, last(failing).reason) == (
        Closure.MOVED,
        f"The resource was moved. It is now {THERE}.",
    )
    assert last(failing).changed_by is not None


def test_the_new_incident_says_where_it_came_from(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    failing.deliver(told_of_move(failing))

    assert failing.teams.told[1][0].context == (f"The resource was moved here from {ACCOUNT}.",)


def test_what_was_moved_in_order_is_watched_on_and_nobody_is_told(known: Rig) -> None:
    known.arm.put(ARCHIVE, tags={})
    moved(known, ACCOUNT, THERE)
    known.deliver(told_of_move(known))
    known.later(minutes=5)
    quiet = list(known.splunk.told)
    known.arm.set(THERE, open=True)
    known.write(THERE)

    assert quiet == []
    assert told(known) == [(THERE, Change.OPENED)]


def test_what_lies_below_a_moved_resource_is_read_again_when_no_replica_can_be_behind(
    known: Rig,
) -> None:
    known.only(open_account.OPEN, open_account.CONTAINER)
    scans = open_account.container(known, "scans", "Container")
    known.write(scans)
    known.later(minutes=5)
    known.arm.put(ARCHIVE, tags={})
    known.arm.lag(scans.replace(GROUP, ARCHIVE), seconds=50)
    moved(known, ACCOUNT, THERE)
    known.deliver(told_of_move(known))
    at_once = [(each.resource_id, each.change) for each, _ in known.splunk.told]
    known.later(minutes=3)

    assert (THERE, Change.OPENED) not in at_once
    assert told(known) == [
        (ACCOUNT, Change.OPENED),
        (ACCOUNT, Change.CLOSED),
        (THERE, Change.OPENED),
    ]


def test_a_move_that_takes_an_hour_is_followed_to_its_end(failing: Rig) -> None:
    failing.deliver(told_of_move(failing))
    failing.later(minutes=60)
    moved(failing, ACCOUNT, THERE)
    failing.later(minutes=80)

    assert told(failing)[1:] == [(THERE, Change.OPENED), (ACCOUNT, Change.CLOSED)]
    assert last(failing).closure is Closure.MOVED


def test_the_old_one_stays_open_while_the_new_one_cannot_be_read(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    failing.arm.refused[ids.key(THERE)] = 403
    failing.deliver(told_of_move(failing))
    failing.later(minutes=4)
    meanwhile = [each for each in told(failing) if each[0] == ACCOUNT]
    failing.arm.refused.clear()
    failing.later(minutes=40)

    assert meanwhile == [(ACCOUNT, Change.OPENED)]
    assert told(failing)[-2:] == [(THERE, Change.OPENED), (ACCOUNT, Change.CLOSED)]


def test_what_left_the_monitored_subscriptions_closes_and_says_so(failing: Rig) -> None:
    del failing.arm.documents[ids.key(ACCOUNT)]
    failing.deliver(told_of_move(failing))
    at_once = told(failing)
    failing.later(minutes=7)

    assert at_once == [(ACCOUNT, Change.OPENED)]
    assert last(failing).closure is Closure.MOVED
    assert last(failing).reason.endswith("It is now in no monitored subscription.")


def test_it_is_found_in_another_monitored_subscription(failing: Rig) -> None:
    there = THERE.replace(SUBSCRIPTION, OTHER)
    failing.change(facts=replace(failing.services.facts, subscriptions=(SUBSCRIPTION, OTHER)))
    failing.arm.put(f"/subscriptions/{OTHER}", tags={})
    failing.arm.put(ids.group_of(there), tags={})
    moved(failing, ACCOUNT, there)
    failing.deliver(told_of_move(failing))

    assert told(failing)[1:] == [(there, Change.OPENED), (ACCOUNT, Change.CLOSED)]


def test_of_two_resources_of_the_name_the_new_one_is_the_moved_one(failing: Rig) -> None:
    twin = ACCOUNT.replace(GROUP, GROUP.replace("clinic", "twin"))
    failing.arm.put(ids.group_of(twin), tags={})
    open_account.place(failing, account=twin)
    failing.write(twin)
    failing.later(minutes=5)
    moved(failing, ACCOUNT, THERE)
    failing.deliver(told_of_move(failing))

    assert last(failing).reason.endswith(f"{THERE}.")


def test_a_moved_resource_keeps_its_phi_scope(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    body = failing.arm.body(THERE)
    failing.arm.documents[ids.key(THERE)] = {**body, "tags": {}}
    failing.deliver(told_of_move(failing))

    opened = failing.teams.told[1][0]
    assert opened.phi is True
    assert opened.phi_reason.startswith("it held PHI earlier")


def test_a_moved_resource_without_a_record_is_evaluated_under_its_new_id(failing: Rig) -> None:
    unknown = f"{ACCOUNT}2"
    failing.arm.put(unknown, tags=PHI, properties={"provisioningState": "Succeeded", "open": True})
    moved(failing, ACCOUNT, THERE)
    failing.deliver(told_of_move(failing))

    assert (f"{THERE}2", Change.OPENED) in told(failing)


def test_a_resource_that_did_not_move_is_not_changed(failing: Rig) -> None:
    failing.arm.reads.clear()
    failing.deliver(told_of_move(failing))
    failing.later(minutes=300)

    assert told(failing) == [(ACCOUNT, Change.OPENED)]
    assert failing.arm.reads.total() == 0
    assert failing.store_rows("due|") == 0


def test_a_list_that_is_refused_is_asked_for_again(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    failing.graph.failing = SourceUnavailable("list", 503)
    failing.deliver(told_of_move(failing))
    failing.later(minutes=3)
    refused = told(failing)
    failing.graph.failing = None
    failing.later(minutes=3)

    assert refused == [(ACCOUNT, Change.OPENED)]
    assert told(failing)[1:] == [(THERE, Change.OPENED), (ACCOUNT, Change.CLOSED)]


def test_an_event_that_comes_twice_is_told_once(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    event = told_of_move(failing)
    failing.deliver(event)
    failing.deliver(event)
    failing.later(minutes=300)

    assert told(failing)[1:] == [(THERE, Change.OPENED), (ACCOUNT, Change.CLOSED)]


def test_lost_messages_of_a_move_are_replaced(failing: Rig) -> None:
    moved(failing, ACCOUNT, THERE)
    [message] = failing.monitor.intake(json.dumps(told_of_move(failing)))
    [look] = failing.monitor.evaluate(message).changes
    arrived = failing.monitor.evaluate(look)
    failing.later(minutes=2)

    assert arrived != Outbound()
    assert told(failing)[1:] == [(THERE, Change.OPENED), (ACCOUNT, Change.CLOSED)]


def test_a_move_into_an_unmonitored_subscription_is_ignored(failing: Rig) -> None:
    event = told_of_move(failing, GROUP.replace(SUBSCRIPTION, OTHER))

    assert failing.monitor.intake(json.dumps(event)) == ()
