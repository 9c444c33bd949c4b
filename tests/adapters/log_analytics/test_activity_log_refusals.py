"""Queries of Log Analytics that get no answer or are not sent."""

import traceback
from contextlib import closing

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.errors import UNANSWERED
from drift.model import Actor
from drift.ports import ActivityAnswer
from sandbox.core.people import PIPELINE
from sandbox.http.messages import Answer, json_answer
from sandbox.world import Sandbox
from tests.adapters.log_analytics.questions import ask
from tests.support.azure_fakes import ACCOUNT, LOGS_SCOPE, fixed_credential, refusal_of, scripted


def test_a_name_cannot_change_the_question(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.patch(ACCOUNT, {"tags": {"x": "y"}}, PIPELINE)

    answer = ask(log, Actor(name='x" or Caller !~ "x'))

    assert answer.activities == ()
    assert sandbox.logs.count(status=200) == 1


def test_an_actor_without_a_name_or_id_causes_no_query(sandbox: Sandbox, log: LogAnalytics) -> None:
    answer = ask(log, Actor(name=""))

    assert answer == ActivityAnswer(caught_up=False, activities=())
    assert not sandbox.logs.requests


def test_a_name_that_cannot_be_a_literal_is_unavailable_without_a_query(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    error = refusal_of(lambda: ask(log, Actor(name="swordfish\n| take 1")))

    assert (error.status, error.code) == (400, "UnfitActor")
    assert "swordfish" not in str(error)
    assert not sandbox.logs.requests


def test_a_partial_answer_is_no_answer(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.partial()

    error = refusal_of(lambda: ask(log))

    assert (error.status, error.code) == (200, "PartialAnswer")


def test_certificate_authorities_that_have_gone_are_no_answer(
    sandbox: Sandbox, log: LogAnalytics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{sandbox.ca_bundle}.swordfish")

    error = refusal_of(lambda: ask(log))

    assert error.status == UNANSWERED
    assert "swordfish" not in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503, 504])
def test_a_refusal_is_told_after_one_question(
    sandbox: Sandbox, log: LogAnalytics, status: int
) -> None:
    sandbox.logs.refuse(status=status, code="AsTheTestAsked", retry_after=17)

    error = refusal_of(lambda: ask(log))

    assert (error.status, error.code, error.retry_after) == (status, "AsTheTestAsked", 17)
    assert sandbox.logs.workspace_id in error.what
    assert sandbox.logs.count() == 1


@pytest.mark.parametrize("harm", ["reset", "cut"])
def test_a_lost_answer_is_unavailable(sandbox: Sandbox, log: LogAnalytics, harm: str) -> None:
    getattr(sandbox.logs, harm)()

    assert refusal_of(lambda: ask(log)).status == UNANSWERED


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, body=b"<html>swordfish", headers={"Content-Type": "text/html"}),
        Answer(status=200),
        json_answer(200, []),
        json_answer(200, {}),
        json_answer(200, {"tables": []}),
        json_answer(200, {"tables": [{"name": "T", "columns": [], "rows": []}]}),
        json_answer(200, {"tables": [{"name": "T", "columns": [], "rows": [["swordfish"]]}]}),
        Answer(status=204),
        Answer(status=307, headers={"Location": "https://evil.example/swordfish"}),
    ],
    ids=range(9),
)
def test_an_answer_of_another_shape_is_unavailable(sandbox: Sandbox, answer: Answer) -> None:
    with scripted(sandbox, lambda _: answer) as server:
        log = LogAnalytics(
            fixed_credential(), endpoint=server.base_url, scope=LOGS_SCOPE, workspace_id="w"
        )
        with closing(log):
            error = refusal_of(lambda: ask(log))

    assert error.status == answer.status
    assert "swordfish" not in "".join(traceback.format_exception(error))


def test_an_identity_that_gets_no_token_is_unavailable(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.identity.refuse(status=400)

    error = refusal_of(lambda: ask(log))

    assert (error.status, error.code) == (401, "NoToken")


def test_the_question_names_the_workspace_and_goes_out_in_its_own_scope(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    ask(log)

    assert [seen.path for seen in sandbox.logs.requests] == [
        f"/v1/workspaces/{sandbox.logs.workspace_id}/query"
    ]
    assert sandbox.identity.requests[0].request.query["resource"] == "https://api.loganalytics.io"
    assert sandbox.logs.requests[0].request.headers["prefer"] == "wait=30"
