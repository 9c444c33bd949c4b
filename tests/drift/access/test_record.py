"""An answer about access is sent again only if something that people act on has changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drift.access.record import Exposure, Inquiry
from drift.notices import Access

OPENED = datetime(2026, 12, 1, 9, 2, tzinfo=UTC)
LATER = OPENED + timedelta(minutes=10)
ANSWER = Exposure(
    opened_at=OPENED, access=Access.POSSIBLE, asked_at=OPENED, since=OPENED, callers=0, objects=0
)


@pytest.mark.parametrize(
    "changed",
    [
        {"access": Access.CONFIRMED},
        {"callers": 3},
        {"callers": None},
        {"objects": 214},
        {"reads": 1},
        {"listings": 1},
        {"flows": 1},
        {"is_final": True},
    ],
)
def test_another_answer_is_news(changed: dict[str, Any]) -> None:
    assert replace(ANSWER, **changed).news != ANSWER.news


@pytest.mark.parametrize(
    "changed",
    [
        {"asked_at": LATER},
        {"until": LATER},
        {"summary": "The same in other words."},
        {"inquiries": (Inquiry(source="q", since=OPENED, until=LATER, asked_at=LATER, rows=0),)},
    ],
)
def test_the_same_answer_asked_again_is_no_news(changed: dict[str, Any]) -> None:
    assert replace(ANSWER, **changed).news == ANSWER.news


def test_more_connections_of_which_nobody_knows_whether_they_were_a_use_are_no_news() -> None:
    assert replace(ANSWER, flows=2).news == replace(ANSWER, flows=900).news
