"""Read one step of a breach clock from the options of `phidrift incidents`."""

import argparse
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from drift.breach.clock import Basis, Factor, Knower, Stage
from drift.breach.deadlines import Recipient
from drift.breach_clock.record import Action, ClockStep
from drift.config.breach_toml import STATES
from drift.errors import BadSettings
from drift.untrusted_json import printable

_LONGEST: Final = 4000
_SHOWN: Final = 100
_MOST_EVIDENCE: Final = 100


def step_of(args: argparse.Namespace, now: datetime) -> ClockStep | None:
    """Return the step that the arguments name, None for other actions; raise BadSettings."""
    action = next((each for each in Action if each.value == args.action), None)
    if action is None:
        return None
    if action is Action.COUNT and not (args.total or args.residents):
        raise BadSettings(("`phidrift incidents count` needs --total or --residents",))
    return ClockStep(action=action, at=now, **_fields(vars(args), now))


def _fields(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    problems: list[str] = []

    def read(name: str, parse: Any) -> Any:
        text = given.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            problems.append(f"{_option(name)}: {error}")
            return None

    fields = {
        "by": read("by", _text),
        "reason": read("reason", _text),
        "basis": read("basis", _member(Basis)),
        "known_at": read("known_at", lambda text: _past_time(text, now)),
        "known_by": read("known_by", _member(Knower)),
        "factor": read("factor", _member(Factor)),
        "evidence": read("evidence", _references) or (),
        "total": read("total", _number),
        "by_state": read("residents", _residents),
        "official": read("official", _text) or "",
        "stated_on": read("stated_on", lambda text: _past_day(text, now)),
        "written": bool(given.get("written")),
        "until": read("until", _day),
        "outcome": read("outcome", _member(Stage)),
        "recipient": read("recipient", _member(Recipient)),
        "state": read("state", _state) or "",
        "notified_on": read("on", lambda text: _past_day(text, now)),
    }
    if given.get("known_by") and given.get("known_at") is None:
        problems.append("--known-by needs --known-at")
    if problems:
        raise BadSettings(tuple(problems))
    return fields


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _member(kind: Any) -> Any:
    return lambda text: kind(text.replace("-", "_"))


def _text(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST:
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    return text.strip()


def _references(texts: list[str]) -> tuple[str, ...]:
    if len(texts) > _MOST_EVIDENCE:
        raise ValueError(f"at most {_MOST_EVIDENCE} references")
    return tuple(map(_text, texts))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{printable(text, _SHOWN)} is not a whole number")
    return int(text)


def _residents(texts: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in texts:
        state, _, number = each.partition("=")
        if _state(state) in found:
            raise ValueError(f"{state} is given twice")
        found[state] = _number(number)
    return found


def _state(text: str) -> str:
    if text not in STATES:
        named = printable(text, _SHOWN)
        raise ValueError(f"{named} is not the postal abbreviation of a State, such as CA")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        named = printable(text, _SHOWN)
        raise ValueError(f"{named} is not a date such as 2026-11-22") from None


def _past_day(text: str, now: datetime) -> date:
    """Return a date; refuse one that has not begun anywhere on Earth."""
    day = _day(text)
    if (day - now.astimezone(UTC).date()).days > 1:
        raise ValueError(f"{day} is in the future")
    return day


def _past_time(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        named = printable(text, _SHOWN)
        raise ValueError(f"{named} is not a time with its zone, such as 2026-11-22T09:02+00:00")
    if at > now:
        raise ValueError(f"{at.isoformat()} is in the future")
    return at
