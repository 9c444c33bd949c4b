"""An actor's other writes: reported once the log has caught up, and not before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.core.people import ENGINEER, PIPELINE, Actor
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.e2e.clinic import EVERYWHERE, LAG, TIMING, Clinic

FIREWALL = "STORAGE-FIREWALL"
SOON_AND_NEVER = f"{TIMING}context_seconds = [1, 86400]\n"
OTHERS = {
    "by application id": replace(PIPELINE, logged_as="app_id"),
    "by object id": replace(
        PIPELINE,
        object_id="0b5f3c0e-5a0e-4b7a-8f0f-0e8f4a1c2d31",
        app_id="11d0a7b2-4f3e-4a55-9b77-2f4f6d8e9a02",
        logged_as="object_id",
    ),
    "a person": ENGINEER,
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with Sandbox(lag=LAG, behaviour=PROMPT, log_delay=(0.0, 0.0)) as azure:
        clinic = Clinic(azure, tmp_path_factory.mktemp("context"))
        with clinic.served(SOON_AND_NEVER):
            clinic.subscribe()
            yield clinic


@pytest.mark.parametrize("name", OTHERS)
def test_what_the_same_actor_wrote_besides_is_told_as_one_update(clinic: Clinic, name: str) -> None:
    other, account = clinic.vault(), clinic.account()
    opened(clinic, account, OTHERS[name], besides=other)
    clinic.wait(lambda: "splunk Update" in clinic.told(account, FIREWALL))
    clinic.quiet()
    updates = [
        each for each in clinic.received_messages(account, FIREWALL) if each.verb == "Update"
    ]

    assert [each.channel for each in updates].count("teams") == 1
    assert [each.channel for each in updates].count("splunk") == 1
    assert all(other.rpartition("/")[2] in each.text for each in updates)


def test_an_actor_without_other_writes_causes_no_update(clinic: Clinic) -> None:
    account = clinic.account()
    newcomer = replace(
        PIPELINE,
        object_id="5b1f3c0e-5a0e-4b7a-8f0f-0e8f4a1c2d99",
        app_id="51d0a7b2-4f3e-4a55-9b77-2f4f6d8e9a99",
    )
    asked = len(clinic.azure.logs.queries)
    opened(clinic, account, newcomer)
    clinic.wait(lambda: len(clinic.azure.logs.queries) > asked)
    clinic.quiet()

    assert clinic.told(account) == list(EVERYWHERE)


def test_a_log_that_has_not_caught_up_proves_nothing_and_adds_nothing(tmp_path: Path) -> None:
    with Sandbox(lag=LAG, behaviour=PROMPT, log_delay=(3600.0, 3600.0)) as azure:
        clinic = Clinic(azure, tmp_path)
        with clinic.served(SOON_AND_NEVER):
            clinic.subscribe()
            account = clinic.account()
            opened(clinic, account, ENGINEER, besides=clinic.vault())
            clinic.wait(lambda: bool(azure.logs.queries))
            clinic.quiet()

            assert clinic.told(account) == list(EVERYWHERE)


def opened(clinic: Clinic, account: str, actor: Actor, *, besides: str = "") -> None:
    """Let somebody open an account to every network, and write something else before."""
    if besides:
        clinic.azure.patch(besides, {"tags": {"owner": "nobody"}}, actor)
    acls = {"networkAcls": {"defaultAction": "Allow"}}
    clinic.azure.patch(account, {"properties": acls}, actor)
    clinic.wait(lambda: "splunk Drift" in clinic.told(account, FIREWALL))
