"""KQL literals mean exactly their text, also when the engine runs them."""

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import duckdb_kql
import pytest

from adapters.log_analytics.kql import (
    MAX_TEXT,
    UnfitLiteral,
    text_literal,
    time_literal,
    with_values,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna@clinic.example",
        "o'brien@clinic.example",
        'a"; AzureActivity | take 1 //',
        "back\\slash\\",
        '\\"',
        "ä€𐐷 {x} | ;",
    ],
)
def test_a_text_literal_means_the_text(text: str) -> None:
    with duckdb.connect() as connection:
        rows = duckdb_kql.query(connection, f"print Text = {text_literal(text)}").fetchall()

    assert rows == [(text,)]


@pytest.mark.parametrize("text", ["\n", "a\x00b", "\x9f", "\u2028", "\ud800", "x" * (MAX_TEXT + 1)])
def test_what_no_name_contains_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(UnfitLiteral) as refused:
        text_literal(text)

    assert text not in str(refused.value)


def test_a_time_literal_is_in_utc() -> None:
    at = datetime(2026, 11, 22, 11, 30, 0, 250_000, timezone(timedelta(hours=1)))

    assert time_literal(at) == "datetime(2026-11-22T10:30:00.250000Z)"
    assert time_literal(at.astimezone(UTC)) == time_literal(at)


def test_a_query_is_named_not_pathed() -> None:
    with pytest.raises(ValueError, match="named by its file"):
        with_values("../kql", {})
