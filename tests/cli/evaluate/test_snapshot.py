"""``phidrift evaluate --snapshot``: what a Bicep deployment would create, evaluated before it is made."""

import copy
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import evaluate
from cli.__main__ import main
from cli.offline.snapshot import snapshot_cases, with_run_time_values
from detectors import DETECTORS
from drift.config.model import Config
from tests.infra.predicted import Body, only, resources
from tests.support.evaluate_input import NOW

UNKNOWN = "[reference('/subscriptions/x', '2024-01-01').value]"
ACCOUNT = only("app", "Microsoft.Storage/storageAccounts")

Lines = list[dict[str, Any]]
Judge = Callable[..., tuple[int, Lines]]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """Evaluate a snapshot of these resources; return the exit code and the results."""

    def judged(*predicted: object, **others: object) -> tuple[int, Lines]:
        code = evaluate.report(
            json.dumps({"predictedResources": predicted, **others}),
            DETECTORS,
            Config(),
            complete=True,
            now=NOW,
            cases_in=snapshot_cases,
        )
        return code, [json.loads(each) for each in capsys.readouterr().out.splitlines()]

    return judged


def account(**properties: object) -> Body:
    return {**ACCOUNT, "properties": {**ACCOUNT["properties"], **properties}}


def outcomes(lines: Lines) -> dict[str, str]:
    return {each["control"]: each["outcome"] for each in lines}


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each value below an object."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, name))


def test_each_resource_is_evaluated_with_all_others_around_it(judge: Judge) -> None:
    code, lines = judge(*resources("app"))

    found = outcomes([each for each in lines if each["resourceId"] == ACCOUNT["id"]])
    assert code == 0
    assert {found["STORAGE-LOGGING"], found["STORAGE-RECOVERY"], found["STORAGE-CMK"]} == {"pass"}


def test_drift_fails_before_it_is_deployed(judge: Judge) -> None:
    code, lines = judge(account(allowBlobPublicAccess=True, networkAcls={"defaultAction": "Allow"}))

    assert code == 1
    assert outcomes(lines)["STORAGE-FIREWALL"] == "fail"


@pytest.mark.parametrize(
    ("properties", "control"),
    [
        ({"allowBlobPublicAccess": UNKNOWN}, "STORAGE-PUBLIC-ACCESS"),
        ({"minimumTlsVersion": UNKNOWN}, "STORAGE-TLS"),
        ({"networkAcls": UNKNOWN}, "STORAGE-FIREWALL"),
        ({"networkAcls": {"defaultAction": UNKNOWN}}, "STORAGE-FIREWALL"),
        ({"encryption": UNKNOWN}, "STORAGE-CMK"),
        ({"encryption": {UNKNOWN: 1}}, "STORAGE-CMK"),
    ],
)
def test_a_value_that_only_the_deployment_knows_is_unknown(
    judge: Judge, properties: Body, control: str
) -> None:
    code, lines = judge(account(**properties))

    [reason] = [each["reason"] for each in lines if each["control"] == control]
    assert code == 1
    assert outcomes(lines)[control] == "unknown"
    assert reason.startswith(f"Cannot tell: {UNKNOWN}: known only during the deployment.")


def test_no_value_that_is_unknown_decides_or_breaks_a_control(
    judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    whole = [each for each in resources("app") if "/storageAccounts/" in each["id"]]
    _, lines = judge(*whole)
    before = outcomes([each for each in lines if each["resourceId"] == ACCOUNT["id"]])
    for path in places(ACCOUNT["properties"]):
        changed = copy.deepcopy(ACCOUNT)
        holder = changed["properties"]
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = UNKNOWN
        _, lines = judge(changed, *(each for each in whole if each["id"] != ACCOUNT["id"]))
        after = outcomes([each for each in lines if each["resourceId"] == ACCOUNT["id"]])

        assert after.keys() == before.keys()
        assert {after[name] for name in after if after[name] != before[name]} <= {"unknown"}, path
        assert "RunTimeValue" not in json.dumps(lines), path
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def test_tags_that_are_unknown_count_as_phi(judge: Judge) -> None:
    _, lines = judge({**ACCOUNT, "tags": UNKNOWN})

    assert {each["phi"] for each in lines} == {None}


@pytest.mark.parametrize(
    ("written", "text"), [("[[phi]", "[phi]"), ("[phi", "[phi"), ("phi]", "phi]"), ("", "")]
)
def test_text_with_brackets_is_text(written: str, text: str) -> None:
    assert with_run_time_values({"tags": [written]}) == {"tags": [text]}


@pytest.mark.parametrize("text", ["{}", "[]", '{"id": "/subscriptions/x"}', "nothing", ""])
def test_what_is_no_snapshot_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.snapshot.json"
    path.write_text(text, encoding="utf-8")

    assert main(["evaluate", "--snapshot", str(path)]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"others": {"diagnostics": [{"level": "Error", "message": "cannot be computed"}]}},
        {"more": [{**ACCOUNT, "id": UNKNOWN}]},
        {"more": ["text"]},
    ],
    ids=["diagnostic", "unknown id", "no object"],
)
def test_a_snapshot_that_is_not_complete_is_never_all_clear(
    judge: Judge, wrong: dict[str, Any]
) -> None:
    code, lines = judge(ACCOUNT, *wrong.get("more", ()), **wrong.get("others", {}))

    assert code == 2
    assert outcomes(lines)["STORAGE-LOGGING"] == "unknown"


def test_a_file_and_a_snapshot_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "a.json", "--snapshot", "b.json"]) == 2
    assert "either FILE or --snapshot FILE" in capsys.readouterr().err
