"""Storage as in production: state in tables, queues in an account, with outages and stalls."""

from pathlib import Path

from drift.config.storage_account import StorageAccount
from functions_host.subprocess import served
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.adapters.network import network_to, passes, stalls, stalls_after_it_arrived
from tests.azurite import KEY, Azurite
from tests.e2e.clinic import EVERYWHERE, LAG, PATIENT, TIMING, Clinic, resolved
from tests.functions_host.hosting import eventually

FIREWALL = "STORAGE-FIREWALL"
ALONE = {"waiting": 0, "running": None, "poison": 0}
ALL_ALONE = {"changes": ALONE, "deliveries": ALONE, "background": ALONE}


STALLS = (stalls, *[passes] * 5, stalls_after_it_arrived)
"""The next batch is written 5 s late; a later one is written and answered 5 s late."""


def test_a_drift_and_its_repair_are_told_once_over_tables_that_stall_and_an_accounts_queues(
    own_clinic: Clinic, azurite: Azurite
) -> None:
    storage = azurite.connection_string()
    with network_to(azurite.account()) as (network, near):
        settings = {"AzureWebJobsStorage": storage, "PSEUDONYM_KEY": "any", **_state_at(near)}
        with own_clinic.served(PATIENT, **settings):
            own_clinic.subscribe()
            account = own_clinic.account()
            network.batches, network.others = [*STALLS], [passes, stalls]
            own_clinic.set(account, networkAcls={"defaultAction": "Allow"})
            own_clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
            has_stalled = [not network.batches and not network.others]
            network.batches, network.others = [*STALLS], [passes, stalls]
            own_clinic.set(account, networkAcls={"defaultAction": "Deny"})
            own_clinic.wait_until_told(account, FIREWALL, *resolved(*EVERYWHERE))
            own_clinic.quiet()
            has_stalled.append(not network.batches and not network.others)
            health = own_clinic.health()
            is_worked_off = eventually(lambda: own_clinic.health()["queues"] == ALL_ALONE)

    assert has_stalled == [True, True]
    assert (health["status"], health["undelivered"], health["unknown"]) == ("ok", 0, 0)
    assert is_worked_off  # the records of the evidence log follow each ten seconds
    assert own_clinic.told(account) == resolved(*EVERYWHERE)
    assert KEY not in own_clinic.log


def test_what_is_accepted_while_the_state_is_away_is_told_when_it_is_back(
    tmp_path: Path, azurite: Azurite
) -> None:
    with (
        Sandbox(lag=LAG, behaviour=PROMPT, log_delay=(0.0, 0.0)) as azure,
        network_to(azurite.account()) as (network, near),
    ):
        clinic = Clinic(azure, tmp_path)
        settings = {
            **azure.environment(),
            **_state_at(near),
            "PSEUDONYM_KEY": "any",
            "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
        }
        network.is_down = True
        with served(tmp_path, settings, TIMING) as clinic.app:
            clinic.subscribe()
            account = clinic.account()
            clinic.set(account, networkAcls={"defaultAction": "Allow"})
            was_accepted = azure.events.drain(10)
            was_tried = eventually(lambda: "evaluate_change failed: StoreUn" in clinic.log)
            health = clinic.health()
            network.is_down = False
            was_told = eventually(lambda: clinic.told(account, FIREWALL) == list(EVERYWHERE))

    queues, version = health.pop("queues"), health.pop("version")
    assert (was_accepted, was_tried, was_told) == (True, True, True)
    assert health == {"status": "degraded", **dict.fromkeys(list(health)[1:])}
    assert version
    assert queues["deliveries"] == {"waiting": 0, "running": 0, "poison": 0}
    assert KEY not in clinic.log


def _state_at(near: StorageAccount) -> dict[str, str]:
    return {"STATE_STORE": f"AccountName={near.name};AccountKey={KEY};TableEndpoint={near.tables}"}
