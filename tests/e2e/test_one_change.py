"""A resource write becomes one alert, whatever delivers it, and costs one read."""

from pathlib import Path

import pytest

from sandbox.eventgrid.event_grid import DeliveryBehaviour
from sandbox.world import Sandbox
from tests.e2e.clinic import EVERYWHERE, PATIENT, Clinic, resolved

FIREWALL = "STORAGE-FIREWALL"


def test_a_write_that_shows_is_told_everywhere_after_one_read_of_the_account(
    prompt_clinic: Clinic,
) -> None:
    clinic = prompt_clinic
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.quiet()

    assert clinic.reads(account) == 1
    assert clinic.reads(f"{account}/blobServices/default/containers") == 0


def test_a_write_of_a_known_account_costs_one_read_in_all(prompt_clinic: Clinic) -> None:
    clinic = prompt_clinic
    account = clinic.account()
    clinic.get_to_know(account)
    clinic.azure.arm.forget()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.quiet()

    own, among = account.lower(), account.lower().rpartition("/")[0]
    asked = [each.path.lower() for each in clinic.azure.arm.requests]
    of_others = {each for each in asked if each.startswith(among) and not each.startswith(own)}

    assert [each for each in asked if each not in of_others] == [own]  # others may be confirmed now


def test_the_same_event_five_times_more_reads_and_tells_nothing(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    event = clinic.azure.events.published[-1]
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.quiet()
    asked = len(clinic.azure.arm.requests)
    clinic.azure.events.publish(*[event] * 5)
    clinic.quiet()

    assert len(clinic.azure.arm.requests) == asked
    assert clinic.told(account) == list(EVERYWHERE)


def test_an_alert_names_who_did_it_from_where_and_the_repair(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.get_to_know(account)
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    alerts = clinic.received_messages(account, FIREWALL)

    for words in ("dana.whitfield@lakeside-clinic.example", "198.51.100.24", "--default-action"):
        assert [each.channel for each in alerts if words in each.text] == [
            *("teams", "pagerduty", "splunk")
        ]


def test_a_repair_is_reported_to_every_channel_that_got_the_alert(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.set(account, networkAcls={"defaultAction": "Deny"})
    clinic.wait_until_told(account, FIREWALL, *resolved(*EVERYWHERE))
    clinic.quiet()

    assert clinic.told(account) == resolved(*EVERYWHERE)


@pytest.mark.parametrize("seed", [1, 2])
def test_lag_repeats_disorder_of_seconds_and_four_kinds_of_event_make_one_alert_and_one_all_clear(
    tmp_path: Path, seed: int
) -> None:
    with Sandbox(seed=seed, behaviour=DeliveryBehaviour(disorder=0.5)) as azure:
        clinic = Clinic(azure, tmp_path)
        azure.events.payload_events = True
        with clinic.served(PATIENT):
            clinic.subscribe()
            clinic.subscribe(cloud_events=True)
            account, group = clinic.account(), clinic.security_group()
            clinic.set(account, networkAcls={"defaultAction": "Allow"})
            azure.events.policy_state(account)
            clinic.set(group, securityRules=[])
            clinic.wait(lambda: without_updates(clinic, account) == list(EVERYWHERE))
            clinic.set(account, networkAcls={"defaultAction": "Deny"})
            azure.events.policy_state(account, "Compliant")
            clinic.wait(lambda: without_updates(clinic, account) == resolved(*EVERYWHERE))
            clinic.quiet()

            assert without_updates(clinic, account) == resolved(*EVERYWHERE)
            assert clinic.told(group) == []


def without_updates(clinic: Clinic, account: str) -> list[str]:
    """Ignore a later report of the actor if an event without an actor came first."""
    return [each for each in clinic.told(account, FIREWALL) if not each.endswith("Update")]
