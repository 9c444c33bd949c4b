"""Every control passes in the clinic's estate."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from detectors import DETECTORS
from drift.config.model import Config, PhiScope
from drift.config.monitor_toml import parse_config
from drift.controls.engine import evaluate_controls
from drift.intake.event_topics import required_events
from drift.intake.targets import Watched
from drift.model import Outcome
from drift.observation.read_estate import ReadCache, ReadEstate, resource_of
from drift.phi.resolver import LazyScopeResolver, PriorScope
from sandbox.clinic.estate import SUBSCRIPTION, VNET, WORKSPACE, clinic
from sandbox.clinic.ids import MONITOR_APP
from sandbox.clinic.tenant import MONITOR_TOML
from sandbox.core.people import TENANT
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.support.production_reader import readers


@pytest.fixture
def azure() -> Iterator[Sandbox]:
    """Return the clinic; each control reads on its own here, which is more than ARM allows at once.

    Each looks once at what has just been placed, so no replica is behind.
    """
    with Sandbox(lag=None, limits=None, behaviour=PROMPT) as sandbox:
        sandbox.place(*clinic())
        yield sandbox


def test_every_control_passes_in_the_clinic(
    azure: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = azure.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    now = datetime.now(UTC)
    baseline = replace(
        parse_config(MONITOR_TOML, known_controls=frozenset(), known_channels=frozenset()).baseline,
        approved_workspaces=(WORKSPACE.lower(),),
        evidence_container="https://lakesidewebsite.blob.core.windows.net/drift-evidence",
        monitor_app=MONITOR_APP.lower(),
        required_events=required_events(Watched.by(each.CONTROL for each in DETECTORS)),
    )
    failed: list[Any] = []
    passed: set[str] = set()
    subnets = azure.read(VNET)["properties"]["subnets"]
    with readers(azure) as found:
        for body in (*clinic(), *subnets, {"id": f"/tenants/{TENANT}"}):
            memory = ReadCache(cached={}, suspects=frozenset(), oldest=now)
            estate = ReadEstate(found.every, memory, baseline=baseline, now=now)
            resource = resource_of(body, str(body["id"]))
            scoping = LazyScopeResolver(resource, estate, PhiScope(), PriorScope())
            for each in evaluate_controls(
                DETECTORS, resource, estate, scoping=scoping, config=Config()
            ):
                if each.verdict.outcome is Outcome.PASS:
                    passed.add(each.control.id)
                elif each.verdict.outcome is not Outcome.NOT_APPLICABLE:
                    failed.append((each.control.id, resource.name, each.verdict.reason))

    assert failed == []
    assert passed == {each.CONTROL.id for each in DETECTORS}


def test_the_environment_names_the_clinic(azure: Sandbox) -> None:
    environment = azure.environment()

    assert environment["MONITORED_SUBSCRIPTIONS"] == SUBSCRIPTION
    assert environment["LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"] == WORKSPACE
    assert all(value for value in environment.values())
