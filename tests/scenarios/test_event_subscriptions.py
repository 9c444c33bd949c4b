"""A missing event subscription of the monitor is found by event, by poll and by sweep, with the actor."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from detectors.monitor import self as deliveries
from drift import ids
from drift.intake.event_topics import CHANGES
from drift.model import Severity
from drift.notices import Found
from notifiers.headline import preview
from tests.support.rig import GROUP, SUBSCRIPTION, Rig

SUB = f"/subscriptions/{SUBSCRIPTION}"
APP = f"{GROUP}/providers/Microsoft.Web/sites/func-phidrift"
TOPIC = f"{GROUP}/providers/Microsoft.EventGrid/systemTopics/phidrift-changes"
DELIVERY = f"{TOPIC}/eventSubscriptions/phidrift"
LIST = f"{SUB}/providers/Microsoft.EventGrid/systemTopics"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
BEGINS = {
    "operatorType": "StringBeginsWith",
    "key": "data.operationName",
    "values": ["microsoft.storage/", "microsoft.eventgrid/"],
}


@pytest.fixture
def watched() -> Iterator[Rig]:
    """Return a monitor to which everything is delivered, swept before."""
    rig = Rig(None)
    rig.arm.put(SUB, subscriptionId=SUBSCRIPTION, state="Enabled")
    rig.arm.put(GROUP)
    about = {"topicType": CHANGES, "source": SUB, "provisioningState": "Succeeded"}
    rig.arm.put(TOPIC, properties=about)
    function = {"resourceId": f"{APP}/functions/resource_changed"}
    rig.arm.put(
        DELIVERY,
        properties={
            "provisioningState": "Succeeded",
            "destination": {"endpointType": "AzureFunction", "properties": function},
            "filter": {"advancedFilters": [BEGINS]},
        },
    )
    required = {CHANGES: ("microsoft.storage/storageaccounts/",)}
    baseline = replace(
        rig.services.config.baseline, monitor_app=ids.key(APP), required_events=required
    )
    rig.configure(baseline=baseline)
    rig.only(deliveries)
    sweep(rig)
    rig.arm.reads.clear()
    yield rig
    rig.close()


def sweep(rig: Rig) -> None:
    rig.run(rig.monitor.sweep())
    rig.later(minutes=5)


def narrow(rig: Rig) -> None:
    rig.arm.set(
        DELIVERY, filter={"advancedFilters": [{**BEGINS, "values": ["microsoft.nothing/"]}]}
    )


def test_a_filter_that_is_narrowed_is_told_with_the_actor_as_drift_of_the_subscription(
    watched: Rig,
) -> None:
    narrow(watched)
    watched.write(DELIVERY)
    [(notice, _)] = watched.teams.told

    assert (notice.control_id, ids.key(notice.resource_id)) == ("MONITOR-SELF", SUB)
    assert notice.severity is Severity.CRITICAL
    assert notice.changed_by is not None
    assert [each.path.partition("#")[2] for each in notice.differences] == [
        "properties.filter.advancedFilters"
    ]
    assert preview(notice, opening=True).startswith("Drift · Critical · Subscription ")


def test_a_repaired_event_subscription_resolves_its_incident(watched: Rig) -> None:
    narrow(watched)
    watched.write(DELIVERY)
    watched.later(minutes=5)
    watched.arm.set(DELIVERY, filter={"advancedFilters": [BEGINS]})
    watched.write(DELIVERY)
    watched.later(minutes=5)

    assert watched.teams.changes[0] == "MONITOR-SELF opened"
    assert watched.teams.changes[-1] == "MONITOR-SELF resolved"


def test_a_deleted_topic_is_missed_by_its_event(watched: Rig) -> None:
    for each in (TOPIC, DELIVERY):
        del watched.arm.documents[ids.key(each)]
    watched.write(TOPIC, kind=DELETED)

    assert watched.teams.changes == ["MONITOR-SELF opened"]


def test_a_deleted_event_subscription_that_delivers_no_event_of_its_end_is_missed_by_a_poll(
    watched: Rig,
) -> None:
    del watched.arm.documents[ids.key(DELIVERY)]
    watched.later(minutes=16)

    assert watched.teams.changes == ["MONITOR-SELF opened"]


def test_what_neither_event_nor_poll_saw_is_found_by_the_next_sweep(watched: Rig) -> None:
    timing = replace(watched.services.config.timing, poll_minutes=1440)
    watched.configure(timing=timing)
    watched.later(minutes=30)
    del watched.arm.documents[ids.key(DELIVERY)]
    sweep(watched)

    assert watched.teams.changes == ["MONITOR-SELF opened"]
    assert [notice.found for notice, _ in watched.teams.told] == [Found.MISSED]


def test_a_poll_reads_the_subscription_its_topics_and_their_event_subscriptions_once(
    watched: Rig,
) -> None:
    watched.later(minutes=11)

    assert watched.arm.reads == {
        SUB: 1,
        ids.key(LIST): 1,
        ids.key(f"{TOPIC}/eventSubscriptions"): 1,
    }


def test_a_changed_configuration_has_the_subscription_evaluated_again(watched: Rig) -> None:
    narrow(watched)
    watched.write(DELIVERY)
    watched.switch_off("MONITOR-SELF")
    watched.later(minutes=5)

    assert watched.teams.changes == ["MONITOR-SELF opened", "MONITOR-SELF closed"]
