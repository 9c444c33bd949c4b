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
_OUTCOMES: Final = (Stage.LOW_PROBABILITY, Stage.BREACH, Stage.NOTIFIED)

_EACH: Final = ("by", "reason")

_REQUIRED: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.SUSPECT: _EACH,
    Action.DISCOVER: (*_EACH, "basis"),
    Action.ASSESS: (*_EACH, "factor"),
    Action.COUNT: _EACH,
    Action.DELAY: (*_EACH, "official", "stated_on"),
    Action.DECIDE: (*_EACH, "outcome"),
    Action.NOTIFIED: (*_EACH, "recipient", "on"),
}

_OPTIONAL: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.DISCOVER: ("known_at", "known_by"),
    Action.ASSESS: ("evidence",),
    Action.COUNT: ("total", "residents"),
    Action.DELAY: ("written", "until"),
    Action.NOTIFIED: ("state",),
}

_EVERY: Final = tuple(
    dict.fromkeys(
        name for table in (_REQUIRED, _OPTIONAL) for names in table.values() for name in names
    )
)


def add_step_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of all steps."""
    group = parser.add_argument_group("options of a step in the breach clock")
    group.add_argument("--by", metavar="NAME", help="for each: who decides")
    group.add_argument(
        "--reason",
        metavar="TEXT",
        help="for each: why; for assess: what was found. Write no PHI here",
    )
    group.add_argument(
        "--basis",
        choices=_words(Basis),
        help="for discover: how access is known",
    )
    group.add_argument(
        "--known-at", metavar="TIME", help="for discover: when somebody knew before the first alert"
    )
    group.add_argument(
        "--known-by", choices=_words(Knower), help="for discover: who knew (default: workforce)"
    )
    group.add_argument("--factor", choices=_words(Factor), help="for assess: the factor")
    group.add_argument(
        "--evidence", metavar="REFERENCE", action="append", help="for assess; may be repeated"
    )
    group.add_argument("--total", metavar="N", help="for count: individuals in total")
    group.add_argument(
        "--residents",
        metavar="STATE=N",
        action="append",
        help="for count: individuals of a State, such as CA=12; may be repeated",
    )
    group.add_argument("--official", metavar="NAME", help="for delay: of law enforcement")
    group.add_argument("--stated-on", metavar="DATE", help="for delay: the day of the statement")
    group.add_argument(
        "--written",
        action="store_true",
        default=None,
        help="for delay: the statement is written, not oral",
    )
    group.add_argument(
        "--until", metavar="DATE", help="for delay: the end that the statement names"
    )
    group.add_argument("--outcome", choices=_words(_OUTCOMES), help="for decide: what is decided")
    group.add_argument("--recipient", choices=_words(Recipient), help="for notified: who")
    group.add_argument("--on", metavar="DATE", help="for notified: the day of the notice")
    group.add_argument("--state", metavar="STATE", help="for notified: one State alone, such as CA")


def step_of(args: argparse.Namespace, now: datetime) -> ClockStep | None:
    """Return the step that the arguments name, None for other actions; raise BadSettings."""
    action = next((each for each in Action if each.value == args.action), None)
    given = {name for name in _EVERY if getattr(args, name) is not None}
    required = _REQUIRED[action] if action else ()
    allowed = {*required, *(_OPTIONAL.get(action, ()) if action else ())}
    command = f"`phidrift incidents {args.action}`"
    problems = [f"{command} takes no {_option(each)}" for each in _EVERY if each in given - allowed]
    problems += [f"{command} needs {_option(each)}" for each in required if each not in given]
    if action is Action.COUNT and not given & {"total", "residents"}:
        problems.append(f"{command} needs --total or --residents")
    if problems:
        raise BadSettings(tuple(problems))
    return ClockStep(action=action, at=now, **_fields(args, now)) if action else None


def _fields(args: argparse.Namespace, now: datetime) -> dict[str, Any]:
    problems: list[str] = []

    def read(name: str, parse: Any) -> Any:
        text = getattr(args, name)
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
        "written": bool(args.written),
        "until": read("until", _day),
        "outcome": read("outcome", _member(Stage)),
        "recipient": read("recipient", _member(Recipient)),
        "state": read("state", _state) or "",
        "notified_on": read("on", lambda text: _past_day(text, now)),
    }
    if args.known_by is not None and args.known_at is None:
        problems.append("--known-by needs --known-at")
    if problems:
        raise BadSettings(tuple(problems))
    return fields


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _words(kind: Any) -> tuple[str, ...]:
    return tuple(each.value.replace("_", "-") for each in kind)


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
