"""The queries about sign-ins, run on rows that match and that do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from sandbox.world import Sandbox

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
APPLICATION = "11111111-aaaa-0000-0000-000000000001"
STRANGER = "203.0.113.9"


def found(log: LogAnalytics, query: str, **values: QueryValue) -> list[dict[str, Any]]:
    return [dict(each) for each in log.access(query, values, since=NOW - HOUR, until=NOW)]


def add(sandbox: Sandbox, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "Id": "one",
        "ResultType": "0",
        "AuthenticationRequirement": "singleFactorAuthentication",
        "AppId": APPLICATION,
        "IPAddress": STRANGER,
        "UserId": "person",
    }
    sandbox.logs.add("SigninLogs", {**row, **values})


def test_sign_ins_are_counted_by_account_and_address_each_once(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox)
    add(sandbox)
    add(sandbox, Id="two", AppId=APPLICATION.upper())
    add(sandbox, Id="three", UserId="another")

    rows = found(log, "app_sign_ins", applications=[APPLICATION])

    counts = {each["Principal"]: (each["Address"], each["SignIns"]) for each in rows}
    assert counts == {"person": (STRANGER, 2), "another": (STRANGER, 1)}


@pytest.mark.parametrize(
    "values",
    [
        {"AuthenticationRequirement": "multiFactorAuthentication"},
        {"ResultType": "50126"},
        {"AppId": "22222222-aaaa-0000-0000-000000000001"},
        {"TimeGenerated": NOW - 2 * HOUR},
    ],
    ids=["with MFA", "failed", "another application", "earlier"],
)
def test_other_sign_ins_do_not_count(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add(sandbox, **values)

    assert found(log, "app_sign_ins", applications=[APPLICATION]) == []


def test_any_sign_in_shows_how_far_the_log_has_come(sandbox: Sandbox, log: LogAnalytics) -> None:
    add(sandbox, AuthenticationRequirement="multiFactorAuthentication")
    add(sandbox, TimeGenerated=NOW - 3 * HOUR)

    [row] = found(log, "sign_in_coverage", around=HOUR)

    at = NOW - HOUR / 2
    assert row == {"Rows": 1, "First": at, "Last": at, "Newest": at}


def test_sign_ins_of_the_named_people_are_counted_to_any_application(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox, UserId="ADMIN")
    add(sandbox, UserId="ADMIN")
    add(sandbox, Id="two", UserId="ADMIN", AppId="another")

    [row] = found(log, "admin_sign_ins", people=["admin", "nobody"])

    assert (row["Principal"], row["Address"], row["SignIns"]) == ("ADMIN", STRANGER, 2)


@pytest.mark.parametrize(
    "values",
    [
        {"AuthenticationRequirement": "multiFactorAuthentication"},
        {"ResultType": "50126"},
        {"UserId": "another"},
        {"TimeGenerated": NOW - 2 * HOUR},
    ],
    ids=["with MFA", "failed", "another person", "earlier"],
)
@pytest.mark.parametrize("people", [["person"], []])
def test_other_people_do_not_count(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any], people: list[str]
) -> None:
    add(sandbox, **values)

    assert found(log, "admin_sign_ins", people=people) == []


def test_each_try_of_an_emergency_account_is_counted_by_address(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox, AuthenticationRequirement="multiFactorAuthentication")
    add(sandbox, Id="two", UserId="PERSON")
    add(sandbox, Id="three", ResultType="50126")
    add(sandbox, Id="three", ResultType="50126")
    add(sandbox, Id="four", ResultType="50126", IPAddress="198.51.100.1")
    add(sandbox, Id="five", UserId="another")
    add(sandbox, Id="six", TimeGenerated=NOW - 2 * HOUR)

    rows = found(log, "emergency_use", account="person")

    counts = {each["Address"]: (each["SignIns"], each["Failures"]) for each in rows}
    assert counts == {STRANGER: (2, 1), "198.51.100.1": (0, 1)}
