"""Parse the NCRONTAB expressions of Azure's timers: six fields, seconds first.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import re
from dataclasses import dataclass
from typing import Final

_DAYS: Final = (
    *("sunday", "monday", "tuesday", "wednesday"),
    *("thursday", "friday", "saturday"),
)
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_PART: Final = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([0-9]+))?")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Ncrontab:
    """The times of an expression, field by field; ``weekdays`` counts from 0 for Sunday."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]


def parse_schedule(expression: str) -> Ncrontab:
    """Return the times of an expression; raise ValueError with the problem."""
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(f"it has {len(texts)} fields instead of six, seconds first")
    return Ncrontab(*(_values(text, field) for text, field in zip(texts, _FIELDS, strict=True)))


def _values(text: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, field))


def _part(part: str, field: _Field) -> range:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"its {field.name} is not *, a value, a range or a step")
    star, first, last, step = found.groups()
    low = field.low if star else _number(first, field)
    high = _number(last, field) if last else field.high if star or step else low
    if high < low:
        raise ValueError(f"its {field.name} has a range that ends before it begins")
    if step and int(step) == 0:
        raise ValueError(f"its {field.name} has a step of zero")
    return range(low, high + 1, int(step or 1))


def _number(text: str, field: _Field) -> int:
    if text.isascii() and text.isdigit() and field.low <= int(text) <= field.high:
        return int(text)
    for number, word in enumerate(field.words, field.low):
        if len(text) >= 3 and word.startswith(text.lower()):
            return number
    raise ValueError(f"its {field.name} is not in {field.low}-{field.high}")
