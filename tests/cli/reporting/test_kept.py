"""Every incident of a state together with its cursors and breach clock, read in parallel."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

from adapters.store.tables import TableStore
from cli.reporting.kept import Kept, every_incident, kept_of
from drift.breach_clock.record import Action, ClockStep, new_clock
from drift.codec import encode, versioned
from drift.delivery.cursor import Cursor, DeliveryKey
from drift.model import Severity
from drift.ports import Put, Store
from drift.state import keys
from drift.state.incident_record import Incident, incident_put
from tests.azurite import Azurite
from tests.support.memory_store import MemoryStore
from tests.support.rig import ACCOUNT

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
CONTROLS = ("TOY", "TOY-A", "TOY-OPEN", "UNRELATED")


def incident(resource: str, control: str, number: int) -> Incident:
    return Incident(
        resource_id=resource,
        control_id=control,
        number=number,
        sequence=1,
        opened_at=NOW + timedelta(minutes=number),
        severity=Severity.HIGH,
        reason="it is open",
        evidence=(),
    )


def stored(store: Store, found: Incident, *channels: str, clock: bool) -> None:
    """Store an incident that these channels got, the first a second after it opened."""
    writes = [incident_put(found)]
    for late, channel in enumerate(channels, start=1):
        key = DeliveryKey(
            resource=found.resource_id,
            control=found.control_id,
            number=found.number,
            channel=channel,
        ).key
        times = {"1": found.opened_at + timedelta(seconds=late)}
        writes.append(Put(key, versioned(encode(Cursor(told=1, times=times)))))
    if clock:
        step = ClockStep(action=Action.SUSPECT, by="R. Ortiz", reason="may be", at=NOW)
        writes.append(new_clock(found).stepped(step).put(""))
    store.commit(keys.partition(found.resource_id), writes)


def filled(store: Store, resources: int = 40) -> list[Incident]:
    """Fill a state in which every third incident has a clock, and some have no cursor."""
    made = []
    for at in range(resources):
        for control in CONTROLS:
            found = incident(f"{ACCOUNT}{at}", control, at % 3 + 1)
            channels = ("teams", "splunk", "pagerduty")[: at % 4]
            stored(store, found, *channels, clock=at % 3 == 0)
            made.append(found)
    return made


def test_each_incident_comes_once_with_its_own_deliveries_and_its_own_clock() -> None:
    store = MemoryStore()
    made = filled(store)
    found = [each for each in every_incident(store) if isinstance(each, Kept)]

    assert len(found) == len(made)
    assert all(each == kept_of(store, each.incident) for each in found)
    assert {len(each.told) for each in found} == {0, 1, 2, 3}
    assert {each.clock is None for each in found} == {True, False}


def test_azure_tables_hand_out_the_three_kinds_of_rows_in_the_same_order(azurite: Azurite) -> None:
    with closing(TableStore(azurite.account())) as store:
        made = filled(store, 12)
        found = [each for each in every_incident(store) if isinstance(each, Kept)]

        assert len(found) == len(made)
        assert all(each == kept_of(store, each.incident) for each in found)


def test_cursors_of_other_notices_between_the_incidents_are_passed_over() -> None:
    store = MemoryStore()
    made = filled(store)
    for each in made[::5]:
        standalone = DeliveryKey(
            resource=each.resource_id, control=each.control_id, number=0, channel="splunk"
        )
        put = Put(standalone.key, versioned(encode(Cursor(told=1, times={"1": NOW}))))
        store.commit(standalone.partition, [put])
    found = [each for each in every_incident(store) if isinstance(each, Kept)]

    assert all(each == kept_of(store, each.incident) for each in found)


def test_the_first_delivery_is_that_of_the_first_channel() -> None:
    store = MemoryStore()
    found = incident(ACCOUNT, "TOY", 1)
    stored(store, found, "teams", "splunk", clock=False)

    assert kept_of(store, found).first_told_at == found.opened_at + timedelta(seconds=1)


def test_rows_of_another_version_are_named_and_the_others_are_read() -> None:
    store = MemoryStore()
    made = filled(store)
    other = incident(ACCOUNT, "TOY-NEW", 1)
    key = incident_put(other).key
    store.commit(keys.partition(ACCOUNT), [Put(key, {"schema": 99})])
    cursor = DeliveryKey(resource=f"{ACCOUNT}0", control="TOY", number=1, channel="new").key
    store.commit(keys.partition(f"{ACCOUNT}0"), [Put(cursor, {"schema": 99})])
    found = list(every_incident(store))

    assert [each for each in found if isinstance(each, str)] == [key]
    assert [each.refused for each in found if isinstance(each, Kept) and each.refused] == [
        (cursor,)
    ]
    assert len(found) == len(made) + 1
