"""How messages write times, people and values."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.model import MISSING, Actor
from notifiers import wording


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=45.9), "45 s"),
        (timedelta(minutes=12, seconds=4), "12 min 4 s"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=2, seconds=5), "2 h"),
        (timedelta(days=400, hours=4), "400 d 4 h"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(span: timedelta, told: str) -> None:
    assert wording.lasting(span) == told


def test_times_are_told_in_utc() -> None:
    at = datetime(2026, 11, 22, 1, 0, 0, tzinfo=timezone(timedelta(hours=2)))

    assert wording.moment(at) == "2026-11-21 23:00:00 UTC"
    assert wording.clock(at) == "23:00:00"
    assert wording.moment(None) == "unknown"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "not set"),
        (MISSING, "not set"),
        (True, "true"),
        (0, "0"),
        ("", '""'),
        ("Deny", "Deny"),
        (["a", 1], '["a",1]'),
        ({"é": None}, '{"é":null}'),
        (datetime(2026, 1, 1, tzinfo=UTC), '"2026-01-01 00:00:00+00:00"'),
        ({(1, 2): 3}, "a dict that cannot be shown"),
    ],
)
def test_a_value_is_shown_as_arm_shows_it(value: Any, told: str) -> None:
    assert wording.shown(value) == told


def test_an_actor_is_told_with_object_id_and_address() -> None:
    anna = Actor("anna@clinic.example", "oid-1", "203.0.113.7", mfa=True)

    assert wording.person(anna) == (
        "anna@clinic.example (object id oid-1, from 203.0.113.7, MFA yes)"
    )
    assert wording.person(Actor("app-1")) == (
        "app-1 (object id unknown, from an unknown address, MFA unknown)"
    )
    assert wording.person(None) == "unknown"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\nb\tc", "a b c"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\u202egnp", "\\u202egnp"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d⚕", "👩\u200d⚕"),
        ("مستشفى", "مستشفى"),
    ],
)
def test_invisible_characters_are_shown_and_every_script_is_kept(text: str, told: str) -> None:
    assert wording.plain(text) == told


def test_half_characters_become_whole_or_are_replaced() -> None:
    assert wording.encodable("\ud83d\ude00 \ud83d") == "😀 \ufffd"


@given(st.text(), st.integers(1, 30))
def test_a_clipped_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    told = wording.clipped(text, limit)

    assert len(told) <= limit
    assert text.startswith(told.removesuffix("…")) or told == text
