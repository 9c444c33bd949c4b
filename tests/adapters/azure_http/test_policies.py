"""Parsing the headers and the error bodies of Azure's answers."""

from datetime import UTC, datetime

import pytest

from adapters.azure_http.policies import (
    MAX_RETRY_AFTER,
    date_of,
    error_code_of,
    reads_left_of,
    retry_after_of,
)
from tests.support.azure_fakes import NOW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        (" 2.5 ", 2.5),
        ("-3", 0),
        ("999999999", MAX_RETRY_AFTER),
        ("Sun, 22 Nov 2026 10:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0),
        ("Mon, 01 Jan 2035 00:00:00 GMT", MAX_RETRY_AFTER),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Sun, 99 Nov 2026 10:01:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_of({"Retry-After": text}, NOW) == seconds


def test_no_retry_after_is_none() -> None:
    assert retry_after_of({}, NOW) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sun, 22 Nov 2026 10:00:00 GMT", NOW),
        ("Sun, 22 Nov 2026 10:00:00 -0000", NOW),
        ("Sun, 22 Nov 2026 11:00:00 +0100", NOW),
        ("", None),
        ("today", None),
        ("Sun, 22 Nov 99999999999 10:00:00 GMT", None),
    ],
)
def test_a_date_is_in_utc_or_none(text: str, at: datetime | None) -> None:
    found = date_of({"Date": text})

    assert found == at
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "ResourceNotFound", "message": "x"}}', "ResourceNotFound"),
        (b'{"code": "NotFound", "message": "x"}', "NotFound"),
        (b'{"error": {"code": "swordfish is the password"}}', ""),
        (b'{"error": {"code": 7}}', ""),
        (b'{"error": "ResourceNotFound"}', ""),
        (b"[1]", ""),
        (b"", ""),
        (b"\xff\xfe{", ""),
    ],
)
def test_only_an_error_code_is_taken_from_a_body(body: bytes, code: str) -> None:
    assert error_code_of(body) == code


@pytest.mark.parametrize(
    ("text", "left"),
    [("249", 249), ("0", 0), ("", None), ("-1", None), ("1e9", None), ("9" * 30, None)],
)
def test_reads_left_are_a_whole_number_or_not_told(text: str, left: int | None) -> None:
    headers = {"x-ms-ratelimit-remaining-subscription-reads": text}

    assert reads_left_of(headers) == left
