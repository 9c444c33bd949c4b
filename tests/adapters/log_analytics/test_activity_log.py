"""An actor's other writes, queried from the sandbox's workspace."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.model import Actor
from drift.ports import ActivityAnswer
from sandbox.core import people
from sandbox.core.people import ENGINEER, PIPELINE
from sandbox.world import Sandbox
from tests.adapters.log_analytics.questions import DANA, DEPLOYER, EVENT, HOUR, ask
from tests.support.azure_fakes import ACCOUNT


def tag(sandbox: Sandbox, actor: people.Actor = ENGINEER, correlation: str = "") -> None:
    sandbox.cloud.patch(ACCOUNT, {"tags": {"x": "y"}}, actor, correlation)


def told(answer: ActivityAnswer) -> list[tuple[str, str]]:
    return [
        (each.operation.lower().rpartition("/")[2], each.resource_id.rpartition("/")[2])
        for each in answer.activities
    ]


def row(**values: Any) -> dict[str, Any]:
    return {
        "TimeGenerated": datetime.now(UTC),
        "CategoryValue": "Administrative",
        "OperationNameValue": "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE",
        "ActivityStatusValue": "Success",
        "Caller": ENGINEER.upn,
        "CorrelationId": "11111111-6a58-4c56-9d6f-3c2f5b8c1a01",
        "_ResourceId": ACCOUNT.lower(),
        **values,
    }


def test_what_else_the_actor_wrote_is_told_newest_first(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    tag(sandbox)
    sandbox.act(ACCOUNT, "listKeys")
    sandbox.write(f"{ACCOUNT}/blobServices/default/containers/scans", {"properties": {}})
    sandbox.delete(f"{ACCOUNT}/blobServices/default/containers/scans")
    tag(sandbox, correlation=EVENT)

    answer = ask(log)

    assert answer.caught_up
    assert told(answer) == [
        ("delete", "scans"),
        ("write", "scans"),
        ("action", "records"),
        ("write", "records"),
    ]
    assert all(each.succeeded and each.at.tzinfo is UTC for each in answer.activities)
    assert answer.total == 4


def test_what_others_wrote_is_not_told(sandbox: Sandbox, log: LogAnalytics) -> None:
    tag(sandbox, PIPELINE)
    tag(sandbox, ENGINEER, EVENT)

    assert ask(log) == ActivityAnswer(caught_up=True, activities=(), total=0)


@pytest.mark.parametrize("asked", [DEPLOYER, Actor(name="", object_id=PIPELINE.object_id)])
@pytest.mark.parametrize("logged_as", ["app_id", "object_id"])
def test_a_principal_is_found_by_object_id_whatever_the_log_calls_it(
    sandbox: Sandbox, log: LogAnalytics, asked: Actor, logged_as: str
) -> None:
    principal = people.Actor(
        object_id=PIPELINE.object_id, app_id=PIPELINE.app_id, logged_as=logged_as
    )
    tag(sandbox, principal)

    assert told(ask(log, asked)) == [("write", "records")]


def test_a_user_is_found_by_name_where_the_claims_are_gone(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    sandbox.logs.add("AzureActivity", row(Caller=ENGINEER.upn.upper()))

    assert told(ask(log)) == [("write", "records")]


def test_claims_that_are_only_text_are_read_too(sandbox: Sandbox, log: LogAnalytics) -> None:
    claims = (
        f'{{"http://schemas.microsoft.com/identity/claims/objectidentifier": "{DANA.object_id}"}}'
    )
    sandbox.logs.add("AzureActivity", row(Caller="", Claims=claims))

    assert told(ask(log)) == [("write", "records")]


def test_an_empty_caller_matches_no_actor(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.add("AzureActivity", row(Caller="", Claims="{}", Claims_d={}))

    assert ask(log, Actor(name="", object_id=DANA.object_id)).activities == ()
    assert ask(log, Actor(name=DANA.name)).activities == ()


def test_the_log_has_caught_up_only_when_the_event_itself_is_in_it(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    assert not ask(log).caught_up

    tag(sandbox)
    behind = ask(log)
    assert not behind.caught_up
    assert told(behind) == [("write", "records")]

    tag(sandbox, correlation=EVENT.upper())
    assert ask(log).caught_up


def test_an_event_without_a_correlation_id_is_never_caught_up_with(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    sandbox.logs.add("AzureActivity", row(CorrelationId=""))

    assert not ask(log, correlation="").caught_up


def test_an_event_just_before_the_window_is_still_found(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    at = datetime.now(UTC) - HOUR - timedelta(minutes=5)
    sandbox.logs.add("AzureActivity", row(TimeGenerated=at, CorrelationId=EVENT))

    answer = ask(log)

    assert (answer.caught_up, answer.activities) == (True, ())


def test_all_writes_of_one_deployment_are_told(sandbox: Sandbox, log: LogAnalytics) -> None:
    tag(sandbox, correlation=EVENT)
    scans = f"{ACCOUNT}/blobServices/default/containers/scans"
    sandbox.cloud.put(scans, {"properties": {}}, ENGINEER, EVENT)

    assert told(ask(log)) == [("write", "scans"), ("write", "records")]


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [("Success", [True]), ("Succeeded", [True]), ("Failure", [False]), ("Failed", [False])],
)
def test_how_a_write_ended_is_told(
    sandbox: Sandbox, log: LogAnalytics, status: str, succeeded: list[bool]
) -> None:
    sandbox.logs.add("AzureActivity", row(ActivityStatusValue="Start"))
    sandbox.logs.add("AzureActivity", row(ActivityStatusValue=status))

    assert [each.succeeded for each in ask(log).activities] == succeeded


@pytest.mark.parametrize(
    "other",
    [
        {"ActivityStatusValue": "Start"},
        {"ActivityStatusValue": "Accept"},
        {"CategoryValue": "Policy"},
        {"OperationNameValue": "MICROSOFT.STORAGE/STORAGEACCOUNTS/READ"},
        {"TimeGenerated": datetime.now(UTC) - 2 * HOUR},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_is_no_finished_write_in_the_window_is_not_told(
    sandbox: Sandbox, log: LogAnalytics, other: dict[str, Any]
) -> None:
    sandbox.logs.add("AzureActivity", row(**other))

    assert ask(log).activities == ()


def test_of_many_writes_the_newest_are_told_and_all_are_counted(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    start = datetime.now(UTC) - timedelta(minutes=30)
    for n in range(60):
        at = start + timedelta(seconds=n)
        one = row(TimeGenerated=at, CorrelationId=f"c{n}", _ResourceId=f"{ACCOUNT}{n:02}".lower())
        sandbox.logs.add("AzureActivity", one)

    answer = ask(log)

    assert [each.resource_id[-2:] for each in answer.activities] == [
        f"{n:02}" for n in range(59, 9, -1)
    ]
    assert answer.total == 60
