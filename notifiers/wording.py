"""How things are put into words, the same in every channel: times, people, values, what is PHI."""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from drift.model import MISSING, Actor, Severity
from drift.notices import Change, Closure, Found, Notice

LONGEST: Final = 20_000
"""Characters looked at; no channel shows more of one text."""

_JOINERS: Final = "\u200c\u200d"
"""Persian, the languages of India and emoji are written with them; they reorder and hide nothing."""

_UNITS: Final = ("d", "h", "min", "s")

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def verb(notice: Notice, *, opening: bool) -> str:
    """Return the word a message begins with: a first telling of what was open already is an opening."""
    match notice.change:
        case Change.OPENED:
            return "Drift"
        case Change.UPDATED:
            return "Drift" if opening else "Update"
        case Change.RESOLVED:
            return "Resolved"
        case Change.CLOSED:
            return "Closed"
        case Change.UNKNOWN:
            return "Unknown"


def ending(closure: Closure | None) -> str:
    """Return why an incident ended, in its own words: only what was fixed is told as fixed."""
    match closure:
        case Closure.FIXED:
            return "fixed"
        case Closure.DELETED:
            return "the resource was deleted"
        case Closure.MOVED:
            return "the resource was moved"
        case Closure.NO_LONGER_REQUIRED:
            return "no longer required"
        case Closure.EXCEPTED:
            return "covered by an exception"
        case None:
            return "still open"


def unnamed(found: Found) -> str:
    """Return why nobody is named: what came to light so."""
    match found:
        case Found.EVENT:
            return "first seen in this state; nobody has been named yet"
        case Found.MISSED:
            return "unknown: the sweep found it, no event told of it"
        case Found.FIRST_CONTACT:
            return "unknown: it was so when it was first looked at"


def severity(level: Severity | None) -> str:
    """Return the severity in one word."""
    return level.value if level else "unknown"


def phi(notice: Notice) -> str:
    """Return whether PHI is concerned; what cannot be proved is treated as PHI, and says so."""
    claims = {True: "PHI", False: "not PHI", None: "PHI not provable, treated as PHI"}
    return claims[notice.phi]


def mfa(actor: Actor) -> str:
    """Return whether the actor signed in with a second factor."""
    return {True: "yes", False: "no", None: "unknown"}[actor.mfa]


def person(actor: Actor | None) -> str:
    """Return an actor in one line: who, with which object id, from where, and with MFA or not."""
    if actor is None:
        return "unknown"
    origin = f"from {actor.ip or 'an unknown address'}"
    return f"{actor.name} (object id {actor.object_id or 'unknown'}, {origin}, MFA {mfa(actor)})"


def moment(at: datetime | None) -> str:
    """Return a time, always in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "unknown"


def clock(at: datetime) -> str:
    """Return the time of day alone, in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def lasting(span: timedelta) -> str:
    """Return a length of time in its two largest units, without one that is nought."""
    seconds = max(0, int(span.total_seconds()))
    counts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    told = [f"{count} {unit}" for count, unit in zip(counts, _UNITS, strict=True)]
    first = next((place for place, count in enumerate(counts) if count), len(counts) - 1)
    shown_units = range(first, min(first + 2, len(counts)))
    return " ".join(told[each] for each in shown_units if counts[each] or each == first)


def shown(value: Any) -> str:
    """Return a property's value as text: strings as they are, the rest as compact JSON."""
    if value is None or value is MISSING:
        return "not set"
    if isinstance(value, str):
        return value or '""'
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (RecursionError, TypeError, ValueError):
        return f"a {type(value).__name__} that cannot be shown"


def plain(text: str) -> str:
    """Return one line in which nothing hides: what would not be seen is shown as its code point.

    A name may hold line breaks that fake a second message, or marks that turn its neighbours
    around; the letters of every script stay as they are.
    """
    told = text[:LONGEST]
    return told if told.isprintable() else "".join(map(_visible, told))


def encodable(text: str) -> str:
    """Return the text without the half characters that JSON may smuggle in and UTF-8 cannot say."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clipped(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """Return the text, or as much of its start as measures ``limit`` with the ellipsis."""
    if len(text) <= limit and size(text) <= limit:
        return text
    least, most = 0, min(len(text), limit)
    while least < most:
        middle = (least + most + 1) // 2
        if size(f"{text[:middle]}…") <= limit:
            least = middle
        else:
            most = middle - 1
    return f"{text[:least]}…"


def json_size(text: str) -> int:
    """Return the bytes of a text in JSON, escaped as far as any encoder may escape it."""
    return len(json.dumps(text)) - 2


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    if character in "\r\n\t":
        return " "
    return f"\\u{ord(character):04x}"
