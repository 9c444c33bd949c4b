"""An answer that shows access to PHI says by when people must be notified if it is a breach."""

from datetime import UTC, datetime

import pytest

from drift.breach.deadlines import NoticeRules, Role
from drift.config.model import Breach
from drift.exposure.notice_day import notice_day
from drift.notices import Access

FIRST = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LAW = "(45 CFR 164.404(b); not legal advice)."


def said(access: Access = Access.CONFIRMED, phi: bool | None = True, **breach: object) -> str:
    return notice_day(access, first_alert=FIRST, phi=phi, breach=Breach(**breach))  # type: ignore[arg-type]


@pytest.mark.parametrize("access", [Access.CONFIRMED, Access.PRESUMED])
@pytest.mark.parametrize("phi", [True, None])
def test_the_day_is_60_days_after_the_first_alert(access: Access, phi: bool | None) -> None:
    assert said(access, phi) == (
        f" If it is a breach, individuals must be notified by 2027-01-21 at the latest {LAW}"
    )


@pytest.mark.parametrize("access", [Access.POSSIBLE, Access.EXCLUDED])
def test_access_that_is_not_shown_has_no_day(access: Access) -> None:
    assert said(access) == ""


def test_a_resource_without_phi_has_no_day() -> None:
    assert said(phi=False) == ""


def test_the_day_of_the_first_alert_is_that_of_the_organization() -> None:
    assert "2027-01-20" in said(time_zone="America/Chicago")


@pytest.mark.parametrize("role", [Role.BUSINESS_ASSOCIATE, Role.AGENT])
def test_an_associate_notifies_the_covered_entity_first_by_its_contract(role: Role) -> None:
    rules = NoticeRules(role, contract_days=10)

    assert "the covered entity must be notified by 2026-12-02" in said(rules=rules)


def test_a_state_with_fewer_days_that_may_not_be_affected_is_not_the_latest_day() -> None:
    assert "2027-01-21" in said(rules=NoticeRules(state_days={"CA": 15}))
