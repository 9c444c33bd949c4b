"""What CA-ADMIN-MFA reads, and that a passing policy needs no further read."""

from detectors.ca import admin_mfa
from detectors.examples import Example, load
from drift.controls.document_estate import DocumentEstate
from drift.model import Outcome
from tests.detectors.judging import verdict_of
from tests.detectors.variants import Watched


def example(name: str) -> Example:
    [found] = (each for each in load(admin_mfa) if each.name == name)
    return found


def asked(name: str) -> list[str]:
    found = example(name)
    estate = Watched(found.estate())
    verdict_of(found, found.resource, estate)
    return [each.rpartition("microsoft.graph/")[2] for each in estate.asked if "graph" in each]


def test_a_policy_for_everybody_is_enough_and_nothing_else_is_read() -> None:
    assert asked("everybody must use MFA, for all roles that there may be") == [
        "conditionalAccessPolicies/each"
    ]


def test_who_has_other_privileged_roles_is_read_only_where_that_decides() -> None:
    assert asked("every administrative role must use MFA") == [
        "conditionalAccessPolicies/each",
        "roleAssignments/each",
        "roleEligibilityScheduleInstances/each",
    ]


def test_policies_that_are_given_prove_a_pass_though_others_may_exist() -> None:
    found = example("everybody must use MFA, for all roles that there may be")
    estate = DocumentEstate(
        found.related, complete=False, baseline=found.baseline, now=found.estate().now
    )

    assert verdict_of(found, found.resource, estate).outcome is Outcome.PASS
