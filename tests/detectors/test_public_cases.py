"""Examples of cases from public reports and Azure's documentation have the documented result.

``public_cases.json`` has one entry for each: the fact in a sentence, its source, the example of ours
that states the same kind, and the severity of a failure.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.detectors.judging import EXAMPLES, judgement_of

CASES: Final[list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("public_cases.json").read_text(encoding="utf-8")
)
_BY_NAME: Final = {str(each): each for each in EXAMPLES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["example"])
def test_a_public_case_has_its_outcome_and_severity(case: dict[str, Any]) -> None:
    example = _BY_NAME[case["example"]]
    result = judgement_of(example, example.resource, example.estate())

    assert result.verdict.outcome is example.outcome, result.verdict.reason
    assert (result.severity and result.severity.value) == case["severity"]


def test_every_case_names_its_source_and_no_example_stands_for_two() -> None:
    assert all(each["source"].startswith("https://") and each["report"] for each in CASES)
    assert len({each["example"] for each in CASES}) == len(CASES)
