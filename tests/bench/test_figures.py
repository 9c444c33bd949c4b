"""Median, percentile and maximum of samples, and how they are printed."""

import pytest

from bench.figures import Figures, figures, print_table


def test_the_percentile_of_a_hundred_samples_is_the_ninety_fifth() -> None:
    samples = [float(each) for each in range(100, 0, -1)]

    assert figures(samples) == Figures(count=100, median=50.5, p95=95.0, maximum=100.0)


def test_a_single_sample_is_every_figure() -> None:
    assert figures([0.3]) == Figures(count=1, median=0.3, p95=0.3, maximum=0.3)


def test_of_few_samples_the_percentile_is_the_largest() -> None:
    assert figures([1.0, 3.0, 2.0]).p95 == 3.0


def test_a_table_aligns_names_left_and_figures_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Steps", ("", "max"), [("judge", "1.0 s"), ("a", "12.0 s")])

    assert capsys.readouterr().out == (
        "\nSteps\n            max\n  judge   1.0 s\n  a      12.0 s\n"
    )
