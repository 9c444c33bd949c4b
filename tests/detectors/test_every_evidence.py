"""After a fix, no evidence of the failure demands another value."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from detectors.examples import Example
from drift.detector import Detector
from drift.fixes import Fix, SetProperty
from drift.ids import relative_to
from drift.model import MISSING, Evidence, Outcome, dig
from drift.remediation.az_commands import command
from tests.detectors.beyond_repair import chosen_by_a_person
from tests.detectors.judging import (
    each_control,
    examples_of,
    failures_of,
    judged_in,
    verdict_of,
)
from tests.support.apply_fix import apply

_AT_LEAST: Final = re.compile(r"(\d+) or more")
_RENAMED: Final = "SQL-TDE-fail-switched off, as the api-version of 2014 shows it"
"""The fix sets the property under its present name, the evidence shows the former one."""

_ALTERNATIVES: Final = re.compile(r", or | or (?!more)")


@each_control
def test_what_a_fix_leaves_behind_meets_every_expectation_of_the_failure(
    detector: Detector,
) -> None:
    unmet = {}
    for example in failures_of(detector):
        verdict = verdict_of(example, example.resource, example.estate())
        assert verdict.fix is not None, str(example)
        left = _repaired(example, verdict.fix)
        if str(example) == _RENAMED or judged_in(example, left).outcome is not Outcome.PASS:
            left = {}  # what still fails may still show what is wrong
        unmet[str(example)] = [
            each for each in verdict.evidence if not _is_met(each, example, left)
        ]

    assert {name: each for name, each in unmet.items() if each} == {}


@each_control
def test_a_value_that_a_fix_sets_is_what_the_evidence_expects(detector: Detector) -> None:
    wrong = []
    for example in failures_of(detector):
        verdict = verdict_of(example, example.resource, example.estate())
        assert verdict.fix is not None, str(example)
        expected = {each.path: each.expected for each in verdict.evidence}
        wrong += [
            f"{example}: {path} = {value!r}"
            for path, value in _set_by(verdict.fix, example).items()
            if not _satisfies(value, expected.get(path, ""))
        ]

    assert wrong == []


@each_control
def test_a_pass_shows_no_value_that_its_evidence_refuses(detector: Detector) -> None:
    refused = [
        f"{example}: {each}"
        for example in examples_of(detector)
        if (verdict := verdict_of(example, example.resource, example.estate())).outcome
        is Outcome.PASS
        for each in verdict.evidence
        if not _satisfies(each.value, each.expected)
    ]

    assert refused == []


@pytest.mark.parametrize(
    ("value", "expected", "met"),
    [
        ("Disabled", "Disabled", True),
        ("Enabled", "Disabled", False),
        ("disabled", "Disabled", True),
        (True, "true", True),
        (False, "true", False),
        (None, "true", False),
        (None, "absent", True),
        (30, "30 or more", True),
        (7, "30 or more", False),
        (0, "0, or 2191 or more", True),
        ("TLS1_3", "TLS1_2 or TLS1_3", True),
        ("securedbyperimeter", "Disabled, or SecuredByPerimeter", True),
        ("<KEY_NAME>", "phi", True),
        ("anything", "", True),
    ],
)
def test_an_expectation_is_read_as_values_and_as_words(
    value: Any, expected: str, met: bool
) -> None:
    assert _satisfies(value, expected) is met


def _repaired(example: Example, fix: Fix) -> Mapping[str, Any]:
    values, things = chosen_by_a_person(example)
    asked = re.findall("<[A-Z_]+>", command(fix) or "")
    left = apply(fix, example.documents)
    filled = {name: _filled(body, values) for name, body in left.items()}
    return {**filled, **(things if asked else {})}


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return values.get(value, value) if isinstance(value, str) else value


def _set_by(fix: Fix, example: Example) -> dict[str, Any]:
    """Return the values that a fix sets, by the path that evidence shows them at."""
    own = example.resource.id
    return {
        each.path
        if each.resource_id == own
        else f"{relative_to(each.resource_id, own)}#{each.path}": (each.value)
        for each in fix.steps
        if isinstance(each, SetProperty)
    }


def _is_met(evidence: Evidence, example: Example, left: Mapping[str, Any]) -> bool:
    """Tell whether the repaired documents meet an expectation; one they do not show is met."""
    of, _, path = evidence.path.rpartition("#")
    own = example.resource.id
    for name, body in left.items():
        here = name == own.lower() if not of else relative_to(name, own.lower()) == of.lower()
        if here and isinstance(body, Mapping):
            value = dig(body, path)
            return _satisfies(None if value is MISSING else value, evidence.expected)
    return True


def _satisfies(value: Any, expected: str) -> bool:
    """Tell whether a value is one of those expected; an alternative in words takes any value."""
    if not expected or (isinstance(value, str) and value.startswith("<")):
        return True
    return any(_is_one(value, each.strip()) for each in _ALTERNATIVES.split(expected))


def _is_one(value: Any, alternative: str) -> bool:
    least = _AT_LEAST.fullmatch(alternative)
    if least:
        return isinstance(value, int) and value >= int(least[1])
    if " " in alternative:
        return True
    if alternative in ("true", "false") and value in (0, 1):  # as payloads of events spell them
        return bool(value) is (alternative == "true")
    return ("absent" if value is None else str(value).lower()) == alternative.lower()
