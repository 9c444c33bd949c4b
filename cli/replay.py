"""``phidrift replay``: post recorded events to a running serve, one by one, as Event Grid would."""

import argparse
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from cli.offline.json_documents import BadLine, Item, items, read
from drift.config.env_values import Values
from drift.errors import BadSettings
from drift.untrusted_json import folded, printable

HOST: Final = "http://localhost:7071"
WEBHOOK: Final = "/runtime/webhooks/EventGrid?functionName=resource_changed"
TIMEOUT: Final = 35
"""Seconds; Event Grid itself waits 30 for an answer."""

_VALIDATION: Final = "microsoft.eventgrid.subscriptionvalidationevent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "FILE holds one event, an array, or JSON lines, in Event Grid's schema or as CloudEvents; "
        "- is standard input. Exit code: 0 all accepted, 1 any refused or not answered, 2 bad input."
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--to",
        metavar="URL",
        default=HOST,
        help=f"https, or http on this machine ({HOST}{WEBHOOK})",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="give each event a new id and the present time"
    )


def run(args: argparse.Namespace) -> int:
    """Post every event, print each answer and a summary."""
    url = address(args.to)
    try:
        found = items(read(args.file))
    except OSError as error:
        print(f"phidrift replay: {args.file}: {error.strerror}", file=sys.stderr)
        return 2
    lines = [_event(each) for each in found]
    bad = [each for each in lines if isinstance(each, BadLine)]
    for each in bad:
        print(f"phidrift replay: line {each.line}: {each.why}", file=sys.stderr)
    events = [each.value for each in lines if isinstance(each, Item)]
    accepted = _replayed([_fresh(each) for each in events] if args.fresh else events, url)
    count = "1 event" if len(events) == 1 else f"{len(events)} events"
    print(f"{count}: {accepted} accepted, {len(events) - accepted} refused")
    if bad:
        return 2
    return 0 if accepted == len(events) else 1


def _event(found: Item | BadLine) -> Item | BadLine:
    """Tell an event from any other object: by its type, under the name that either schema has."""
    if isinstance(found, BadLine):
        return found
    fields = folded(found.value)
    is_event = "eventtype" in fields or "specversion" in fields
    return found if is_event and _type(found.value) else BadLine(found.line, "it is no event")


def address(to: str) -> str:
    """Return where to post, the webhook's own path where none is given; raise BadSettings."""
    values = Values({"--to": to})
    values.local_or_https("--to")
    if values.problems:
        raise BadSettings(tuple(values.problems))
    return to if urlsplit(to).path.strip("/") else f"{to.rstrip('/')}{WEBHOOK}"


def _replayed(events: list[dict[str, Any]], url: str) -> int:
    """Post the events in order and return how many were accepted."""
    accepted = 0
    with requests.Session() as session:
        session.trust_env = urlsplit(url).scheme == "https"  # no proxy stands before this machine
        for event in events:
            answer = _posted(session, url, event)
            accepted += answer.isdigit() and answer.startswith("2")
            print(f"{answer}  {_told(event)}")
    return accepted


def _posted(session: requests.Session, url: str, event: Mapping[str, Any]) -> str:
    """Return the status of the answer, or why there is none."""
    validation = _type(event).lower() == _VALIDATION
    headers = {"aeg-event-type": "SubscriptionValidation" if validation else "Notification"}
    try:
        return str(
            session.post(
                url, json=event, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ).status_code
        )
    except OSError as error:  # what requests raises, and what it lets pass of a CA bundle
        return f"no answer ({type(error).__name__})"


def _type(event: Mapping[str, Any]) -> str:
    fields = folded(event)
    return printable(fields.get("eventtype")) or printable(fields.get("type"))


def _told(event: Mapping[str, Any]) -> str:
    return f"{_type(event)}  {printable(folded(event).get('subject'), 500)}"


def _fresh(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event as if it happened now; without this the monitor knows it from last time."""
    now = datetime.now(UTC).isoformat()
    renewed = {name: now for name in event if name.lower() in ("eventtime", "time")}
    return event | renewed | {"id": str(uuid.uuid4())}
