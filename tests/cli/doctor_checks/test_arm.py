"""What ARM shows of each subscription."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from cli.doctor_checks.arm import Arm, arm_checks, listed_types, skew
from cli.doctor_checks.check import Check, Level
from detectors import DETECTORS
from tests.cli.doctor_checks.asking import (
    AT,
    MONITOR,
    OTHER,
    SCOPE,
    SUBSCRIPTION,
    Reader,
    unavailable,
)

ACCOUNTS = f"{SCOPE}/providers/microsoft.storage/storageaccounts"
ACCOUNT = f"{SCOPE}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/records"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers".lower()
TYPES = ("microsoft.storage/storageaccounts", "microsoft.network/networksecuritygroups")


def examined(
    reader: Reader, subscriptions: Iterable[str] = (SUBSCRIPTION,)
) -> tuple[list[Check], tuple[str, ...]]:
    arm = Arm(
        reader=reader,
        principal=MONITOR,
        connection_problem=lambda: None,
        clock=lambda: AT,
        types=TYPES,
    )
    checks = arm_checks(arm, subscriptions)
    found: list[Check] = []
    while True:
        try:
            found.append(next(checks))
        except StopIteration as end:
            return found, end.value


def levels(checks: list[Check]) -> list[Level]:
    return [each.level for each in checks]


def test_what_is_listed_is_what_controls_look_at() -> None:
    types = listed_types(each.CONTROL for each in DETECTORS)

    assert types[0] == "microsoft.storage/storageaccounts"
    assert "microsoft.network/networksecuritygroups" in types
    assert all(each.count("/") == 1 for each in types)
    assert not any(each.startswith(("microsoft.resources", "microsoft.insights")) for each in types)


def test_a_subscription_that_shows_everything_takes_three_lines() -> None:
    reader = Reader({ACCOUNTS: [{"id": ACCOUNT, "kind": "StorageV2"}]})
    checks, readable = examined(reader)

    read = "1 storageaccounts, 0 containers of one account, 0 diagnosticSettings of one account"
    assert [each.line() for each in checks] == [
        "ok    clock: within 5 s of Azure's",
        f"ok    subscription {SUBSCRIPTION}: Clinic, Enabled",
        f"ok    reads in {SCOPE}: {read}, 0 networksecuritygroups",
    ]
    assert readable == (SUBSCRIPTION,)


def test_a_subscription_that_may_not_be_read_is_asked_nothing_more() -> None:
    reader = Reader({SCOPE: unavailable(403, "AuthorizationFailed")})
    checks, readable = examined(reader, (SUBSCRIPTION, OTHER))

    assert (levels(checks)[0], readable) == (Level.FAIL, (OTHER,))
    assert f"--role Reader --scope {SCOPE}" in checks[0].step
    assert [each for each in reader.asked if each.startswith(f"{SCOPE}/")] == []


def test_a_subscription_that_is_not_shown_is_a_failure() -> None:
    checks, readable = examined(Reader({SCOPE: None}))

    assert levels(checks) == [Level.OK, Level.FAIL]
    assert "MONITORED_SUBSCRIPTIONS" in checks[1].step
    assert readable == ()


def test_a_subscription_that_is_switched_off_is_worth_a_warning() -> None:
    checks, _ = examined(Reader({SCOPE: {"displayName": "Clinic", "state": "Disabled"}}))

    assert levels(checks)[:2] == [Level.OK, Level.WARN]


@pytest.mark.parametrize("status", [0, 401])
def test_no_further_subscription_is_read_when_arm_does_not_answer(status: int) -> None:
    reader = Reader({SCOPE: unavailable(status)})
    checks, _ = examined(reader, (SUBSCRIPTION, OTHER))

    assert levels(checks) == [Level.FAIL]
    assert reader.asked == [SCOPE]


@pytest.mark.parametrize("collection", [ACCOUNTS, CONTAINERS])
def test_a_list_that_is_refused_is_named_and_the_rest_is_read(collection: str) -> None:
    reader = Reader({ACCOUNTS: [{"id": ACCOUNT, "kind": "StorageV2"}]})
    reader.answers[collection] = unavailable(403, "AuthorizationFailed")
    checks, _ = examined(reader)

    (refused,) = [each for each in checks if each.level is Level.FAIL]
    assert collection.rpartition("/")[2] in refused.name
    assert "0 networksecuritygroups" in checks[-1].finding


def test_a_provider_that_is_not_registered_has_nothing_to_show() -> None:
    reader = Reader({ACCOUNTS: unavailable(409, "MissingSubscriptionRegistration")})
    checks, _ = examined(reader)

    assert levels(checks) == [Level.OK] * 3
    assert "0 storageaccounts" in checks[-1].finding


def test_an_account_without_blobs_is_not_asked_for_containers() -> None:
    reader = Reader({ACCOUNTS: [{"id": ACCOUNT, "kind": "FileStorage"}]})
    examined(reader)

    assert CONTAINERS not in reader.asked


def test_a_type_that_this_cloud_does_not_have_is_worth_a_warning() -> None:
    checks, _ = examined(Reader({ACCOUNTS: None}))

    assert Level.WARN in levels(checks)


@pytest.mark.parametrize(
    ("seconds", "level", "told"),
    [
        (0, Level.OK, "within 5 s"),
        (-5, Level.OK, "within 5 s"),
        (30, Level.WARN, "30 s behind"),
        (-30, Level.WARN, "30 s ahead of"),
        (600, Level.FAIL, "600 s behind"),
    ],
)
def test_a_wrong_clock_is_reported(seconds: float, level: Level, told: str) -> None:
    found = skew(AT + timedelta(seconds=seconds), AT)

    assert (found.level, told in found.finding) == (level, True)
