"""What idle accounts cost that are written, on a clock that jumps."""

from bench.storm import EventReads, reads_of_an_event, storm


def test_an_event_costs_one_own_read_at_once_two_quick_ones_and_one_confirmation() -> None:
    at_once, quick, confirmation = reads_of_an_event()

    assert at_once.own == 1
    assert quick == EventReads("quick", 2, 0, 0)
    assert confirmation == EventReads("confirmation", 1, 0, 0)


def test_a_storm_of_idle_accounts_leaves_no_verdict_unknown_and_no_read_refused() -> None:
    figures = storm(15, lambda _: None)

    assert (figures.refused, figures.unknown, figures.blind) == (0, 0, 0)
    assert figures.own <= 4 * 15
    assert figures.related + figures.lists <= 80
