"""Which of the four answers holds; excluded only where both the window and every request are known."""

from typing import Any

import pytest

from drift.exposure.answer import access_of, answer
from drift.exposure.callers import CallerKind, Exposes
from drift.exposure.metric_counts import RequestCounts
from drift.exposure.window import Window
from drift.notices import Access
from tests.drift.exposure.findings import (
    CLOSED,
    HOUR,
    LATER,
    MINUTE,
    OPENED,
    WINDOW,
    failed,
    findings,
    log,
    metrics,
    use,
)

FOREIGN, UNNAMED = CallerKind.FOREIGN, CallerKind.UNNAMED
UNCLEAR, OWN = CallerKind.UNCLEAR, CallerKind.OWN
NETWORK = Exposes.NETWORK
ONE_READ = RequestCounts(reads=1, first=OPENED, last=OPENED)
TEN_READS = RequestCounts(reads=10, first=OPENED, last=CLOSED)


def access(**values: Any) -> Access:
    return access_of(findings(**values), now=LATER)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Access.EXCLUDED),
        ({"log": None, "coverage": "logging was off"}, Access.EXCLUDED),
        ({"log": log((FOREIGN, use(reads=1)))}, Access.CONFIRMED),
        ({"log": log((FOREIGN, use(listings=1)))}, Access.PRESUMED),
        ({"log": log((FOREIGN, use(unclear=1)))}, Access.POSSIBLE),
        ({"log": None, "metrics": metrics(ONE_READ)}, Access.CONFIRMED),
        ({"metrics": metrics(RequestCounts(listings=1))}, Access.PRESUMED),
        ({"metrics": metrics(RequestCounts(unclear=1))}, Access.POSSIBLE),
    ],
)
def test_anonymous_access_follows_from_the_log_and_the_metrics(
    values: dict[str, Any], expected: Access
) -> None:
    assert access(**values) is expected


@pytest.mark.parametrize(
    "values",
    [
        {"metrics": None},
        {"metrics": metrics(works=False)},
        {"metrics": metrics(since=OPENED)},
        {"metrics": metrics(until=CLOSED - MINUTE)},
        {"window": Window(OPENED, None, CLOSED)},
        {"window": Window(OPENED, OPENED - MINUTE, None)},
    ],
    ids=["none", "count nothing", "begin late", "end early", "no start", "open"],
)
@pytest.mark.parametrize("exposes", Exposes)
def test_nothing_is_excluded_where_a_part_of_the_window_is_not_counted(
    values: dict[str, Any], exposes: Exposes
) -> None:
    assert access(exposes=exposes, **values) is Access.POSSIBLE


def test_nothing_is_excluded_before_the_metrics_can_have_counted_the_end() -> None:
    assert access_of(findings(), now=CLOSED + MINUTE) is Access.POSSIBLE


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (log((OWN, use(reads=10))), Access.POSSIBLE),
        (log((OWN, use(reads=9)), (UNCLEAR, use(reads=1))), Access.POSSIBLE),
        (log((OWN, use(reads=9)), (UNNAMED, use(reads=1))), Access.PRESUMED),
        (log((OWN, use(reads=9)), (FOREIGN, use(reads=1))), Access.CONFIRMED),
        (None, Access.POSSIBLE),
    ],
    ids=["all own", "unclear", "a key", "foreign", "no log"],
)
def test_behind_a_firewall_nothing_is_excluded(found: Any, expected: Access) -> None:
    assert access(exposes=NETWORK, log=found, metrics=metrics(TEN_READS)) is expected


def test_an_account_that_nobody_is_seen_to_have_used_may_have_been_used() -> None:
    found = answer(findings(exposes=NETWORK, log=log()), now=LATER)

    assert found.access is Access.POSSIBLE
    assert "the access log of an account is not guaranteed to be complete" in found.summary


def test_the_line_says_who_read_how_much_and_when() -> None:
    callers = [
        (FOREIGN, use(address=address, reads=80, size=400_000_000))
        for address in ("203.0.113.9", "198.51.100.7", "2001:db8::1")
    ]
    found = answer(findings(log=log(*callers, objects=214)), now=LATER)

    assert found.summary == (
        "3 anonymous callers read 214 objects (1.2 GB), 2026-11-22 09:02 to 09:22 UTC; "
        "logging covered the whole window."
    )
    assert (found.callers, found.objects, found.reads) == (3, 214, 240)
    assert found.is_final


def test_a_log_that_does_not_cover_the_window_says_at_least() -> None:
    one = log((FOREIGN, use(reads=1, size=999)), objects=1)
    counted = metrics(RequestCounts(reads=7, first=OPENED, last=OPENED))
    found = answer(findings(log=one, metrics=counted, coverage="logging was off"), now=LATER)

    assert found.summary == (
        "At least 1 anonymous caller read 1 object (999 bytes), 2026-11-22 09:02 to 09:22 UTC; "
        "logging was off; the metrics count 7 reads, the log 1."
    )
    assert not found.is_final


def test_without_a_log_the_metrics_are_told_and_callers_are_said_to_be_unknown() -> None:
    found = answer(
        findings(log=None, metrics=metrics(TEN_READS), coverage="logging was off"), now=LATER
    )

    assert found.summary == (
        "Anonymous callers made 10 reads, 2026-11-22 09:02 to 09:32 UTC, by the account's metrics; "
        "callers and objects are not known: logging was off."
    )
    assert (found.callers, found.objects, found.reads) == (None, None, 10)


def test_names_that_were_listed_are_told_as_such() -> None:
    found = answer(findings(log=log((FOREIGN, use(listings=2)))), now=LATER)

    assert found.summary.startswith("1 anonymous caller listed names of objects 2 times, ")


def test_what_is_excluded_says_by_what() -> None:
    found = answer(findings(), now=LATER)

    assert found.summary == (
        "No object was read and no name listed by anonymous callers 2026-11-22 09:01 to 09:32 UTC: "
        "the account's metrics count none in any minute."
    )


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"metrics": None, "inquiries": (failed("Transactions"),)}, "no answer to Transactions"),
        ({"metrics": metrics(RequestCounts(unclear=1))}, "cannot be distinguished"),
        ({"window": Window(OPENED, None, CLOSED), "coverage": "no start"}, "yet: no start"),
    ],
)
def test_what_is_not_excluded_says_why(values: dict[str, Any], why: str) -> None:
    found = answer(findings(**values), now=LATER)

    assert found.access is Access.POSSIBLE
    assert why in found.summary


def test_a_window_over_midnight_shows_both_dates() -> None:
    found = findings(log=log((FOREIGN, use(reads=1, last=OPENED + 24 * HOUR)), objects=1))

    assert "2026-11-22 09:02 to 2026-11-23 09:02 UTC" in answer(found, now=LATER).summary


def test_the_answer_carries_its_window() -> None:
    found = answer(findings(), now=LATER)

    assert (found.opened_at, found.since, found.until) == (OPENED, WINDOW.since, CLOSED)
