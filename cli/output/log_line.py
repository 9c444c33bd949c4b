"""The readable line of an event of the decision log: what a person needs of it; the JSON format has all."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from drift.trace import written

_HIDDEN: Final = frozenset({"hash", "version", "config", "number", "began"})
"""Fields that only a machine compares, or that others say too."""

_TIMES_OF_A_CHANGE: Final = frozenset({"event_at", "read_at", "decided_at"})

_HIDDEN_IN: Final[Mapping[str, frozenset[str]]] = {
    "event-accepted": frozenset({"type", "messages"}),
    "event-admitted": frozenset({"operation"}),
    "evaluation": frozenset({"event_at"}),
    "decision": frozenset({"outcome", "found", "failed_at", "opened_at", "closed_at"}),
    "delivery-sent": _TIMES_OF_A_CHANGE,
    "delivery-failed": _TIMES_OF_A_CHANGE,
    "delivery-rejected": _TIMES_OF_A_CHANGE,
}
"""Fields that an earlier line of the same event or incident has."""

_WHOLE_ID_IN: Final = frozenset(
    {"event-accepted", "event-left-out", "read-failed", "row-not-shown"}
)
"""Events whose line has the whole id of the resource, for ``phidrift explain``."""

_USUAL_PROOFS: Final = frozenset({"too_early", "proved"})
"""The line ``reread-due`` says that a read was too early, ``decision`` what a proof led to."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_LONG_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,64}")
_SHORT: Final = 8
_RESOURCE: Final = re.compile(
    r"/subscriptions/[^/]+(?:/resourcegroups/(?P<group>[^/]+))?/providers/[^/]+/(?P<name>.+)",
    re.IGNORECASE,
)


def is_for_people(event: str, fields: Mapping[str, object]) -> bool:
    """Tell whether the readable log has a line for an event."""
    return event != "proof" or fields.get("proof") not in _USUAL_PROOFS


def readable_line(event: str, fields: Mapping[str, object], day: str) -> str:
    """Return an event with its fields on one line: ids by their beginnings, times in local time.

    ``day`` is the local date of the line; a time of another day has its date.
    """
    hidden = _HIDDEN | _HIDDEN_IN.get(event, frozenset())
    is_whole = event in _WHOLE_ID_IN
    parts = [
        f" {name}={written(_shorter(value, day, is_whole=is_whole))}"
        for name, value in fields.items()
        if name not in hidden
    ]
    return event + "".join(parts)


def _shorter(value: object, day: str, *, is_whole: bool) -> object:
    if not isinstance(value, str):
        return value
    if _TIME.fullmatch(value):
        return _local(value, day)
    if is_whole:
        return value
    if _LONG_ID.fullmatch(value):
        return value[:_SHORT]
    if found := _RESOURCE.fullmatch(value):
        group, name = found["group"], found["name"]
        return f"{group}/{name}" if group else name
    return value


def _local(text: str, day: str) -> str:
    at = datetime.fromisoformat(text).astimezone()
    clock = at.isoformat(sep=" ", timespec="milliseconds")
    return clock[11:23] if clock.startswith(day) else clock
