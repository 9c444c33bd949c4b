"""Privileged roles that a subscription gains without an assignment, by event."""

from collections.abc import Iterator

import pytest

from detectors.role import privileged_assignment
from drift import ids
from drift.notices import Change
from tests.support.rig import GROUP, SUBSCRIPTION, Rig

SUB = f"/subscriptions/{SUBSCRIPTION}"
PIM = f"{SUB}/providers/Microsoft.Authorization"
LIGHTHOUSE = f"{SUB}/providers/Microsoft.ManagedServices"
OWNER = f"{PIM}/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
SOMEBODY = "7a7a7a7a-2222-4b4b-9c9c-000000000002"


@pytest.fixture
def watched() -> Iterator[Rig]:
    """Return a monitor of a subscription without privileged roles, swept before."""
    rig = Rig(None)
    rig.arm.put(SUB, subscriptionId=SUBSCRIPTION, state="Enabled")
    rig.arm.put(GROUP)
    rig.only(privileged_assignment)
    rig.run(rig.monitor.sweep())
    rig.later(minutes=5)
    yield rig
    rig.close()


def told(rig: Rig) -> list[tuple[str, Change | None]]:
    return [(notice.control_id, notice.change) for notice, _ in rig.teams.told]


def test_a_role_that_somebody_becomes_eligible_for_is_told_at_the_request(watched: Rig) -> None:
    watched.arm.put(
        f"{PIM}/roleEligibilityScheduleInstances/i",
        properties={"roleDefinitionId": OWNER, "principalId": SOMEBODY, "principalType": "User"},
    )
    watched.write(f"{PIM}/roleEligibilityScheduleRequests/r")

    assert told(watched) == [("ROLE-PRIVILEGED-ASSIGNMENT", Change.OPENED)]


def test_a_delegation_to_another_tenant_is_told_and_closed_by_its_end(watched: Rig) -> None:
    terms = f"{LIGHTHOUSE}/registrationDefinitions/t"
    delegation = f"{LIGHTHOUSE}/registrationAssignments/d"
    authorization = {"principalId": SOMEBODY, "roleDefinitionId": CONTRIBUTOR}
    watched.arm.put(terms, properties={"authorizations": [authorization], "managedByTenantId": "t"})
    watched.arm.put(delegation, properties={"registrationDefinitionId": terms})
    watched.write(delegation)
    watched.later(minutes=5)
    del watched.arm.documents[ids.key(delegation)]
    watched.write(delegation, kind="Microsoft.Resources.ResourceDeleteSuccess")
    watched.later(minutes=5)

    changes = [change for _, change in told(watched) if change is not Change.UPDATED]
    assert changes == [Change.OPENED, Change.RESOLVED]
