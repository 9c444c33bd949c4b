"""A record of the evidence log, read from its line; nothing of an unknown form is believed. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from drift.evidence.log_names import ShardLog

RECORD_FORMAT: Final = "phidrift.evidence/1"

_MOST: Final = 10**9
"""The highest number that a record may have; no monitor makes as many changes."""


class BadRecord(ValueError):
    """A line is no record of this format; the message says why, and holds nothing of the line."""


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A record that its proof places in a log.

    ``sequence`` is the change of the incident that it is about, ``step`` its number in the breach clock,
    0 if it is of another kind. ``is_end``: it is a change that ended the incident.
    """

    log: ShardLog
    index: int
    kind: str
    incident: str
    at: datetime
    sequence: int
    step: int
    is_end: bool

    @classmethod
    def of(cls, log: ShardLog, index: int, line: bytes) -> Self:
        """Return the record on a line; raise BadRecord."""
        found = _object(line)
        if found.get("format") != RECORD_FORMAT:
            raise BadRecord(f"the record is not of the format {RECORD_FORMAT}")
        for name in ("uid", "resource"):
            _text(found, name)
        _text(_part(found, "control"), "id")
        kind = _text(found, "kind")
        return cls(
            log=log,
            index=index,
            kind=kind,
            incident=_text(found, "incident"),
            at=_time(found),
            sequence=_number(found, "sequence"),
            step=_number(_part(found, "step"), "number") if kind == "step" else 0,
            is_end=bool(found.get("closure")),
        )


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line, object_pairs_hook=_once, parse_constant=_no_constant)
    except BadRecord:
        raise
    except (ValueError, RecursionError):
        raise BadRecord("the record is not JSON") from None
    if not isinstance(found, dict):
        raise BadRecord("the record is not an object")
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse a name that stands twice, which each reader may read otherwise."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRecord("the record has a name twice")
    return found


def _no_constant(_: str) -> None:
    raise BadRecord("the record has a number that JSON does not know")


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    if not isinstance(value, dict):
        raise BadRecord(f"the record has no {name}")
    return value


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise BadRecord(f"the record has no {name}")
    return value


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST:
        raise BadRecord(f"the record has no {name}, or it is not a number from 1")
    return value


def _time(found: Mapping[str, Any]) -> datetime:
    at = time_of(found.get("at"))
    if at is None:
        raise BadRecord("the record has no time with a zone (at)")
    return at


def time_of(text: object) -> datetime | None:
    """Return a time with its zone, None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
