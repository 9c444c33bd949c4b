"""KQL literals mean exactly their text, also when the engine runs them."""

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import duckdb_kql
import pytest

from adapters.log_analytics.kql import (
    MAX_ITEMS,
    MAX_TEXT,
    UnfitLiteral,
    list_literal,
    span_literal,
    text_literal,
    time_literal,
    with_values,
)

HOSTILE = [
    "",
    "anna@clinic.example",
    "o'brien@clinic.example",
    'a"; AzureActivity | take 1 //',
    "back\\slash\\",
    '\\"',
    "ä€𐐷 {x} | ;",
    'x"]); StorageBlobLogs | project ObjectKey //',
]


@pytest.mark.parametrize("text", HOSTILE)
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


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UnfitLiteral):
        time_literal(datetime(2026, 11, 22))  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize(
    "span",
    [
        timedelta(),
        timedelta(microseconds=1),
        timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999),
        timedelta(days=93, minutes=5),
        -timedelta(days=1, seconds=2),
    ],
)
def test_a_timespan_literal_means_the_span(span: timedelta) -> None:
    with duckdb.connect() as connection:
        query = f"print Span = {span_literal(span)}"
        rows = duckdb_kql.query(connection, query).fetchall()

    assert rows == [(span,)]


def test_a_list_literal_holds_exactly_its_texts() -> None:
    with duckdb.connect() as connection:
        query = f"print L = {list_literal(HOSTILE)} | mv-expand L to typeof(string) | project L"
        rows = duckdb_kql.query(connection, query).fetchall()

    assert [text for (text,) in rows] == HOSTILE


@pytest.mark.parametrize("texts", [["fine", "line\nbreak"], ["x"] * (MAX_ITEMS + 1)])
def test_a_list_with_an_unfit_text_or_too_many_is_refused(texts: list[str]) -> None:
    with pytest.raises(UnfitLiteral):
        list_literal(texts)


def test_a_value_is_declared_under_a_plain_name_only() -> None:
    with pytest.raises(ValueError, match="named in lower case"):
        with_values("container_changes", {"x = 1; let y": "z"})
