"""Sentinel, a topic and a signed webhook behind a whole monitor, with faults."""

from collections.abc import Iterator

import pytest

from sandbox.channels.sink import Sink
from tests.e2e.clinic import EVERYWHERE, TIMING, Clinic
from tests.e2e.test_channels import said

FIREWALL = "STORAGE-FIREWALL"
SIEMS = ("splunk", "sentinel", "eventgrid_topic", "webhook")
SOON = f"{TIMING}deliver_retry_seconds = [1, 2]\nheld_seconds = 1\nunknown_seconds = 1\n"

every_siem = pytest.mark.parametrize("name", SIEMS[1:])


@pytest.fixture
def clinic(own_clinic: Clinic) -> Iterator[Clinic]:
    """Return a clinic whose monitor tells every channel there is."""
    with own_clinic.served(SOON, **own_clinic.azure.environment(every_channel=True)):
        own_clinic.subscribe()
        yield own_clinic


def far_end(clinic: Clinic, name: str) -> Sink:
    azure = clinic.azure
    return {"sentinel": azure.sentinel, "eventgrid_topic": azure.topic, "webhook": azure.webhook}[
        name
    ]


def uids(clinic: Clinic) -> dict[str, list[str]]:
    """Return the event uids that each SIEM received, in order, with repeats."""
    azure = clinic.azure
    return {
        "splunk": [each["event"]["metadata"]["uid"] for each in azure.splunk.bodies()],
        "sentinel": [each["EventUid"] for each in azure.sentinel.bodies()],
        "eventgrid_topic": [each["id"] for each in azure.topic.bodies()],
        "webhook": list(azure.webhook.ids),
    }


def told_through(clinic: Clinic, name: str, account: str) -> list[str]:
    """Return the verbs that one channel received about an account, in order."""
    return [
        each.verb for each in clinic.received_messages(account, FIREWALL) if each.channel == name
    ]


def test_every_siem_is_told_the_same_of_a_drift_and_of_its_end(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    opened = (*EVERYWHERE, "sentinel Drift", "eventgrid_topic Drift", "webhook Drift")
    clinic.wait_until_told(account, FIREWALL, *opened)
    clinic.set(account, networkAcls={"defaultAction": "Deny"})
    clinic.wait(lambda: len(clinic.told(account, FIREWALL)) == 12)
    clinic.quiet()

    assert {tuple(each) for each in uids(clinic).values()} == {tuple(uids(clinic)["splunk"])}
    assert [each["type"].rpartition(".")[2] for each in clinic.azure.topic.bodies()] == [
        *("Opened", "Resolved")
    ]
    assert [each["Status"] for each in clinic.azure.sentinel.bodies()] == ["New", "Resolved"]
    assert clinic.azure.sentinel.lost == []
    assert [each.rejected for each in clinic.azure.sinks] == [[]] * 6


@every_siem
def test_a_siem_that_is_busy_or_drops_connections_gets_its_messages_in_order_with_one_uid(
    clinic: Clinic, name: str
) -> None:
    sink = far_end(clinic, name)
    clinic.wait(lambda: bool(sink.heartbeats))
    before, beats = len(sink.requests), len(sink.heartbeats)
    sink.fail(429, times=1, retry_after=1)
    sink.fail(503, times=1)
    sink.reset(times=1)
    sink.reset(times=1, after=True)
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait(lambda: told_through(clinic, name, account) == ["Drift", "Drift"])
    clinic.set(account, networkAcls={"defaultAction": "Deny"})
    clinic.wait(lambda: told_through(clinic, name, account) == ["Drift", "Drift", "Resolved"])
    clinic.quiet()
    first, last = uids(clinic)["splunk"]

    assert uids(clinic)[name] == [first, first, last]
    taken = sink.requests[-1].status
    last_ones = [taken] * (2 + len(sink.heartbeats) - beats)  # an hour may begin meanwhile
    assert [each.status for each in sink.requests[before:]] == [429, 503, 0, 0, *last_ones]
    assert clinic.rows("held") == []


@pytest.mark.parametrize("name", ["sentinel", "eventgrid_topic"])
def test_what_is_refused_for_want_of_a_role_is_told_once_it_is_granted(
    clinic: Clinic, name: str
) -> None:
    sentinel, topic = clinic.azure.sentinel, clinic.azure.topic
    clinic.wait(lambda: bool(far_end(clinic, name).heartbeats))
    sentinel.granted, topic.granted = name != "sentinel", name != "eventgrid_topic"
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    others = [each for each in ("teams", *SIEMS) if each != name]
    clinic.wait(lambda: {f"{each} Drift" for each in others} <= set(said(clinic)))
    clinic.set(account, networkAcls={"defaultAction": "Deny"})
    clinic.wait(lambda: told_through(clinic, "teams", account) == ["Drift", "Resolved"])
    clinic.quiet()
    while_refused = clinic.health()
    sentinel.granted = topic.granted = True
    clinic.wait(lambda: told_through(clinic, name, account) == ["Drift", "Resolved"])
    clinic.wait(lambda: "teams Resolved" in said(clinic))
    clinic.wait(lambda: clinic.health()["status"] == "ok")

    assert (while_refused["status"], while_refused["undelivered"]) == ("degraded", 1)
    assert [each for each in said(clinic) if each.startswith(name)] == []
    assert said(clinic).count("teams Drift") == 1


def test_a_rotated_secret_of_the_webhook_holds_what_is_told_until_the_new_one_is_set(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    account = clinic.account()
    with clinic.served(**clinic.azure.environment(every_channel=True)):
        clinic.subscribe()
        clinic.azure.webhook.rotate()
        clinic.set(account, networkAcls={"defaultAction": "Allow"})
        clinic.wait(lambda: "teams Drift" in said(clinic))
        clinic.quiet()
    with clinic.served(**clinic.azure.environment(every_channel=True)):
        clinic.wait(lambda: told_through(clinic, "webhook", account) == ["Drift"])
        clinic.wait(lambda: "teams Resolved" in said(clinic))
        clinic.quiet()

    assert {each.status for each in clinic.azure.webhook.rejected} == {401}


def test_what_cannot_be_judged_is_told_to_every_siem_and_to_no_person(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.azure.arm.refuse(f"{account}$", status=403)
    clinic.touch(account)
    clinic.wait(lambda: set(clinic.told(account, FIREWALL)) == {f"{each} Update" for each in SIEMS})
    clinic.quiet()

    (row,) = [each for each in clinic.azure.sentinel.bodies() if each["ControlId"] == FIREWALL]
    assert (row["Severity"], row["Status"]) == ("Unknown", "Unknown")
    assert len(clinic.told(account, FIREWALL)) == len(SIEMS)
