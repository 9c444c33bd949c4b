"""``phidrift evaluate``: the lines that it prints, and its exit code."""

from datetime import UTC, datetime
from typing import Any

import pytest

from drift.config.model import Config, Exemption
from drift.fixes import Fix
from drift.model import Outcome, Verdict
from tests.support.evaluate_input import ACCOUNT, GROUP, Ask, FakeDetector, account, control


def test_a_line_has_exactly_the_keys_of_the_interface_in_order(ask: Ask) -> None:
    answer = ask({"case": "open", "resource": account(open=True)})

    (line,) = answer.lines
    assert list(line) == [
        "case", "resourceId", "control", "outcome", "severity", "phi", "reason", "evidence",
        "hipaa", "fix",
    ]  # fmt: skip
    assert line == {
        "case": "open",
        "resourceId": ACCOUNT,
        "control": "DOOR",
        "outcome": "fail",
        "severity": "critical",
        "phi": True,
        "reason": "the door is open",
        "evidence": [{"path": "properties.open", "value": True, "expected": "false"}],
        "hipaa": ["164.312(a)(1)"],
        "fix": {
            "command": f"az resource update --ids {ACCOUNT} --set properties.open=false",
            "note": "People are locked out.",
        },
    }


@pytest.mark.parametrize(
    ("properties", "outcome", "severity", "value"),
    [
        ({"open": False}, "pass", None, False),
        ({"open": True}, "fail", "critical", True),
        ({}, "unknown", None, None),
    ],
)
def test_a_severity_is_told_of_a_failure_only(
    ask: Ask, properties: dict[str, Any], outcome: str, severity: str | None, value: object
) -> None:
    (line,) = ask(account(**properties)).lines

    assert (line["outcome"], line["severity"]) == (outcome, severity)
    assert line["evidence"][0]["value"] is value


def test_what_needs_no_repair_has_neither_command_nor_note(ask: Ask) -> None:
    (line,) = ask(account(open=False)).lines

    assert line["fix"] == {"command": None, "note": ""}


def test_what_nothing_in_place_repairs_has_only_a_note(ask: Ask) -> None:
    fails = FakeDetector(
        control("KEY"), lambda *_: Verdict(Outcome.FAIL, "x", fix=Fix(note="Create it again."))
    )

    (line,) = ask(account(), fails).lines

    assert line["fix"] == {"command": None, "note": "Create it again."}


@pytest.mark.parametrize(
    ("bodies", "code"),
    [
        ([account(open=False)], 0),
        ([account(open=False), account(open=True)], 1),
        ([account()], 1),
        ([account(open=False), {"id": "x"}], 2),
        ([account(open=True), 7], 2),
        ([], 2),
    ],
)
def test_the_exit_code_tells_the_worst(ask: Ask, bodies: list[object], code: int) -> None:
    assert ask(bodies).code == code


def test_not_applicable_is_no_failure(ask: Ask) -> None:
    idle = FakeDetector(control("IDLE"), lambda *_: Verdict(Outcome.NOT_APPLICABLE, "no blobs"))

    answer = ask(account(), idle)

    assert (answer.code, answer.outcomes) == (0, ["not_applicable"])


def test_an_excepted_failure_keeps_its_severity_and_fails_no_build(ask: Ask) -> None:
    exemption = Exemption(
        control="DOOR",
        resource_id=GROUP,
        reason="moving house",
        approved_by="ciso",
        expires=datetime(2999, 1, 1, tzinfo=UTC),
    )

    answer = ask(account(open=True), config=Config(exemptions=(exemption,)))

    assert (answer.code, answer.outcomes) == (0, ["excepted"])
    assert answer.lines[0]["severity"] == "critical"
