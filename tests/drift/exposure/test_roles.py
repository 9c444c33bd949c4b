"""What was done with a privileged role and with an emergency access account: counted, never no access."""

from typing import Any

import pytest

from drift.access.record import Exposure
from drift.exposure.registry import investigation_of
from drift.exposure.services.roles import ask_emergency, ask_roles
from drift.model import Evidence
from drift.notices import Access
from tests.drift.exposure.scripted_log import (
    ARRIVED,
    OFFICE,
    STRANGER,
    TIMES,
    ScriptedLog,
    case,
)
from tests.support.rig import SUBSCRIPTION

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
ABOVE = "/providers/Microsoft.Management/managementGroups/clinic"
SOMEBODY = "7a7a7a7a-2222-4b4b-9c9c-000000000002"
HELD = Evidence("roleAssignments/one#properties.principalId", SOMEBODY.upper(), "")
DELEGATED = Evidence(
    "registrationDefinitions/one#properties.authorizations",
    [{"principalId": "another", "roleDefinitionId": "a-role"}, "odd", {"principalId": None}],
    "",
)
ROLE = Evidence("roleAssignments/one#properties.roleDefinitionId", "a-role", "")
ACCOUNT = f"/providers/phidrift/signins/{SOMEBODY}"


def of_roles(
    log: ScriptedLog | None,
    resource: str = SCOPE,
    evidence: tuple[Evidence, ...] = (HELD,),
    **values: Any,
) -> Exposure:
    asked = case(resource, "ROLE-PRIVILEGED-ASSIGNMENT", log, evidence=evidence, **values)
    return ask_roles(asked)


def of_account(log: ScriptedLog | None) -> Exposure:
    return ask_emergency(case(ACCOUNT, "BREAK-GLASS", log))


def operations(address: str = STRANGER, handed_out: int = 2) -> dict[str, Any]:
    counts = {"Operations": 5, "HandedOut": handed_out}
    return {"Address": address, "Principal": SOMEBODY, **counts, **TIMES}


@pytest.mark.parametrize("address", [STRANGER, OFFICE, ""])
def test_what_a_role_did_is_counted_and_access_stays_possible(address: str) -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED], role_use=[operations(address)])

    exposure = of_roles(log)

    assert (exposure.access, exposure.flows, exposure.is_final) == (Access.POSSIBLE, 5, True)
    assert exposure.summary.startswith(
        "1 identity did 5 operations in Azure, 2 of them to get keys, tokens or links, 2026-11-22"
    )
    assert "it cannot be excluded: the activity log has changes" in exposure.summary


def test_the_principals_of_assignments_and_delegations_are_asked_for() -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED])

    of_roles(log, evidence=(ROLE, HELD, DELEGATED))

    asked = log.asked["role_use"]
    assert asked["principals"] == (SOMEBODY, "another")
    assert asked["assigned"] == [SOMEBODY.replace("-", ""), "another"]
    assert asked["subscription"] == SUBSCRIPTION
    assert log.asked["activity_coverage"]["subscription"] == SUBSCRIPTION


def test_a_role_at_a_management_group_is_asked_for_in_every_subscription() -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED], role_use=[operations()])

    exposure = of_roles(log, ABOVE)

    assert log.asked["role_use"]["subscription"] == ""
    assert (exposure.flows, exposure.is_final) == (5, False)
    assert "not known whether the log was on" in exposure.summary


def test_without_principals_nothing_is_known() -> None:
    exposure = of_roles(ScriptedLog(activity_coverage=[ARRIVED]), evidence=(ROLE,))

    assert exposure.summary.startswith("Not known whether PHI was read with the role")
    assert "the principals are not known" in exposure.summary


REFUSALS = [(403, "may not read"), (400, "no such table"), (429, "throttled"), (504, "timed out")]


@pytest.mark.parametrize(("status", "expected"), REFUSALS)
@pytest.mark.parametrize("query", ["activity_coverage", "role_use"])
def test_a_log_that_does_not_answer_leaves_it_unknown(
    query: str, status: int, expected: str
) -> None:
    log = ScriptedLog(activity_coverage=[ARRIVED])
    log.refused[query] = (status, "")

    exposure = of_roles(log)

    assert (exposure.access, exposure.is_final) == (Access.POSSIBLE, False)
    assert exposure.summary.startswith("Not known whether PHI was read with the role")
    assert expected in exposure.summary


@pytest.mark.parametrize("log", [None, ScriptedLog()])
def test_a_log_without_rows_leaves_it_unknown(log: ScriptedLog | None) -> None:
    assert of_roles(log).summary.startswith("Not known whether")
    assert of_account(log).summary.startswith("Not known whether")


def test_no_operation_in_a_log_that_is_whole_is_still_not_no_access() -> None:
    exposure = of_roles(ScriptedLog(activity_coverage=[ARRIVED]))

    assert exposure.access is Access.POSSIBLE
    assert exposure.summary.startswith("No operation with the role was seen")
    assert "it cannot be excluded" in exposure.summary


def whole(**rows: Any) -> ScriptedLog:
    return ScriptedLog(sign_in_coverage=[ARRIVED], activity_coverage=[ARRIVED], **rows)


def test_the_use_of_an_emergency_account_is_counted_with_what_it_did() -> None:
    tries = {"Address": STRANGER, "SignIns": 2, "Failures": 1, **TIMES}
    log = whole(emergency_use=[tries], role_use=[operations(handed_out=0)])

    exposure = of_account(log)

    assert (exposure.access, exposure.flows, exposure.is_final) == (Access.POSSIBLE, 7, False)
    assert exposure.summary.startswith(
        "2 sign-ins of the account and 1 try that failed from 1 address, 2026-11-22"
    )
    assert "1 identity did 5 operations in Azure, 0 of them" in exposure.summary
    assert log.asked["emergency_use"]["account"] == SOMEBODY
    assert log.asked["role_use"]["principals"] == (SOMEBODY,)


@pytest.mark.parametrize(("status", "expected"), REFUSALS)
@pytest.mark.parametrize(
    "query", ["sign_in_coverage", "activity_coverage", "emergency_use", "role_use"]
)
def test_a_log_of_the_account_that_does_not_answer_is_named(
    query: str, status: int, expected: str
) -> None:
    log = whole()
    log.refused[query] = (status, "")

    exposure = of_account(log)

    assert (exposure.access, exposure.is_final) == (Access.POSSIBLE, False)
    assert exposure.summary.startswith("Not known whether")
    assert expected in exposure.summary


def test_the_tenant_whose_emergency_access_is_in_disorder_is_not_asked_for() -> None:
    assert investigation_of("BREAK-GLASS", ACCOUNT)
    assert not investigation_of("BREAK-GLASS", "/tenants/7c2f0000-0000-4000-8000-000000000001")
