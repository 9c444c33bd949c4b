"""A rejecting channel loses nothing: on hold, reported elsewhere once, delivered after the repair."""

from cli.demonstration.received import received_messages
from tests.e2e.clinic import TIMING, Clinic

FIREWALL = "STORAGE-FIREWALL"
CHANNEL = "MONITOR-CHANNEL"


def test_a_rotated_token_holds_what_is_told_until_the_new_one_is_set(own_clinic: Clinic) -> None:
    clinic = own_clinic
    accounts = [clinic.account() for _ in range(2)]
    with clinic.served():
        clinic.subscribe()
        clinic.wait(lambda: bool(clinic.azure.splunk.heartbeats))
        clinic.azure.splunk.rotate()
        for each in accounts:
            clinic.set(each, networkAcls={"defaultAction": "Allow"})
            clinic.wait_until_told(each, FIREWALL, "teams Drift", "pagerduty Drift")
        clinic.wait(lambda: said(clinic) == ["teams Drift"])
        clinic.quiet()
        while_refused = clinic.health()
    with clinic.served():
        for each in accounts:
            told = ("teams Drift", "pagerduty Drift", "splunk Drift")
            clinic.wait_until_told(each, FIREWALL, *told)
        clinic.wait(lambda: said(clinic)[:2] == ["teams Drift", "teams Resolved"])
        clinic.quiet()
        after = clinic.health()

    assert (while_refused["status"], while_refused["undelivered"]) == ("degraded", 2)
    assert (after["status"], after["undelivered"]) == ("ok", 0)
    assert said(clinic) == ["teams Drift", "teams Resolved"]


def test_a_deleted_flow_holds_what_is_told_until_it_is_back(own_clinic: Clinic) -> None:
    clinic = own_clinic
    with clinic.served(f"{TIMING}held_seconds = 1\n"):
        clinic.subscribe()
        clinic.azure.teams.delete()
        account = clinic.account()
        clinic.set(account, networkAcls={"defaultAction": "Allow"})
        clinic.wait_until_told(account, FIREWALL, "pagerduty Drift", "splunk Drift")
        clinic.wait(lambda: said(clinic) == ["pagerduty Drift", "splunk Drift"])
        clinic.set(account, networkAcls={"defaultAction": "Deny"})
        resolved = ("pagerduty Drift", "pagerduty Resolved", "splunk Drift", "splunk Resolved")
        clinic.wait_until_told(account, FIREWALL, *resolved)
        assert clinic.health()["status"] == "degraded"
        clinic.azure.teams.restore()
        clinic.wait_until_told(account, FIREWALL, "teams Drift", "teams Resolved", *resolved)
        clinic.wait(lambda: "splunk Resolved" in said(clinic))
        clinic.quiet()

        assert clinic.health()["status"] == "ok"
        assert [each for each in said(clinic) if "Drift" in each] == [
            *("pagerduty Drift", "splunk Drift")
        ]


def test_a_channel_that_is_busy_or_hangs_up_is_told_in_order_later(own_clinic: Clinic) -> None:
    clinic = own_clinic
    with clinic.served(f"{TIMING}deliver_retry_seconds = [1, 2]\n"):
        clinic.subscribe()
        for each in (clinic.azure.teams, clinic.azure.pagerduty, clinic.azure.splunk):
            each.fail(503, times=1)
            each.reset(times=1)
        account = clinic.account()
        clinic.set(account, networkAcls={"defaultAction": "Allow"})
        clinic.wait(lambda: len(clinic.told(account, FIREWALL)) == 3)
        clinic.set(account, networkAcls={"defaultAction": "Deny"})
        clinic.wait(lambda: len(clinic.told(account, FIREWALL)) == 6)
        clinic.quiet()

        assert clinic.told(account) == [
            *("teams Drift", "teams Resolved", "pagerduty Drift", "pagerduty Resolved"),
            *("splunk Drift", "splunk Resolved"),
        ]
        assert clinic.rows("held") == []


def said(clinic: Clinic) -> list[str]:
    """Return what was sent about channels that refuse, in the order of the channels' names."""
    found = [each for each in received_messages(clinic.azure) if CHANNEL in each.text]
    return [f"{each.channel} {each.verb}" for each in sorted(found, key=lambda each: each.channel)]
