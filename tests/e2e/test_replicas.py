"""Lagging ARM replicas: no alert is missed, and no incident closes too early."""

from tests.e2e.clinic import EVERYWHERE, TIMING, Clinic

FIREWALL = "STORAGE-FIREWALL"
SLOW_REPLICAS = TIMING.replace("settle_seconds = 1", "settle_seconds = 60")
"""As in production: on the slowest machine the stale answer comes while a replica may be behind."""


def test_a_write_whose_first_answer_is_stale_is_told_all_the_same(prompt_clinic: Clinic) -> None:
    clinic = prompt_clinic
    account = clinic.account()
    clinic.get_to_know(account)
    clinic.azure.arm.forget()
    clinic.azure.arm.stale(f"{account}$")
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.quiet()

    assert clinic.reads(account) == 2


def test_a_new_account_that_a_replica_does_not_know_yet_is_told_all_the_same(
    prompt_clinic: Clinic,
) -> None:
    clinic = prompt_clinic
    account = clinic.account().replace("copy", "fresh")
    properties = {"networkAcls": {"defaultAction": "Allow"}}
    clinic.azure.arm.stale(f"{account}$")
    clinic.azure.write(
        account,
        {
            "location": "eastus",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "tags": {"dataClassification": "phi"},
            "properties": properties,
        },
    )
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)

    assert clinic.reads(account) == 2


def test_a_stale_pass_right_after_an_alert_closes_nothing(own_clinic: Clinic) -> None:
    clinic = own_clinic
    with clinic.served(SLOW_REPLICAS):
        clinic.subscribe()
        account = clinic.account()
        clinic.set(account, networkAcls={"defaultAction": "Allow"})
        clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
        clinic.azure.arm.forget()
        clinic.azure.arm.stale(f"{account}$")
        clinic.azure.events.policy_state(account)
        clinic.wait(lambda: clinic.reads(account) >= 1)
        clinic.quiet()

        assert clinic.told(account) == list(EVERYWHERE)


def test_an_extension_that_a_replica_has_not_yet_is_not_told_as_missing_for_good(
    clinic: Clinic,
) -> None:
    account = clinic.account()
    setting = f"{account}/blobServices/default/providers/microsoft.insights/diagnosticSettings"
    log = f"{setting}/phi-access-log"
    properties = clinic.azure.read(log)["properties"]
    clinic.azure.delete(log)
    clinic.wait_until_told(account, "STORAGE-LOGGING", "teams Drift", "splunk Drift")
    clinic.azure.arm.stale(f"{setting}$")
    clinic.azure.write(log, {"properties": properties})
    told = ("teams Drift", "teams Resolved", "splunk Drift", "splunk Resolved")
    clinic.wait_until_told(account, "STORAGE-LOGGING", *told)
    clinic.quiet()

    assert clinic.told(account) == list(told)
