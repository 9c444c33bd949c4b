"""How explain shows the queries about the use of a resource."""

from datetime import UTC, datetime, timedelta

from cli.explanation.exposure_text import exposure_lines
from cli.explanation.layout import Layout
from drift.access.record import Exposure, Inquiry
from drift.notices import Access

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


def inquiry(source: str, *, rows: int = 0, failure: str = "", seconds: int = 60) -> Inquiry:
    """Return a question about the hour before it, asked some seconds ago."""
    at = NOW - timedelta(seconds=seconds)
    return Inquiry(
        source=source,
        since=at - timedelta(hours=1),
        until=at,
        asked_at=at,
        rows=rows,
        failure=failure,
    )


def text_of(*inquiries: Inquiry) -> str:
    layout = Layout(NOW, lambda text, _: text, 100)
    exposure = Exposure(opened_at=NOW, asked_at=NOW, access=Access.POSSIBLE, inquiries=inquiries)
    return " ".join(" ".join(exposure_lines(layout, exposure)).split())


def test_questions_of_one_time_are_one_entry_with_what_each_answered() -> None:
    text = text_of(
        inquiry("storage_use"),
        inquiry("log_stopped", rows=1),
        inquiry("Transactions"),
        inquiry("Transactions"),
    )

    assert text.endswith(
        "Asked 11:59:00 (1 min ago) about 10:59:00 to 11:59:00: "
        "storage_use 0 rows, log_stopped 1 row, Transactions 0 rows (2 times)"
    )


def test_a_question_without_an_answer_says_why_and_each_time_has_an_entry_of_its_own() -> None:
    text = text_of(
        inquiry("storage_use", failure="HTTP 403"), inquiry("storage_use", rows=2, seconds=30)
    )

    assert text.count("Asked ") == 2
    assert "storage_use no answer (HTTP 403)" in text
    assert text.endswith("storage_use 2 rows")
