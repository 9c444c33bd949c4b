"""The data of a deleted resource is deleted with its last incident, never while an event needs a proof."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.pipeline import Monitor
from drift.ports import Row, Store, Write
from drift.state import keys
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.open_account import OPEN, broken, place
from tests.support.rig import ACCOUNT, GROUP, Rig
from tests.support.walking import days_later, row_keys, walk

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
OTHER = "66666666-2222-3333-4444-555555555555"


@pytest.fixture
def shared(known: Rig) -> Rig:
    """Return a monitor of an account whose verdict rests on its group and its subscription."""
    place(known, phi=False)
    known.write(ACCOUNT)
    known.later(minutes=5)
    assert len(row_keys(known, "uses")) == 2
    return known


def deleted(rig: Rig, resource_id: str = ACCOUNT) -> None:
    del rig.arm.documents[ids.key(resource_id)]
    rig.write(resource_id, kind="Microsoft.Resources.ResourceDeleteSuccess")
    rig.later(minutes=5)


def rows_about(rig: Rig, resource_id: str) -> list[str]:
    """Return the keys of all rows that carry the resource's hash."""
    return [each for each in row_keys(rig, *KINDS) if keys.digest(resource_id) in each]


KINDS = ("resource", "related", "uses", "incident", "outbox", "cursor", "known", "open", "due")


def test_a_resource_that_is_gone_is_used_by_nothing_at_once(shared: Rig) -> None:
    deleted(shared)

    assert row_keys(shared, "uses", "related", "known", "due") == []


def test_a_resource_that_is_gone_and_had_no_incident_leaves_after_a_day(known: Rig) -> None:
    deleted(known)
    walk(known)

    assert len(row_keys(known, "resource")) == 1  # Event Grid may repeat an event for a day

    days_later(known, 1)

    assert rows_about(known, ACCOUNT) == []


def test_a_phi_resource_of_a_subscription_that_was_removed_leaves_with_what_is_kept_longest(
    known: Rig,
) -> None:
    known.later(minutes=5)
    known.change(facts=replace(known.services.facts, subscriptions=(OTHER,)))
    known.later(minutes=1)
    walk(known)
    days_later(known, 89)

    assert len(row_keys(known, "resource")) == 1

    days_later(known, 2)

    assert rows_about(known, ACCOUNT) == []


def test_the_record_of_a_resource_leaves_with_its_last_incident(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    deleted(known)
    days_later(known, 89)

    assert len(row_keys(known, "resource", "incident")) == 2

    days_later(known, 2)

    assert rows_about(known, ACCOUNT) == []


def test_a_resource_that_comes_back_uses_no_name_of_an_incident_twice(known: Rig) -> None:
    for _ in range(2):
        broken(known)
        known.write(ACCOUNT)
        known.later(minutes=5)
        deleted(known)
        days_later(known, 100)
        assert row_keys(known, "resource") == []
        place(known)
        known.write(ACCOUNT)
        known.later(minutes=5)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)

    opened = [each for each, _ in known.pagerduty.told if each.change.value == "opened"]
    assert len({each.incident_id for each in opened}) == len(opened) == 3
    assert len({each.uid for each, _ in known.splunk.told}) == len(known.splunk.told)


def test_a_notification_about_a_resource_that_comes_back_has_a_name_of_its_own(clinic: Rig) -> None:
    clinic.only(open_account.toy("TOY-OPEN", lambda *_: Verdict(Outcome.UNKNOWN, "who knows")))
    for _ in range(2):
        place(clinic)
        clinic.write(ACCOUNT)
        clinic.later(minutes=20)
        deleted(clinic)
        days_later(clinic, 100)
        assert row_keys(clinic, "resource") == []

    told = [each.uid for each, _ in clinic.splunk.told]
    assert len(set(told)) == len(told) == 2


def test_a_resource_that_is_owed_proof_stays(known: Rig) -> None:
    deleted(known)
    known.arm.refused[ids.key(ACCOUNT)] = 503
    known.write(ACCOUNT)
    days_later(known, 100)

    assert load_record(known.store, ACCOUNT).record.owed
    assert known.monitor.health()["unknown"] == 1

    known.arm.refused.clear()
    known.later(minutes=90)
    days_later(known, 91)  # as long as the SIEM's note that it was unknown

    assert rows_about(known, ACCOUNT) == []


def test_a_resource_that_exists_stays_however_quiet_it_is(known: Rig) -> None:
    before = row_keys(known, *KINDS)
    days_later(known, 1000)

    assert row_keys(known, *KINDS) == before


def test_a_resource_that_could_never_be_read_stays(clinic: Rig) -> None:
    clinic.arm.refused[ids.key(ACCOUNT)] = 403
    clinic.write(ACCOUNT)
    days_later(clinic, 300)

    assert load_record(clinic.store, ACCOUNT).record.owed


def test_what_a_resource_no_longer_uses_leaves_with_the_next_walk(known: Rig) -> None:
    known.only(open_account.toy("TOY-OPEN", asks_for_the_vault))
    known.arm.put(VAULT)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.only(OPEN)
    known.write(ACCOUNT)
    known.later(minutes=5)
    walk(known)
    assert len(row_keys(known, "uses")) == 1  # an evaluation may not be stored yet

    days_later(known, 1)

    assert row_keys(known, "uses") == []


@pytest.mark.parametrize("state", ["being read", "not readable", "unknown", "asked for again"])
def test_what_a_resource_may_still_use_stays_until_its_evaluation_is_whole(
    known: Rig, state: str
) -> None:
    known.only(open_account.toy("TOY-OPEN", asks_for_the_vault))
    known.arm.put(VAULT)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.only(OPEN)
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.clock.advance(days=1)
    stored = load_record(known.store, ACCOUNT)
    now, control = known.clock(), stored.record.controls["TOY-OPEN"]
    unsettled = {
        "being read": replace(
            stored.record, reader="another process", reading_until=now + timedelta(hours=1)
        ),
        "not readable": replace(stored.record, failing={"a source": now}),
        "unknown": replace(
            stored.record, controls={"TOY-OPEN": replace(control, unknown_since=now)}
        ),
        "asked for again": replace(stored.record, wanted=stored.record.served + 1),
    }
    put = replace(stored, record=unsettled[state]).put()
    known.store.commit(keys.partition(ACCOUNT), [put])
    walk(known)

    assert len(row_keys(known, "uses")) == 1


def test_what_a_resource_uses_stays(shared: Rig) -> None:
    days_later(shared, 500)

    assert len(row_keys(shared, "uses")) == 2


def test_a_resource_that_is_created_anew_is_found_by_what_it_uses(shared: Rig) -> None:
    body = shared.arm.body(ACCOUNT)
    del shared.arm.documents[ids.key(ACCOUNT)]
    gone = shared.event(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    (event,) = shared.monitor.intake(json.dumps(gone))
    forgets = shared.monitor.evaluate(event)
    shared.arm.documents[ids.key(ACCOUNT)] = body
    shared.write(ACCOUNT)
    assert len(row_keys(shared, "uses")) == 2

    shared.run(forgets)  # it comes when the resource is there again
    shared.later(minutes=5)
    days_later(shared, 2)

    assert len(row_keys(shared, "uses")) == 2
    assert load_record(shared.store, ACCOUNT).record.leaving == ()


def test_a_row_that_is_written_while_it_is_deleted_stays(shared: Rig) -> None:
    """An evaluation stores a dependency between the read of the row and its deletion."""
    del shared.arm.documents[ids.key(ACCOUNT)]
    gone = shared.event(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    (event,) = shared.monitor.intake(json.dumps(gone))
    forgets = shared.monitor.evaluate(event)
    store = _Meanwhile(shared.store, lambda: place_and_write(shared))
    other = Monitor(replace(shared.services, store=store))
    other.evaluate(forgets.background[0])

    assert store.happened
    assert len(row_keys(shared, "uses")) == 2


def place_and_write(rig: Rig) -> None:
    place(rig, phi=False)
    rig.write(ACCOUNT)


class _Meanwhile:
    """A store in which something else happens once, just before the first row of a document is deleted."""

    def __init__(self, store: Store, happens: Callable[[], None]) -> None:
        self._store = store
        self._happens = happens
        self.happened = False

    def get(self, partition: str, key: str) -> Row | None:
        return self._store.get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        return self._store.range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if writes and writes[0].key.startswith("uses|") and not self.happened:
            self.happened = True
            self._happens()
        self._store.commit(partition, writes)


def asks_for_the_vault(resource: Resource, estate: Estate) -> Verdict:
    estate.get(VAULT)
    return Verdict(Outcome.PASS, "asked")
