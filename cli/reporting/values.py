"""How a report shows times, spans and values."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from drift.clock import bounds
from drift.model import Actor
from drift.outbox.actor_names import shown_name

UNKNOWN: Final = "not known"
_SHOWN: Final = 2000
_UNITS: Final = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def time_data(at: datetime | None) -> str | None:
    """Return a time as JSON has it: ISO 8601 in UTC."""
    if at is None:
        return None
    return bounds.in_utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_text(text: str | None) -> str:
    """Return a time of the JSON as a person reads it."""
    if not text:
        return UNKNOWN
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span_text(seconds: float | None) -> str:
    """Return a span in its two largest units."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds)
    for length, name, part, part_name in _UNITS:
        if whole >= length:
            rest = whole % length // part
            return (
                f"{whole // length} {name} {rest} {part_name}"
                if rest
                else f"{whole // length} {name}"
            )
    return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"


def actor_data(actor: Actor | None) -> Mapping[str, Any] | None:
    """Return the names and ids of an actor as in the evidence log, without other claims of a token."""
    if actor is None:
        return None
    return {
        "name": actor.name,
        "shown": shown_name(actor),
        "objectId": actor.object_id,
        "appId": actor.app_id,
        "ip": actor.ip,
    }


def actor_text(data: Mapping[str, Any] | None) -> str:
    """Return an actor and the address."""
    if data is None:
        return UNKNOWN
    return f"{data['shown']} from {data['ip']}" if data["ip"] else str(data["shown"])


def value_text(value: object) -> str:
    """Return a property's value; one that is absent says so."""
    if value is None:
        return "(absent or not read)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def number(count: int, one: str) -> str:
    """Return a number with its noun."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def words(text: str) -> str:
    """Return the name of a value as words."""
    return text.replace("_", " ")
