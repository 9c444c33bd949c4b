"""Interval sets behave as sets of the numbers they hold."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.ip.intervals import IntervalSet

TOP = 40
NUMBERS = st.sets(st.integers(0, TOP - 1))
INTERVALS = st.lists(st.tuples(st.integers(0, TOP), st.integers(0, TOP)))


def of(numbers: set[int]) -> IntervalSet:
    return IntervalSet.of((number, number + 1) for number in numbers)


def numbers_in(intervals: IntervalSet) -> set[int]:
    return {number for start, end in intervals.intervals() for number in range(start, end)}


@given(INTERVALS)
def test_of_holds_every_number_of_its_intervals(intervals: list[tuple[int, int]]) -> None:
    expected = {number for start, end in intervals for number in range(start, end)}

    assert numbers_in(IntervalSet.of(intervals)) == expected


@given(NUMBERS, NUMBERS)
def test_operations_are_those_of_sets(left: set[int], right: set[int]) -> None:
    one, other = of(left), of(right)

    assert numbers_in(one | other) == left | right
    assert numbers_in(one & other) == left & right
    assert numbers_in(one - other) == left - right


@given(NUMBERS, NUMBERS)
def test_equal_sets_have_equal_bounds_however_they_came_about(
    left: set[int], right: set[int]
) -> None:
    one, other = of(left), of(right)

    assert (one | other) - (one & other) == of(left ^ right)
    assert one - (one - other) == one & other == of(left & right)


@given(NUMBERS)
def test_membership_size_and_truth_follow_the_numbers(numbers: set[int]) -> None:
    intervals = of(numbers)

    assert {number for number in range(-1, TOP + 1) if number in intervals} == numbers
    assert bool(intervals) == bool(numbers)
    assert len(intervals) == sum(number - 1 not in numbers for number in numbers)
