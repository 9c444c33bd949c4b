"""Every control passes in the clinic's estate."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.arm.reader import ArmReader
from adapters.azure_http.credential import azure_credential
from detectors import DETECTORS
from drift.config.model import Config, PhiScope
from drift.controls.engine import evaluate_controls
from drift.estate import Baseline
from drift.model import Outcome
from drift.observation.read_estate import ReadCache, ReadEstate, resource_of
from drift.phi.resolver import LazyScopeResolver, PriorScope
from sandbox.clinic.estate import SUBSCRIPTION, VNET, WORKSPACE, clinic
from sandbox.world import Sandbox


def test_every_control_passes_in_the_clinic(
    azure: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = azure.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    credential = azure_credential("", environment)
    now = datetime.now(UTC)
    reader = ArmReader(
        credential,
        endpoint=azure.arm.base_url,
        scope="https://management.azure.com/.default",
    )
    evidence = "https://lakesidewebsite.blob.core.windows.net/drift-evidence"
    baseline = Baseline(approved_workspaces=(WORKSPACE.lower(),), evidence_container=evidence)
    failed: list[Any] = []
    passed: set[str] = set()
    for body in (*clinic(), *azure.read(VNET)["properties"]["subnets"]):
        memory = ReadCache(cached={}, suspects=frozenset(), oldest=now)
        estate = ReadEstate(reader, memory, baseline=baseline, now=now)
        resource = resource_of(body, str(body["id"]))
        scoping = LazyScopeResolver(resource, estate, PhiScope(), PriorScope())
        for each in evaluate_controls(
            DETECTORS, resource, estate, scoping=scoping, config=Config()
        ):
            if each.verdict.outcome is Outcome.PASS:
                passed.add(each.control.id)
            elif each.verdict.outcome is not Outcome.NOT_APPLICABLE:
                failed.append((each.control.id, resource.name, each.verdict.reason))
    reader.close()
    credential.close()

    assert failed == []
    assert passed == {each.CONTROL.id for each in DETECTORS}


def test_the_environment_names_the_clinic(azure: Sandbox) -> None:
    environment = azure.environment()

    assert environment["MONITORED_SUBSCRIPTIONS"] == SUBSCRIPTION
    assert environment["LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"] == WORKSPACE
    assert all(value for value in environment.values())
