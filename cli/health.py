"""``phidrift health``: print the status and the figures of ``/api/health`` of a running serve."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests

from cli.addresses import HOST, base_address, no_answer
from drift.untrusted_json import load, printable

PATH: Final = "/api/health"

_OK: Final = "ok"
_DEGRADED: Final = "degraded"
_UNREACHABLE: Final = "unreachable"
_SECONDS: Final = 15
_CLOCKS_DIFFER: Final = 5
"""Seconds by which two clocks may differ."""

_QUEUE: Final = ("waiting", "running", "poison")
_NAMES: Final[Mapping[str, str]] = {
    "lastEvent": "last event of a monitored subscription",
    "due": "due work that tick has not taken yet",
    "undelivered": "messages that are not delivered",
    "undeliveredOld": "of these, given up at least held_hours ago, or "
    "the channel has had no settings for so long (they do not degrade the status)",
    "unknown": "unknown verdicts without an exception",
    "blind": "subscriptions and providers that cannot be read",
    "notUnderstood": "messages and changes of another version that wait for it",
    "oldestUndelivered": "longest wait of a change for a channel",
    "lastSweep": "last complete sweep",
    "accepted": "unknown verdicts with an exception",
    "evidenceWaiting": "records that wait for the evidence log",
    "evidenceRefused": "partitions (of 16) whose evidence log cannot be written or signed",
    "version": "version",
}
"""The names of the figures in a terminal; docs/formats.md explains each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "Exit code: 0 the status is ok; 1 it is degraded, or no monitor answers; 2 wrong usage."
    )
    parser.add_argument(
        "--to", metavar="URL", default=HOST, help=f"https, or http on this machine ({HOST})"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the figures; 0 only if the status is ok."""
    url = address(args.to)
    answer = fetched(url)
    if args.json:
        print(json.dumps(answer, indent=2))
    elif answer["status"] == _UNREACHABLE:
        print(f"phidrift health: {answer['error']}", file=sys.stderr)
    else:
        print("\n".join(lines(answer, datetime.now(UTC))))
    return int(answer["status"] != _OK)


def address(to: str) -> str:
    """Return the address of the figures; raise BadSettings."""
    parts = urlsplit(base_address(to))
    return to if parts.path.strip("/") else urlunsplit(parts._replace(path=PATH))


def fetched(url: str) -> Mapping[str, Any]:
    """Return the answer, or an object with status ``unreachable`` whose ``error`` says why."""
    try:
        with requests.Session() as session:
            session.trust_env = urlsplit(url).scheme == "https"  # no proxy leads to this machine
            answer = session.get(url, timeout=_SECONDS, allow_redirects=False)
            code, text = answer.status_code, answer.text
    except OSError as error:
        return _unreachable(url, no_answer(url, error))
    if code != requests.codes.ok:
        return _unreachable(url, f"{_shown(url)} answers HTTP {code}")
    try:
        figures = load(text)
    except ValueError:
        figures = None
    if not isinstance(figures, dict) or figures.get("status") not in (_OK, _DEGRADED):
        return _unreachable(url, f"{_shown(url)} answers, but not as a monitor does")
    return figures


def _unreachable(url: str, error: str) -> Mapping[str, Any]:
    return {"status": _UNREACHABLE, "url": _shown(url), "error": error}


def _shown(url: str) -> str:
    """Return an address without its query, which may hold a function key."""
    return printable(urlunsplit(urlsplit(url)._replace(query="", fragment="")))


def lines(figures: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """Yield the status, then each figure; an unknown figure is shown unchanged."""
    yield f"status: {figures['status']}"
    if figures.get("due", 0) is None:
        yield "the state store does not answer: `phidrift doctor` names what is missing"
    yield from _queues(figures.get("queues"))
    for name, value in figures.items():
        if name in ("status", "queues"):
            continue
        shown = _NAMES.get(name, printable(name))
        match name, value:
            case "lastEvent", _:
                yield f"{shown}: {_at(value, now, 'none yet, or not readable')}"
            case "oldestUndelivered", int() | float():
                yield f"{shown}: {_length(value) if value else 'none'}"
            case "lastSweep", Mapping():
                for subscription, at in value.items():
                    text = _at(at, now, "none yet, or its time is not readable")
                    yield f"{shown} of {printable(str(subscription))}: {text}"
            case _:
                yield f"{shown}: {_value(value)}"


def _queues(queues: object) -> Iterator[str]:
    for name, queue in sorted(queues.items()) if isinstance(queues, Mapping) else ():
        counts = queue if isinstance(queue, Mapping) else {}
        text = ", ".join(_count(counts.get(each), each) for each in _QUEUE)
        yield f"queue {printable(name)}: {text}"


def _count(value: object, name: str) -> str:
    return f"{name} not known" if value is None else f"{_value(value)} {name}"


def _at(value: object, now: datetime, absent: str) -> str:
    """Return a time with its age."""
    if value is None:
        return absent
    age = _age(value, now)
    return f"{_value(value)} ({age})" if age else _value(value)


def _value(value: object) -> str:
    match value:
        case None:
            return "not known"
        case []:
            return "none"
        case list():
            return ", ".join(map(_value, value))
        case str():
            return printable(value, 500)
        case _:
            return printable(json.dumps(value), 2000)


def _age(value: object, now: datetime) -> str:
    """Return how long ago a time was, "" where that is not known."""
    try:
        seconds = (now - datetime.fromisoformat(str(value))).total_seconds()
    except (TypeError, ValueError):
        return ""
    if seconds < -_CLOCKS_DIFFER:
        return "in the future: a clock was ahead, or this one is behind"
    return f"{_length(seconds)} ago"


def _length(seconds: float) -> str:
    """Return a length of time in its largest unit."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"
