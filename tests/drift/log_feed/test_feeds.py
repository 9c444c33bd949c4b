"""The resource that is read after a row of each log, and when a log is queried."""

from dataclasses import replace

import pytest

from drift import ids
from drift.intake.targets import Watched
from drift.log_feed.feeds import (
    CONTAINERS,
    DIRECTORY,
    MANAGEMENT_GROUPS,
    SIGN_INS,
    event_of,
    wanted_feeds,
)
from tests.drift.log_feed.logs import CONTAINER, MANAGEMENT_GROUP, STORAGE, TENANT, a_change
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig


def test_nothing_is_queried_that_concerns_nothing_watched() -> None:
    app = Rig(None).services.facts
    watched = Watched({STORAGE: frozenset()}, frozenset())

    assert wanted_feeds(watched, app) == (CONTAINERS,)


def test_the_tenant_is_read_again_where_it_is_set_and_watched() -> None:
    rig = Rig(None)
    app = replace(rig.services.facts, tenant_id=TENANT)
    watched = Watched({ids.type_of(f"/tenants/{TENANT}"): frozenset()}, frozenset())
    row = a_change(rig.clock.now, operation="Update conditional access policy", document="policy-1")

    assert DIRECTORY.place(row, app) == (
        f"/tenants/{TENANT}",
        f"/tenants/{TENANT}/providers/microsoft.graph/conditionalAccessPolicies/policy-1",
    )
    event = event_of(DIRECTORY, row, app, watched)
    assert event is not None
    assert (event.target, event.operation.rpartition("/")[2]) == (f"/tenants/{TENANT}", "write")
    assert wanted_feeds(watched, app) == (DIRECTORY,)
    assert wanted_feeds(watched, app, ["an-account"]) == (DIRECTORY, SIGN_INS)
    assert wanted_feeds(watched, rig.services.facts) == ()


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ("Update security defaults", "policies/identitySecurityDefaultsEnforcementPolicy"),
        ("Update authentication strength", "authenticationStrengthPolicies/1"),
        ("Add member to role", "roleAssignments/1"),
        ("Delete access review", "accessReviews/1"),
        (
            "Add eligible member to role in PIM completed (permanent)",
            "roleEligibilityScheduleInstances/1",
        ),
    ],
)
def test_what_was_changed_in_the_tenant_is_read_again(operation: str, changed: str) -> None:
    rig = Rig(None)
    app = replace(rig.services.facts, tenant_id=TENANT)
    row = a_change(rig.clock.now, operation=operation, document="1")

    assert DIRECTORY.place(row, app) == (
        f"/tenants/{TENANT}",
        f"/tenants/{TENANT}/providers/microsoft.graph/{changed}",
    )


def test_a_management_group_is_read_again_by_a_change_of_what_lies_on_it() -> None:
    rig = Rig(None)
    watched = Watched({"microsoft.management/managementgroups": frozenset()}, frozenset())
    assignment = f"{MANAGEMENT_GROUP}/providers/Microsoft.Authorization/policyAssignments/cmk"
    operation = "MICROSOFT.AUTHORIZATION/POLICYASSIGNMENTS/DELETE"
    row = a_change(
        rig.clock.now, operation=operation, resource=assignment, person="dana@clinic.example"
    )

    event = event_of(MANAGEMENT_GROUPS, row, rig.services.facts, watched)

    assert event is not None
    assert (event.target, event.subject) == (MANAGEMENT_GROUP, assignment)
    assert event.operation == operation.lower()
    assert event.actor is not None
    assert event.actor.name == "dana@clinic.example"


def test_an_account_of_a_subscription_that_is_not_monitored_is_not_read() -> None:
    rig = Rig(None)
    elsewhere = ACCOUNT.replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555")
    row = a_change(rig.clock.now, resource=elsewhere)
    watched = Watched({STORAGE: frozenset()}, frozenset(), frozenset({SUBSCRIPTION}))

    assert event_of(CONTAINERS, row, rig.services.facts, watched) is None


def test_who_wrote_with_the_account_key_is_called_so() -> None:
    rig = Rig(None)
    watched = Watched({STORAGE: frozenset()}, frozenset())

    event = event_of(CONTAINERS, a_change(rig.clock.now), rig.services.facts, watched)

    assert event is not None
    assert event.actor is not None
    assert (event.actor.name, event.actor.ip) == ("a holder of the account key", "203.0.113.9")
    assert event.subject == CONTAINER


def test_a_document_of_the_tenant_that_no_control_evaluates_is_left_out() -> None:
    rig = Rig(None)
    app = replace(rig.services.facts, tenant_id=TENANT)
    watched = Watched({STORAGE: frozenset()}, frozenset())
    row = a_change(rig.clock.now, operation="Update conditional access policy", document="policy-1")

    assert event_of(DIRECTORY, row, app, watched) is None
