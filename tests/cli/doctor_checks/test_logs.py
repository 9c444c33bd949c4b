"""Whether Log Analytics answers, from the right workspace, and whether the activity log is there."""

from typing import Any

import pytest

from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.logs import (
    WorkspaceInput,
    exports,
    matches,
    query,
    same_workspace,
    sends_activity,
    without_workspace,
)
from drift.config.app_settings import Settings
from drift.errors import SourceUnavailable
from drift.model import MISSING
from notifiers.channels import CHANNELS
from tests.cli.doctor_checks.asking import (
    AT,
    MONITOR,
    SCOPE,
    SUBSCRIPTION,
    WORKSPACE,
    Log,
    Reader,
    unavailable,
)

GUID = "11111111-2222-3333-4444-999999999999"
SETTINGS = f"{SCOPE}/providers/microsoft.insights/diagnosticsettings"


def asked(refusal: SourceUnavailable | None, workspace: str = WORKSPACE) -> Check:
    logs = WorkspaceInput(
        log=Log(refusal), principal=MONITOR, connection_problem=lambda: None, now=AT
    )
    return query(logs, workspace)


def chosen(**more: str) -> Settings:
    return Settings.from_env(
        {
            "MONITORED_SUBSCRIPTIONS": SUBSCRIPTION,
            "TEAMS_WEBHOOK_URL": "https://teams.example",
            "LOG_ANALYTICS_WORKSPACE_ID": GUID,
            "LOG_ANALYTICS_WORKSPACE_RESOURCE_ID": WORKSPACE,
            **more,
        },
        CHANNELS,
    )


def sending(workspace: str = WORKSPACE, **log: Any) -> dict[str, Any]:
    entry = {"category": "Administrative", "enabled": True, **log}
    return {"properties": {"workspaceId": workspace, "logs": [entry]}}


def test_without_a_workspace_what_is_missing_is_named() -> None:
    found = without_workspace()

    assert found.level is Level.WARN
    assert "LOG_ANALYTICS_WORKSPACE_ID" in found.line()


def test_an_answer_with_no_rows_is_an_answer() -> None:
    assert asked(None).line() == "ok    Log Analytics query: answered"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (
            unavailable(403, "InsufficientAccessError"),
            f"--role 'Log Analytics Reader' --scope {WORKSPACE}",
        ),
        (unavailable(404, "WorkspaceNotFoundError"), "LOG_ANALYTICS_WORKSPACE_ID is not a"),
        (unavailable(400, "BadArgumentError"), "no AzureActivity table"),
        (unavailable(0), "LOGS_ENDPOINT"),
    ],
)
def test_a_refusal_says_what_is_missing(refusal: SourceUnavailable, told: str) -> None:
    found = asked(refusal)

    assert found.level is Level.FAIL
    assert told in found.line()


def test_a_missing_role_says_what_to_fill_in_where_the_workspace_has_no_arm_id() -> None:
    found = asked(unavailable(403), workspace="")

    assert "--scope ARM_ID_OF_THE_WORKSPACE" in found.step


@pytest.mark.parametrize(
    ("customer", "level"),
    [(GUID.upper(), Level.OK), (SUBSCRIPTION, Level.FAIL), (MISSING, Level.WARN)],
)
def test_the_two_settings_must_name_one_workspace(customer: object, level: Level) -> None:
    assert same_workspace(GUID, customer).level is level


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ({"properties": {"customerId": GUID}}, Level.OK),
        (None, Level.FAIL),
        (unavailable(403), Level.WARN),
        (unavailable(0), Level.WARN),
    ],
)
def test_the_workspace_is_compared_with_its_own_document(answer: Any, level: Level) -> None:
    found = matches(Reader({WORKSPACE: answer}), chosen())

    assert found is not None
    assert found.level is level


@pytest.mark.parametrize(
    "absent", ["LOG_ANALYTICS_WORKSPACE_ID", "LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"]
)
def test_nothing_is_compared_where_one_of_them_is_absent(absent: str) -> None:
    assert matches(Reader(), chosen(**{absent: ""})) is None


@pytest.mark.parametrize(
    ("setting", "sends"),
    [
        (sending(), True),
        (sending(WORKSPACE.upper()), True),
        (sending(category=None, categoryGroup="allLogs"), True),
        (sending(enabled=False), False),
        (sending(category="Policy"), False),
        (sending(f"{WORKSPACE}2"), False),
        ({"properties": {"storageAccountId": "x"}}, False),
        ({}, False),
    ],
)
def test_a_setting_that_sends_what_was_written_is_known(
    setting: dict[str, Any], sends: bool
) -> None:
    assert sends_activity(setting, WORKSPACE) is sends


def test_any_workspace_will_do_where_none_is_named() -> None:
    assert sends_activity(sending(), "")


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ([sending()], Level.OK),
        ([], Level.WARN),
        (None, Level.WARN),
        (unavailable(403), Level.WARN),
    ],
)
def test_an_activity_log_that_goes_nowhere_is_worth_a_warning(answer: Any, level: Level) -> None:
    (found,) = exports(Reader({SETTINGS: answer}), (SUBSCRIPTION,), WORKSPACE)

    assert found.level is level


def test_the_command_that_sends_the_activity_log_names_subscription_and_workspace() -> None:
    (found,) = exports(Reader(), (SUBSCRIPTION,), WORKSPACE)

    assert f"--subscription {SUBSCRIPTION} " in found.step
    assert f"--workspace {WORKSPACE} " in found.step


@pytest.mark.parametrize(
    ("status", "step"),
    [(403, "grant Reader"), (429, "run it again later"), (503, "status page"), (0, "the network")],
)
def test_a_setting_that_cannot_be_read_has_the_step_of_its_cause(status: int, step: str) -> None:
    (found,) = exports(Reader({SETTINGS: unavailable(status)}), (SUBSCRIPTION,), WORKSPACE)

    assert found.level is Level.WARN
    assert step in found.step
    assert ("Reader" in found.step) == (status == 403)
