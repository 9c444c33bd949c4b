"""A management group is evaluated by the sweep, by polls and by evaluate, like a subscription."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from detectors.policy import encryption_initiative, exemption
from detectors.role import privileged_assignment
from drift.model import Outcome
from drift.notices import Change
from drift.state.resource_record import load_record
from tests.support.rig import Rig

GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
AUTHORIZATION = f"{GROUP}/providers/Microsoft.Authorization"
KEYS = f"{AUTHORIZATION}/policyAssignments/keys"
OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
STORAGE_KEY = (
    "/providers/Microsoft.Authorization/policyDefinitions/6fac406b-40ca-413b-bf8e-0bf964659c25"
)
CONTROLS = (encryption_initiative, exemption, privileged_assignment)


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Yield a monitor that has judged a management group once: nobody holds a privileged role."""
    rig = Rig(None)
    rig.arm.put(GROUP)
    rig.change(
        detectors=(privileged_assignment, exemption),
        facts=replace(rig.services.facts, management_group="clinic", subscriptions=()),
    )
    rig.run(rig.monitor.sweep())
    yield rig
    rig.close()


def test_a_sweep_judges_the_management_group(rig: Rig) -> None:
    found = load_record(rig.store, GROUP).record.controls

    assert {name: each.outcome for name, each in found.items()} == {
        "POLICY-EXEMPTION": Outcome.PASS,
        "ROLE-PRIVILEGED-ASSIGNMENT": Outcome.PASS,
    }


def test_an_owner_of_the_management_group_is_found_by_a_poll_and_told_as_phi(rig: Rig) -> None:
    rig.arm.put(
        f"{AUTHORIZATION}/roleAssignments/new",
        properties={"roleDefinitionId": OWNER, "principalId": "p", "principalType": "User"},
    )
    rig.later(minutes=16)

    assert rig.splunk.changes == ["ROLE-PRIVILEGED-ASSIGNMENT opened"]


def test_a_group_that_is_no_longer_watched_closes_by_the_name_of_its_own_setting(rig: Rig) -> None:
    rig.arm.put(
        f"{AUTHORIZATION}/roleAssignments/new",
        properties={"roleDefinitionId": OWNER, "principalId": "p", "principalType": "User"},
    )
    rig.later(minutes=16)
    rig.change(facts=replace(rig.services.facts, management_group=""))
    rig.later(minutes=16)
    notice, _ = rig.splunk.told[-1]

    assert rig.splunk.changes[-1] == "ROLE-PRIVILEGED-ASSIGNMENT closed"
    assert notice.reason == (
        "The management group is no longer watched: MONITORED_MANAGEMENT_GROUP no longer names it. "
        "Whether it still fails is not known."
    )


def test_an_exemption_of_the_whole_group_that_never_ends_is_found_by_a_poll(rig: Rig) -> None:
    rig.arm.put(KEYS, properties={"policyDefinitionId": STORAGE_KEY})
    rig.arm.put(
        f"{AUTHORIZATION}/policyExemptions/all",
        properties={"policyAssignmentId": KEYS, "exemptionCategory": "Waiver"},
    )
    rig.later(minutes=16)

    assert rig.splunk.changes == ["POLICY-EXEMPTION opened"]


def test_a_group_without_the_setting_is_not_read() -> None:
    rig = Rig(None)
    rig.change(detectors=CONTROLS, facts=replace(rig.services.facts, subscriptions=()))
    rig.run(rig.monitor.sweep())

    assert sum(rig.arm.reads.values()) == 0


def test_a_refusal_of_a_group_that_is_no_longer_named_ends_and_says_which_setting(rig: Rig) -> None:
    rig.arm.refused[f"{AUTHORIZATION}/roleAssignments".lower()] = 403
    rig.later(minutes=31)
    rig.change(facts=replace(rig.services.facts, management_group=""))
    rig.later(minutes=31)
    told = [notice for notice, _ in rig.splunk.told if notice.control_id == "MONITOR-BLIND"]

    assert told[-1].change is Change.CLOSED
    assert "MONITORED_MANAGEMENT_GROUP" in told[-1].reason
