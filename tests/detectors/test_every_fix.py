"""Every fix, applied as data, makes its failure pass."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from detectors.examples import Example
from drift.detector import Detector
from drift.model import Outcome
from drift.remediation.az_commands import command
from tests.detectors.beyond_repair import (
    NO_LONGER_CONCERNED,
    NOTHING_IN_PLACE,
    STILL_UNKNOWN,
    chosen_by_a_person,
)
from tests.detectors.judging import FAILURES, each_control, failures_of, judged_in, verdict_of
from tests.support.apply_fix import apply

PAGE: Final = Path(__file__).parents[2] / "docs" / "repairs.md"
BEYOND: Final = frozenset(name for names in NOTHING_IN_PLACE.values() for name in names)


@each_control
def test_a_failure_passes_once_its_fix_is_taken_with_what_a_person_puts_in(
    detector: Detector,
) -> None:
    repaired = {str(each): _repaired(each) for each in failures_of(detector)}

    assert repaired == {name: _expected(name) for name in repaired}


def test_whatever_is_listed_as_not_repaired_is_a_failure_and_listed_once() -> None:
    listed = [name for names in NOTHING_IN_PLACE.values() for name in names]
    listed += [*STILL_UNKNOWN, *NO_LONGER_CONCERNED]

    assert len(listed) == len(set(listed))
    assert {str(each) for each in FAILURES} >= set(listed)


def test_the_page_of_repairs_counts_what_nothing_in_place_repairs() -> None:
    rows = re.findall(r"^\| (.+?) \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    counted = {why: len(names) for why, names in NOTHING_IN_PLACE.items()}

    assert {why: int(count) for why, count in rows} == counted
    left = [len(STILL_UNKNOWN), len(NO_LONGER_CONCERNED), len(BEYOND)]
    assert _told() == [len(FAILURES), len(FAILURES) - sum(left), *left]


@each_control
def test_a_failure_shows_a_command_or_says_what_else_repairs_it(detector: Detector) -> None:
    for example in failures_of(detector):
        fix = verdict_of(example, example.resource, example.estate()).fix

        assert fix is not None, str(example)
        assert (command(fix) is None) == (not fix.steps), str(example)
        assert fix.steps or fix.note, str(example)
        assert "<" not in (command(fix) or "") or "Put in" in fix.note, str(example)


def _repaired(example: Example) -> Outcome:
    verdict = verdict_of(example, example.resource, example.estate())
    assert verdict.fix is not None
    values, things = chosen_by_a_person(example)
    left = apply(verdict.fix, example.documents)
    asked = re.findall("<[A-Z_]+>", command(verdict.fix) or "")
    filled = _filled(left, {each: values[each] for each in asked})
    return judged_in(example, {**filled, **(things if asked else {})}).outcome


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return a value in which a person's values replace the placeholders."""
    if isinstance(value, Mapping):
        return {name: _filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return values.get(value, value) if isinstance(value, str) else value


def _expected(name: str) -> Outcome:
    if name in BEYOND:
        return Outcome.FAIL
    if name in STILL_UNKNOWN:
        return Outcome.UNKNOWN
    return Outcome.NOT_APPLICABLE if name in NO_LONGER_CONCERNED else Outcome.PASS


def _told() -> list[int]:
    """Return the counts in the page's first paragraph."""
    first = PAGE.read_text(encoding="utf-8").split("\n\n")[1]
    return [int(each) for each in re.findall(r"\b\d+\b", first)]
