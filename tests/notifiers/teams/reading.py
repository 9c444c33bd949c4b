"""The visible parts of a card: its paragraphs, its buttons, its banner."""

import json
from collections.abc import Iterator
from typing import Any

from drift.notices import Notice
from notifiers.teams.message import build_message


def card(notice: Notice, *, opening: bool = False) -> dict[str, Any]:
    """Return the card that tells a notice."""
    message = json.loads(build_message(notice, opening=opening))
    content: dict[str, Any] = message["attachments"][0]["content"]
    return content


def elements(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a card, in the order in which they are shown."""
    if isinstance(part, dict):
        yield part
        for each in part.values():
            yield from elements(each)
    if isinstance(part, list):
        for each in part:
            yield from elements(each)


def paragraphs(notice: Notice, *, opening: bool = False) -> list[str]:
    """Return the text of each block, its runs put together as they are shown."""
    return [
        "".join(run["text"] for run in each["inlines"])
        for each in elements(card(notice, opening=opening))
        if each.get("type") == "RichTextBlock"
    ]


def buttons(notice: Notice) -> dict[str, str]:
    """Return the addresses that a card opens, by title."""
    return {each["title"]: each["url"] for each in card(notice)["actions"]}


def banner(notice: Notice) -> str:
    """Return the style of a card's banner."""
    style: str = card(notice)["body"][0]["style"]
    return style
