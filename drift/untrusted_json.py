"""Read untrusted JSON: names in any case, texts cut to a limit, and no content that can raise."""

import functools
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from drift import ids

MAX_TEXT: Final = 256
"""Maximum characters of a text: a UPN has at most 113, and a message must stay small."""

MAX_ID: Final = 2048
"""Maximum characters of an ARM id: real ids are far shorter, and a queue message holds 48 KB."""

_ORIGIN: Final = re.compile(r"https?://[^/]*", re.IGNORECASE)
_NOT_IN_IDS: Final = re.compile(r"[?#\\]|/\.{1,2}(?:/|$)")


def folded(value: object) -> dict[str, Any]:
    """Return an object, also from JSON text, with names in lower case; {} for any other value."""
    if isinstance(value, str):
        try:
            value = load(value)
        except ValueError:
            return {}
    if not isinstance(value, Mapping):
        return {}
    return {str(name).lower(): item for name, item in value.items()}


Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]
"""Builds an object from its names and values."""


class UnfitNumber(ValueError):
    """A number that is not JSON, or is out of range; ``text`` is the number as written."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(why)
        self.text = text


def load(text: str, pairs: Pairs = dict) -> Any:
    """Parse untrusted JSON; raise ValueError on invalid or too deeply nested text, and on NaN."""
    try:
        return _decoder(pairs).decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def load_at(text: str, start: int, pairs: Pairs = dict) -> tuple[Any, int]:
    """Parse the JSON value at ``start``, and return it with its end; raise ValueError."""
    try:
        return _decoder(pairs).raw_decode(text, start)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> float:
    raise UnfitNumber(constant, f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise UnfitNumber(text, "a number is out of range")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # Python limits the digits that it converts (4300 by default)
        raise UnfitNumber(text, "a number is too long") from None


_Decoder: Final = functools.partial(
    json.JSONDecoder, parse_constant=_refuse, parse_float=_finite, parse_int=_whole
)


def _decoder(pairs: Pairs) -> json.JSONDecoder:
    return _DECODER if pairs is dict else _Decoder(object_pairs_hook=pairs)


_DECODER: Final = _Decoder()


def printable(value: object, limit: int = MAX_TEXT) -> str:
    """Return a text up to ``limit`` characters without unprintable ones, "" for any other value.

    A lone surrogate, for example, cannot be stored.
    """
    if not isinstance(value, str):
        return ""
    return "".join(each for each in value[: 4 * limit] if each.isprintable()).strip()[:limit]


def arm_id(value: object) -> str:
    """Return an ARM id with one slash before it and none behind, "" for any other value."""
    if not isinstance(value, str) or len(value) > MAX_ID:
        return ""
    text = "/" + _ORIGIN.sub("", value.strip(), count=1).partition("?")[0].strip("/")
    good = text.isprintable() and ids.is_id(text) and not _NOT_IN_IDS.search(text)
    return text if good else ""


def moment_of(value: object) -> datetime | None:
    """Return an ISO 8601 time in UTC; a time without an offset is UTC; None for any other value."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip().upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
