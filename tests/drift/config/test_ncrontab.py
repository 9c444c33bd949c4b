"""NCRONTAB: the times that an expression names, and the texts that are refused."""

import pytest

from drift.config import ncrontab


def test_a_star_names_every_value() -> None:
    every = ncrontab.parse_schedule("* * * * * *")

    assert len(every.seconds) == len(every.minutes) == 60
    assert (len(every.hours), len(every.days), len(every.months), len(every.weekdays)) == (
        *(24, 31, 12, 7),
    )


@pytest.mark.parametrize(
    ("field", "minutes"),
    [
        ("5", {5}),
        ("*/20", {0, 20, 40}),
        ("50/5", {50, 55}),
        ("1-3,10", {1, 2, 3, 10}),
        ("0-10/5", {0, 5, 10}),
    ],
)
def test_a_field_names_values_ranges_lists_and_steps(field: str, minutes: set[int]) -> None:
    assert ncrontab.parse_schedule(f"0 {field} * * * *").minutes == minutes


def test_months_and_days_have_names() -> None:
    named = ncrontab.parse_schedule("0 0 4 * Jan,december Mon-fri")

    assert (named.months, named.weekdays) == (frozenset({1, 12}), frozenset(range(1, 6)))


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "it has 0 fields"),
        ("0 * * * *", "it has 5 fields"),
        ("00:05:00", "it has 1 fields"),
        ("60 * * * * *", "its second is not in 0-59"),
        ("0 * 24 * * *", "its hour is not in 0-23"),
        ("0 * * 0 * *", "its day is not in 1-31"),
        ("0 * * * ja *", "its month is not in 1-12"),
        ("0 * * * * 7", "its day of week is not in 0-6"),
        ("0 */0 * * * *", "its minute has a step of zero"),
        ("0 5-1 * * * *", "its minute has a range that ends before it begins"),
        ("0 , * * * *", "its minute is not *"),
        ("0 ? * * * *", "its minute is not *"),
        ("0 ٣ * * * *", "its minute is not in"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("*", r"\*")):
        ncrontab.parse_schedule(expression)
