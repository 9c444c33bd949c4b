"""The elements of a card: text that is shown literally, facts, boxes, links.

A TextBlock reads Markdown, and Teams and the card library turn {{DATE(…)}} into a date in any text.
So every text from outside goes into TextRuns, and no run contains a whole macro.
"""

import json
import re
from typing import Any, Final

from notifiers.wording import clipped, plain

Element = dict[str, Any]

_LABEL_WIDTH: Final = "92px"

_MACRO: Final = re.compile(r"(?<=\{)(?=\{(?:DATE|TIME)\()", re.IGNORECASE)
"""Between the braces of a macro: two adjacent runs show the same text, and neither is a date."""

_MARKUP: Final = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›", "*": "∗", "`": "ˋ"})
"""Characters that Markdown interprets, and letters that look alike."""

_RUN_BYTES: Final = 140
"""Bytes that one more TextRun may take, its style included."""


def runs(text: str, **style: Any) -> list[Element]:
    """Return the runs that show a text literally."""
    return [{"type": "TextRun", "text": each, **style} for each in _MACRO.split(text)]


def paragraph(*inlines: list[Element], **layout: Any) -> Element:
    """Return a block of text made of runs."""
    return {
        "type": "RichTextBlock",
        "inlines": [run for each in inlines for run in each],
        **layout,
    }


def small(text: str, spacing: str = "None") -> Element:
    """Return a line in small, subtle letters."""
    return paragraph(runs(text, isSubtle=True, size="Small"), spacing=spacing)


def fact(label: str, *lines: Element) -> Element:
    """Return a label with its lines beside it; the label is as wide on a phone as on a desk."""
    columns = [
        {"type": "Column", "width": _LABEL_WIDTH, "items": [paragraph(runs(label, isSubtle=True))]},
        {"type": "Column", "width": "stretch", "items": list(lines)},
    ]
    return {"type": "ColumnSet", "spacing": "Small", "columns": columns}


def box(items: list[Element], **layout: Any) -> Element:
    """Return a container."""
    return {"type": "Container", "items": items, **layout}


def link(title: str, url: str) -> Element:
    """Return a button that opens an address."""
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def size(text: str) -> int:
    """Return the bytes of a text in the card's JSON, with the runs into which macros split it."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2 + _RUN_BYTES * text.count("{{")


def unmarked(text: str) -> str:
    """Return text for a field that may be read as Markdown or macros, so that it is neither."""
    return _MACRO.sub(" ", text).translate(_MARKUP)


def words(text: str, limit: int) -> str:
    """Return text as one visible line of at most so many bytes."""
    return clipped(plain(text[: limit + 1]), limit, size)
