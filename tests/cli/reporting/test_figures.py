"""Median, 90th percentile and maximum, and how a span is shown."""

from datetime import UTC, datetime

import pytest

from cli.reporting.figures import spread
from cli.reporting.values import span_text, time_data, time_text


def test_the_figures_of_ten_spans_are_their_middle_the_ninth_and_the_last() -> None:
    found = spread([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], missing=2)

    assert found == {"count": 10, "median": 5.5, "p90": 9, "max": 10, "notKnown": 2}


def test_one_span_is_all_three_figures() -> None:
    assert spread([4.5], missing=0) == {
        "count": 1,
        "median": 4.5,
        "p90": 4.5,
        "max": 4.5,
        "notKnown": 0,
    }


def test_no_span_has_no_figure_and_is_no_zero() -> None:
    assert spread([], missing=3) == {
        "count": 0,
        "median": None,
        "p90": None,
        "max": None,
        "notKnown": 3,
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not known"),
        (0.0, "0.0 s"),
        (1.26, "1.3 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_725, "1 h 2 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_is_shown_in_its_two_largest_units(seconds: float | None, text: str) -> None:
    assert span_text(seconds) == text


def test_a_time_is_told_in_utc_and_its_absence_is_told_too() -> None:
    at = datetime.fromisoformat("2026-11-20T01:02:03.5+02:00")

    assert time_data(at) == "2026-11-19T23:02:03.500Z"
    assert time_text(time_data(at.astimezone(UTC))) == "2026-11-19 23:02:03 UTC"
    assert time_text(time_data(None)) == "not known"
