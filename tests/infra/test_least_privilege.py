"""Every request of the monitor is granted by a role of the templates, and no role is granted without need."""

from collections.abc import Iterator

import pytest

from detectors import DETECTORS
from drift.arm import graph
from drift.intake.targets import Watched
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.infra.predicted import GROUP, only
from tests.infra.recorded import TOPIC, Asked, everything
from tests.infra.role_facts import ROLES, Grant, Role, grants

WITHOUT_A_ROLE = {
    "Microsoft.Resources/tenants/read": "every caller sees the tenant of its own token",
    "microsoft.authorization/policydefinitions/read": "built-in definitions; not proven, see docs/deploy.md",
    "microsoft.authorization/policysetdefinitions/read": "the same of built-in sets",
    "microsoft.aadiam/diagnosticsettings/read": "a person with elevated access grants it; docs/settings.md",
}
"""What is read above all management groups, where no template assigns a role."""

BY_THE_OPERATOR = {TOPIC: "the topic is the operator's own; docs/settings.md names the role"}
"""What is asked of a resource that no template has."""

OF_THE_HOST = {
    "Storage Queue Data Contributor": "the host's triggers and output bindings of queues",
    "Key Vault Secrets User": "App Service resolves the references to secrets",
    "Monitoring Metrics Publisher": "the host's telemetry to Application Insights",
    "Key Vault Crypto Service Encryption User": "the storage account uses its key",
}
"""Roles that the platform documents for itself: no request of the monitor shows them."""

KNOWN_BY_EVENTS = {"microsoft.eventhub/namespaces", "microsoft.web/sites/config"}
"""What is watched only for its events; what is below a namespace is read, settings never are."""

GRANTED = (*grants("app"), *grants("onboarding"), *grants("siem"))


@pytest.fixture(scope="module")
def asked() -> Iterator[frozenset[Asked]]:
    """Return all that is asked for; each thing is asked for once, so no replica is behind."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox(lag=None, limits=None, behaviour=PROMPT) as azure,
    ):
        for name, value in azure.environment().items():
            patch.setenv(name, value)
        yield everything(azure)


def is_granted(need: Asked, by: tuple[Grant, ...]) -> bool:
    """Tell whether a role allows an operation where it is needed."""
    return any(
        each.place == need.place
        and each.role in ROLES
        and ROLES[each.role].allows(need.operation, on_data=need.on_data)
        for each in by
    )


def is_same(one: Grant, other: Grant) -> bool:
    """Tell whether two assignments give the same role on resources of the same kind."""
    return (one.role, one.place) == (other.role, other.place)


def test_every_request_is_granted_by_a_role_of_the_templates(asked: frozenset[Asked]) -> None:
    refused = {each for each in asked if not is_granted(each, GRANTED)} - BY_THE_OPERATOR.keys()

    assert {each for each in refused if each.operation not in WITHOUT_A_ROLE} == set()
    assert {each.place for each in refused} == {"tenant"}


def test_what_needs_no_role_of_the_templates_is_asked_for(asked: frozenset[Asked]) -> None:
    at_the_top = {each.operation for each in asked if each.place == "tenant"}

    assert at_the_top == set(WITHOUT_A_ROLE)
    assert asked >= BY_THE_OPERATOR.keys()


def test_no_role_is_granted_that_no_request_needs(asked: frozenset[Asked]) -> None:
    given = (*grants("app"), *grants("siem"))
    needless = {
        each.role
        for each in given
        if all(
            is_granted(need, tuple(other for other in given if not is_same(each, other)))
            or not is_granted(need, given)
            for need in asked
        )
    }

    assert needless == set(OF_THE_HOST)


def test_the_run_reads_everything_that_controls_relate_to(asked: frozenset[Asked]) -> None:
    watched = Watched.by(each.CONTROL for each in DETECTORS)
    read = {each.operation.lower().removesuffix("/read") for each in asked}
    types = {each for each in {*watched.evaluated, *watched.related} if "/" in each}

    assert {each for each in types - read if not each.startswith(graph.PROVIDER)} == KNOWN_BY_EVENTS


def test_what_keeps_evidence_can_be_granted_without_the_right_to_change_or_delete_a_blob(
    asked: frozenset[Asked],
) -> None:
    on_data = [each.operation.split("/") for each in asked if each.on_data]
    on_blobs = {"/".join(each[5:]) for each in on_data if "blobs" in each}
    on_keys = {"/".join(each[3:]) for each in on_data if "keys" in each}

    assert on_blobs == {"read", "add/action"}
    assert on_keys == {"read", "sign/action"}


def test_a_role_that_is_missing_or_a_write_is_found(asked: frozenset[Asked]) -> None:
    without_reader = tuple(each for each in GRANTED if each.role != "Reader")
    write = Asked("microsoft.storage/storageaccounts/write", "subscription")

    assert not all(is_granted(each, without_reader) for each in asked)
    assert not is_granted(write, GRANTED)


def test_what_is_assigned_outside_of_the_own_group_only_reads_but_for_identities_of_policies() -> (
    None
):
    outside = {
        (part, each.role)
        for part in ("app", "events", "guardrails", "health", "onboarding", "siem")
        for each in grants(part)
        if not each.scope.startswith(f"{GROUP}/")
        and not (each.role in ROLES and ROLES[each.role].only_reads)
    }

    own = only("onboarding", "Microsoft.Authorization/roleDefinitions")["name"]
    sql_db_contributor = "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec"
    assert outside == {
        ("onboarding", own),
        ("guardrails", sql_db_contributor),
        ("guardrails", "Monitoring Contributor"),
    }


def test_a_pattern_of_a_role_covers_what_it_names_but_for_what_is_left_out() -> None:
    role = Role("any", ["a/*/read", "b/write"], ["a/secret/read"], ["a/data/*"], [])

    assert role.allows("A/x/y/Read", on_data=False)
    assert not role.allows("a/secret/read", on_data=False)
    assert not role.allows("a/x/readers", on_data=False)
    assert role.allows("a/data/write", on_data=True)
    assert not role.allows("a/data/write", on_data=False)
    assert not role.only_reads
