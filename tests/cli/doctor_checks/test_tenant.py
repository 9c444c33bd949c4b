"""The doctor says whether the tenant can be read, and names the role that is missing."""

from collections.abc import Iterator

import pytest

from cli.doctor_checks.azure_refusals import AttemptedRead
from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.identity import READER, Principal
from cli.doctor_checks.tenant import not_watched, tenant_checks
from sandbox.core.people import TENANT
from sandbox.world import Sandbox
from tests.support.production_reader import readers

HOME = f"/tenants/{TENANT}"


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def checks(azure: Sandbox, tenant: str = HOME) -> list[Check]:
    asked = AttemptedRead(
        name="tenant",
        principal=Principal(),
        role=READER,
        scope=tenant,
        setting="GRAPH_ENDPOINT",
        connection_problem=lambda: None,
    )
    with readers(azure) as found:
        return list(tenant_checks(found.every, tenant, asked))


def test_a_tenant_that_can_be_read_is_ok(azure: Sandbox) -> None:
    [found] = checks(azure)

    assert found.level is Level.OK
    assert "0 conditionalAccessPolicies" in found.finding


def test_each_missing_role_is_named(azure: Sandbox) -> None:
    azure.graph.roles.discard("Policy.Read.All")
    refused, readable = checks(azure)

    assert (refused.level, readable.level) == (Level.FAIL, Level.OK)
    assert "Policy.Read.All" in refused.finding
    assert "docs/settings.md" in refused.step


def test_a_missing_licence_is_no_missing_role(azure: Sandbox) -> None:
    azure.graph.licences.clear()
    refused, readable = checks(azure)

    assert (refused.level, readable.level) == (Level.WARN, Level.OK)
    assert "reviews need Entra ID P2" in refused.finding


def test_a_wrong_tenant_is_named(azure: Sandbox) -> None:
    [found] = checks(azure, "/tenants/0b1f6471-1bf0-4dda-aec3-cb9272f09590")

    assert found.level is Level.FAIL
    assert found.step == "correct AZURE_TENANT_ID"


def test_a_tenant_that_is_not_named_is_said_not_to_be_watched() -> None:
    found = not_watched()

    assert found.level is Level.WARN
    assert "AZURE_TENANT_ID is not set" in found.finding
