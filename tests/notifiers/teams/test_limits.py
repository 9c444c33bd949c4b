"""The card is never too long, and all names in it are read as plain text."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from drift.notices import Change, Notice
from notifiers.teams.message import MAX_BYTES, build_message
from tests.notifiers.any_notice import ANY_NOTICE
from tests.notifiers.notices import (
    EVERY,
    HOSTILE_TEXT,
    OPENED,
    hostile,
    huge,
)
from tests.notifiers.teams.reading import card, elements, paragraphs


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("change", Change)
def test_what_others_may_name_is_in_no_element_that_reads_it(name: str, change: Change) -> None:
    shown = card(replace(EVERY[name], change=change, closure=None))

    kinds = {each["type"] for each in elements(shown) if "type" in each}
    assert kinds <= {
        *("AdaptiveCard", "Container", "ColumnSet", "Column"),
        *("RichTextBlock", "TextRun", "Action.OpenUrl"),
    }


def test_no_run_holds_a_date_macro_whole() -> None:
    runs = [each["text"] for each in elements(card(hostile())) if each.get("type") == "TextRun"]

    assert not [each for each in runs if "{{DATE(" in each or "{{TIME(" in each]
    assert any(f"{HOSTILE_TEXT} is open" in each for each in paragraphs(hostile()))


def test_the_preview_holds_no_markdown_and_no_macro() -> None:
    told = card(hostile())["fallbackText"]

    assert "**bold** [click]" not in told
    assert "∗∗bold∗∗ (click)" in told
    assert "{{DATE(" not in told


def test_invisible_characters_are_shown() -> None:
    told = paragraphs(hostile("a\u202egnp.exe\nResolved: all is well"))

    assert any("a\\u202egnp.exe Resolved: all is well is open" in each for each in told)


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_no_card_is_too_long(notice: Notice) -> None:
    assert 0 < len(build_message(notice, opening=False)) <= MAX_BYTES


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_NOTICE)
def test_any_notice_is_shortened_and_never_failed(notice: Notice) -> None:
    body = build_message(notice, opening=False)

    assert len(body) <= MAX_BYTES
    first = paragraphs(notice)[0]
    assert first.startswith(("Drift", "Update", "Resolved", "Closed", "Unknown"))


def test_much_that_changed_is_counted() -> None:
    told = paragraphs(huge())

    assert any(each.startswith("… and ") and each.endswith(" more") for each in told)


def test_no_heading_stands_without_its_rows() -> None:
    told = paragraphs(huge())

    assert "What changed" in told
    assert "What fails" not in told


def test_half_a_command_is_never_shown() -> None:
    told = paragraphs(replace(OPENED, fix_command="az " + "x" * 30_000))

    assert not any(each.startswith("az ") for each in told)
    assert any("phidrift evaluate" in each for each in told)


def test_a_command_of_any_usual_length_is_shown_whole() -> None:
    command = "az network nsg rule update " + "--source-address-prefixes 203.0.113.0/24 " * 100

    assert command.strip() in [
        each.strip() for each in paragraphs(replace(OPENED, fix_command=command))
    ]
