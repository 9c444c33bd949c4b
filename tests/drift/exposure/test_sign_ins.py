"""Whether somebody signed in without MFA: counted, and never no access."""

from dataclasses import replace
from typing import Any

import pytest

from drift.access.record import Exposure
from drift.arm import graph
from drift.entra.directory_roles import GLOBAL_ADMINISTRATOR
from drift.estate import Baseline
from drift.exposure.services.sign_ins import ask_sign_ins
from drift.model import Outcome
from drift.notices import Access
from drift.state.resource_record import ControlState
from tests.drift.exposure.scripted_log import (
    ARRIVED,
    INSIDE,
    OFFICE,
    STRANGER,
    TIMES,
    ScriptedLog,
    case,
)
from tests.support.rig import Arm, Clock

TENANT = "/tenants/7c2f0000-0000-4000-8000-000000000001"
APPLICATION = "11111111-0000-0000-0000-000000000001"
PERSON, GROUP, MEMBER = "a-person", "a-group", "a-member"
CONTROLS = {"CA-PHI-APPS-MFA": "app_sign_ins", "CA-ADMIN-MFA": "admin_sign_ins"}
READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"


def grant(arm: Arm, holder: str, role: str = GLOBAL_ADMINISTRATOR, kind: str = "") -> None:
    given = {"roleDefinitionId": role, "principalId": holder}
    arm.put(f"{TENANT}/providers/{kind or graph.ASSIGNMENTS}/{holder}", properties=given)


@pytest.fixture
def arm() -> Arm:
    """Return a directory with one administrator, and a group that is eligible to be one."""
    made = Arm(Clock())
    grant(made, PERSON)
    grant(made, GROUP, kind=graph.ELIGIBILITIES)
    grant(made, "a-reader", READER)
    made.put(f"{TENANT}/providers/{graph.GROUPS}/{GROUP}")
    member = f"{TENANT}/providers/{graph.GROUPS}/{GROUP}/{graph.MEMBERS}/{MEMBER}"
    made.put(member, properties={"id": MEMBER})
    return made


def answered(log: ScriptedLog | None, control: str, arm: Arm, **values: Any) -> Exposure:
    baseline = replace(Baseline(), phi_applications=(APPLICATION,))
    return ask_sign_ins(case(TENANT, control, log, baseline=baseline, reader=arm, **values))


def sign_in(address: str, person: str = "person-1") -> dict[str, Any]:
    return {"Address": address, "Principal": person, "SignIns": 2, **TIMES}


@pytest.mark.parametrize(
    ("control", "where"),
    [
        ("CA-PHI-APPS-MFA", "to applications with PHI"),
        ("CA-ADMIN-MFA", "as administrators"),
    ],
)
@pytest.mark.parametrize("address", [STRANGER, OFFICE, INSIDE, ""])
def test_sign_ins_without_mfa_are_counted_and_access_stays_possible(
    address: str, control: str, where: str, arm: Arm
) -> None:
    rows = [sign_in(address), sign_in(STRANGER, "person-2")]
    log = ScriptedLog(sign_in_coverage=[ARRIVED], **{CONTROLS[control]: rows})

    exposure = answered(log, control, arm)

    assert (exposure.access, exposure.flows, exposure.is_final) == (Access.POSSIBLE, 4, True)
    assert exposure.summary.startswith(
        f"2 accounts signed in 4 times {where} without MFA, 2026-11-22"
    )
    assert "no proof that anybody other than its owner used an account" in exposure.summary
    assert "cannot be excluded" in exposure.summary


def test_only_the_applications_with_phi_are_asked_for(arm: Arm) -> None:
    log = ScriptedLog(sign_in_coverage=[ARRIVED])

    answered(log, "CA-PHI-APPS-MFA", arm)

    assert log.asked["app_sign_ins"]["applications"] == (APPLICATION,)


def test_the_holders_of_administrative_roles_and_the_members_of_their_groups_are_asked_for(
    arm: Arm,
) -> None:
    log = ScriptedLog(sign_in_coverage=[ARRIVED])

    answered(log, "CA-ADMIN-MFA", arm)

    assert log.asked["admin_sign_ins"]["people"] == (GROUP, MEMBER, PERSON)


@pytest.mark.parametrize(
    "unread",
    [
        f"providers/{graph.ASSIGNMENTS}",
        f"providers/{graph.ELIGIBILITIES}",
        f"providers/{graph.GROUPS}/{GROUP}/{graph.MEMBERS}",
    ],
)
def test_without_a_list_of_administrators_it_is_unknown(unread: str, arm: Arm) -> None:
    arm.refuse(f"{TENANT}/{unread}", 403)
    log = ScriptedLog(sign_in_coverage=[ARRIVED])

    exposure = answered(log, "CA-ADMIN-MFA", arm)

    assert (exposure.access, exposure.is_final) == (Access.POSSIBLE, False)
    assert "it is not known who the administrators are" in exposure.summary
    assert "admin_sign_ins" not in log.asked
    assert [each.source for each in exposure.inquiries if each.failure] == ["directory roles"]


@pytest.mark.parametrize("given", [{"principalId": PERSON}, {"roleDefinitionId": READER}, None])
def test_a_grant_that_cannot_be_read_makes_the_administrators_unknown(
    given: object, arm: Arm
) -> None:
    arm.put(f"{TENANT}/providers/{graph.ASSIGNMENTS}/odd", properties=given)

    exposure = answered(ScriptedLog(sign_in_coverage=[ARRIVED]), "CA-ADMIN-MFA", arm)

    assert "it is not known who the administrators are" in exposure.summary


def test_a_tenant_without_the_licence_of_pim_has_nobody_eligible(arm: Arm) -> None:
    arm.refused[f"{TENANT}/providers/{graph.ELIGIBILITIES}".lower()] = 400
    arm.code = "AadPremiumLicenseRequired"
    log = ScriptedLog(sign_in_coverage=[ARRIVED])

    answered(log, "CA-ADMIN-MFA", arm)

    assert log.asked["admin_sign_ins"]["people"] == (PERSON,)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, "may not read"), (400, "no such table"), (429, "throttled"), (504, "timed out")],
)
@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("is_about_coverage", [True, False])
def test_a_log_that_does_not_answer_leaves_it_unknown(
    control: str, status: int, expected: str, is_about_coverage: bool, arm: Arm
) -> None:
    log = ScriptedLog(sign_in_coverage=[ARRIVED])
    log.refused["sign_in_coverage" if is_about_coverage else CONTROLS[control]] = (status, "")

    exposure = answered(log, control, arm)

    assert exposure.access is Access.POSSIBLE
    assert exposure.summary.startswith("Not known whether anybody other than its owner")
    assert expected in exposure.summary
    assert not exposure.is_final


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("log", [None, ScriptedLog()])
def test_a_log_without_rows_leaves_it_unknown(
    log: ScriptedLog | None, control: str, arm: Arm
) -> None:
    exposure = answered(log, control, arm)

    assert (exposure.access, exposure.flows, exposure.is_final) == (Access.POSSIBLE, 0, False)
    assert exposure.summary.startswith("Not known whether")


@pytest.mark.parametrize("control", CONTROLS)
def test_a_tenant_that_did_not_send_its_sign_ins_leaves_it_unknown(control: str, arm: Arm) -> None:
    off = {"ENTRA-LOG-EXPORT": ControlState(outcome=Outcome.FAIL)}

    exposure = answered(ScriptedLog(sign_in_coverage=[ARRIVED]), control, arm, controls=off)

    assert exposure.summary.startswith("Not known whether")
    assert "logging was off" in exposure.summary


@pytest.mark.parametrize("control", CONTROLS)
def test_no_sign_in_in_a_log_that_is_whole_is_still_not_no_access(control: str, arm: Arm) -> None:
    exposure = answered(ScriptedLog(sign_in_coverage=[ARRIVED]), control, arm)

    assert (exposure.access, exposure.flows) == (Access.POSSIBLE, 0)
    assert exposure.summary.startswith("No sign-in without MFA was seen")
    assert "it cannot be excluded" in exposure.summary
