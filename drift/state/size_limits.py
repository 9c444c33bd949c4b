"""Limit the size of reasons and evidence: a rule may list thousands of prefixes or containers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from drift.model import Evidence
from drift.notices import Difference

LONGEST: Final = 4000
"""Characters of a reason; a channel shortens further to what it can show."""

_MOST_CHARACTERS: Final = 1500
"""JSON characters of one value; a longer one is shown by its beginning and counted."""

_MOST_ITEMS: Final = 20
_MOST_EVIDENCE: Final = 40

_MOST_STORED: Final = 400_000
"""JSON characters of all evidence that an incident keeps; its row holds 1 MiB, compressed."""


def bounded(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return evidence short enough to report; its last item counts the omitted items."""
    shown = tuple(replace(each, value=shortened(each.value)) for each in evidence[:_MOST_EVIDENCE])
    left = len(evidence) - _MOST_EVIDENCE
    return (*shown, Evidence("…", f"{left} more", "")) if left > 0 else shown


def storable(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return as much of the evidence as one row can hold."""
    kept: list[Evidence] = []
    left = _MOST_STORED
    for each in evidence:
        short = replace(each, value=shortened(each.value))
        left -= len(each.path) + len(each.expected) + _size(short.value)
        if left < 0:
            break
        kept.append(short)
    return tuple(kept)


def bounded_lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return lines short and few enough to report; the last one counts the rest."""
    shown = tuple(each[:LONGEST] for each in lines[:_MOST_ITEMS])
    left = len(lines) - _MOST_ITEMS
    return (*shown, f"… and {left} more") if left > 0 else shown


def bounded_difference(difference: Difference) -> Difference:
    """Return a difference whose sides are short enough to report."""
    before, after = shortened(difference.before), shortened(difference.after)
    return replace(difference, before=before, after=after)


def shortened(value: Any) -> Any:
    """Return a short value unchanged, otherwise its beginning and the size of the omitted rest."""
    if _size(value) <= _MOST_CHARACTERS:
        return value
    part = _part(value)
    return part if _size(part) <= 2 * _MOST_CHARACTERS else f"{_text(value)[:_MOST_CHARACTERS]}…"


def _part(value: Any) -> Any:
    """Return the first items of a structure, or the beginning of a text."""
    if isinstance(value, Mapping):
        first = list(value.items())[:_MOST_ITEMS]
        return {str(name)[:200]: shortened(item) for name, item in first}
    if isinstance(value, list | tuple):
        left = len(value) - _MOST_ITEMS
        shown = [shortened(item) for item in value[:_MOST_ITEMS]]
        return [*shown, f"… and {left} more"] if left > 0 else shown
    return f"{str(value)[:_MOST_CHARACTERS]}…"


def _size(value: Any) -> int:
    return len(_text(value))


def _text(value: Any) -> str:
    return json.dumps(value, default=str)
