"""Every card, parsed and rendered by Microsoft's own library without a validation error."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from drift.notices import Notice
from notifiers.teams.message import build_message
from tests.browser.cards import DESK, PHONE, ROOT, card_page, draw
from tests.browser.render import KEPT
from tests.notifiers.notices import EVERY, HOSTILE_TEXT, RIGHT_TO_LEFT, hostile

pytestmark = pytest.mark.browser

DRAWN_WITH: Final = {"DIV", "SPAN", "BUTTON"}
PNG: Final = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module", params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Yield one page per width; each card replaces the one before."""
    with card_page(request.param) as opened:
        yield opened


def written(part: Any) -> Iterator[str]:
    """Yield the paragraphs that a card holds, in order; what is empty is not shown."""
    if isinstance(part, dict):
        if part.get("type") == "RichTextBlock":
            yield squeezed("".join(run["text"] for run in part["inlines"]))
        for each in part.values():
            yield from written(each)
    if isinstance(part, list):
        for each in part:
            yield from written(each)


def squeezed(text: str) -> str:
    """Return the text with its white space as a browser shows it."""
    return " ".join(text.split())


@pytest.mark.parametrize("opening", [True, False], ids=["opening", "not opening"])
@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_a_card_is_drawn_word_for_word_and_without_a_complaint(
    page: Page, notice: Notice, opening: bool
) -> None:
    body = build_message(notice, opening=opening)

    drawn = draw(page, body)

    assert drawn.complaints == []
    assert [squeezed(each) for each in drawn.paragraphs] == [
        each for each in written(json.loads(body)) if each
    ]
    assert drawn.elements <= DRAWN_WITH
    assert drawn.fits


@pytest.mark.parametrize("text", [HOSTILE_TEXT, RIGHT_TO_LEFT])
def test_names_that_others_chose_are_shown_literally(page: Page, text: str) -> None:
    drawn = draw(page, build_message(hostile(text), opening=True))

    assert any(squeezed(f"{text} is open") in squeezed(each) for each in drawn.paragraphs)


def test_a_card_that_is_wrong_would_be_complained_of(page: Page) -> None:
    message = json.loads(build_message(EVERY["opened"], opening=True))
    message["attachments"][0]["content"]["body"].append({"type": "NoSuchElement"})

    drawn = draw(page, json.dumps(message).encode())

    assert drawn.complaints != []


def test_a_macro_left_whole_would_be_read(page: Page) -> None:
    message = json.loads(build_message(EVERY["opened"], opening=True))
    run = {"type": "TextRun", "text": "{{DATE(2026-01-01T00:00:00Z, SHORT)}}"}
    block = {"type": "RichTextBlock", "inlines": [run]}
    message["attachments"][0]["content"]["body"].append(block)

    drawn = draw(page, json.dumps(message).encode())

    assert drawn.paragraphs[-1] != run["text"]


def test_the_kept_pictures_can_be_drawn_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.browser.render", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)

    drawn = {each.name: each.read_bytes()[:8] for each in tmp_path.iterdir()}
    assert drawn == {f"{name}.png": PNG for name in KEPT}
