"""The words for times, people, values and PHI that all channels share."""

import json
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from drift.clock import bounds
from drift.model import MISSING, Actor, Severity
from drift.notices import Change, Closure, Found, Notice, Standing
from drift.outbox.actor_names import shown_name

LONGEST: Final = 20_000
"""Maximum number of characters read of a text; no channel shows more."""

_JOINERS: Final = "\u200c\u200d"
"""Persian, the languages of India and emoji need them; they neither reorder nor hide text."""

_UNITS: Final = ("d", "h", "min", "s")

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def verb(notice: Notice, *, opening: bool) -> str:
    """Return the first word of a message; the first message on a channel is an opening there."""
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
    """Return why an incident ended; only a repair is called fixed."""
    match closure:
        case Closure.FIXED:
            return "fixed"
        case Closure.DELETED:
            return "the resource was deleted"
        case Closure.MOVED:
            return "the resource was moved"
        case Closure.NO_LONGER_REQUIRED:
            return "no longer required"
        case Closure.UNWATCHED:
            return "no longer watched"
        case Closure.EXCEPTED:
            return "covered by an exception"
        case None:
            return "still open"


def unnamed(found: Found) -> str:
    """Return why no actor is named."""
    match found:
        case Found.EVENT:
            return "Actor not known yet."
        case Found.MISSED:
            return "Actor unknown: the scheduled scan found it; no event reported the change."
        case Found.FIRST_CONTACT:
            return "Actor unknown: the setting had this value already in the first scan."


def how_found(found: Found) -> str:
    """Return how the failure was found."""
    match found:
        case Found.EVENT:
            return "by an event"
        case Found.MISSED:
            return "by the scheduled scan; no event reported the change"
        case Found.FIRST_CONTACT:
            return "existing, found in the first scan"


def severity(level: Severity | None) -> str:
    """Return the severity in one word."""
    return level.value if level else "unknown"


def phi(notice: Notice) -> str:
    """Return whether the resource holds PHI; an unknown status is treated as PHI, and says so."""
    claims = {True: "PHI", False: "not PHI", None: "PHI status unknown, treated as PHI"}
    return claims[notice.phi]


def access(notice: Notice) -> str:
    """Return whether anybody used the resource while it was exposed, "" if that was not asked."""
    return f"{notice.access.value}: {notice.exposure}" if notice.access else ""


def mfa(actor: Actor) -> str:
    """Return whether the actor signed in with a second factor."""
    return {True: "yes", False: "no", None: "unknown"}[actor.mfa]


def person(actor: Actor | None) -> str:
    """Return an actor in one line: name, object id, address, MFA."""
    if actor is None:
        return "unknown"
    origin = "; ".join(origins(actor))
    about = f"object id {actor.object_id or 'unknown'}, from {origin}, MFA {mfa(actor)}"
    return f"{shown_name(actor)} ({about})"


def origins(actor: Actor) -> tuple[str, ...]:
    """Return the address of the request, and of a sign-in from elsewhere, which may mean a stolen token."""
    if actor.ip_is_sign_in:
        return (f"{actor.ip} (address of the sign-in; that of the request is not known)",)
    request = actor.ip or "an unknown address"
    if not actor.sign_in_ip or _is_same_address(actor.sign_in_ip, actor.ip):
        return (request,)
    return request, f"signed in from another address: {actor.sign_in_ip}"


def _is_same_address(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return one == other


def people(notice: Notice) -> str:
    """Return the possible actors of a change in one line, without claiming more than is known."""
    everyone = "; ".join(person(each) for each in (notice.changed_by, *notice.others))
    ended = notice.closure is not None
    match notice.part:
        case Standing.LIKELY:
            return f"most likely {everyone}"
        case Standing.SEVERAL:
            return f"one of: {everyone}"
        case Standing.LAST_WRITER:
            return f"{'' if ended else 'first seen; '}last written by {everyone}"
        case _:
            return everyone


def moment(at: datetime | None) -> str:
    """Return a time, always in UTC."""
    return f"{bounds.in_utc(at):%Y-%m-%d %H:%M:%S} UTC" if at else "unknown"


def clock(at: datetime) -> str:
    """Return the time of day alone, in UTC."""
    return f"{bounds.in_utc(at):%H:%M:%S}"


def lasting(span: timedelta) -> str:
    """Return a length of time in its two largest units, without a unit that is zero."""
    seconds = max(0, int(span.total_seconds()))
    counts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    parts = [f"{count} {unit}" for count, unit in zip(counts, _UNITS, strict=True)]
    first = next((place for place, count in enumerate(counts) if count), len(counts) - 1)
    shown_units = range(first, min(first + 2, len(counts)))
    return " ".join(parts[each] for each in shown_units if counts[each] or each == first)


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
    """Return one line in which invisible characters are shown as their code points.

    A name may hold line breaks that fake a second message, or marks that reverse the text around
    them. The letters of every script stay as they are.
    """
    parts = text[:LONGEST]
    return parts if parts.isprintable() else "".join(map(_visible, parts))


def encodable(text: str) -> str:
    """Return the text without unpaired surrogates, which JSON may carry and UTF-8 cannot encode."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clipped(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """Return the text, or its start and an ellipsis that together measure at most ``limit``."""
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
    """Return the bytes of a text in JSON with all non-ASCII characters escaped."""
    return len(json.dumps(text)) - 2


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    if character in "\r\n\t":
        return " "
    return f"\\u{ord(character):04x}"
