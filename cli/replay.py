"""``phidrift replay``: post recorded events to a running serve, one by one, as Event Grid would."""

import argparse
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from cli.addresses import HOST, base_address, no_answer
from cli.offline.json_documents import BadLine, Item, items, read
from drift.untrusted_json import folded, printable

WEBHOOK: Final = "/runtime/webhooks/EventGrid?functionName=resource_changed"
TIMEOUT: Final = 35
"""Seconds; Event Grid itself waits 30 for an answer."""

_NO_EVENT: Final = "Not an Event Grid or CloudEvents event (no eventType or specversion)."
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
    """Post every event; print each answer and a summary."""
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
    if not lines:
        print(f"phidrift replay: {args.file}: it has no events", file=sys.stderr)
        return 2
    answers = _replayed([_fresh(each) for each in events] if args.fresh else events, url)
    print(_summary(answers), flush=True)
    lost = next((each.lost for each in answers if each.lost), "")
    if lost:
        print(f"phidrift replay: {lost}", file=sys.stderr)
    if any(each.is_refused for each in answers):
        print("phidrift replay: the log of serve says why an event was refused", file=sys.stderr)
    if bad:
        return 2
    return 0 if all(each.is_accepted for each in answers) else 1


@dataclass(frozen=True, slots=True)
class ReplayAnswer:
    """The status of an answer, 0 where there was none; then ``lost`` says why, and what to do."""

    status: int
    lost: str = ""

    @property
    def is_accepted(self) -> bool:
        """Tell whether the event was accepted."""
        return 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Tell whether there was an answer and the event was not taken."""
        return not (self.is_accepted or self.lost)


def _summary(answers: Sequence[ReplayAnswer]) -> str:
    count = "1 event" if len(answers) == 1 else f"{len(answers)} events"
    accepted = sum(each.is_accepted for each in answers)
    lost = sum(bool(each.lost) for each in answers)
    unanswered = f", {lost} not answered" if lost else ""
    refused = sum(each.is_refused for each in answers)
    return f"{count}: {accepted} accepted, {refused} refused{unanswered}"


def _event(found: Item | BadLine) -> Item | BadLine:
    """Tell an event from any other object by its type, under the name that each schema gives it."""
    if isinstance(found, BadLine):
        return found
    fields = folded(found.value)
    is_event = "eventtype" in fields or "specversion" in fields
    return found if is_event and _type(found.value) else BadLine(found.line, _NO_EVENT)


def address(to: str) -> str:
    """Return where to post, the webhook's own path if none is given; raise BadSettings."""
    base = base_address(to)
    return base if urlsplit(base).path.strip("/") else f"{base.rstrip('/')}{WEBHOOK}"


def _replayed(events: Sequence[Mapping[str, Any]], url: str) -> list[ReplayAnswer]:
    """Post the events in order, print each answer, and return them."""
    answers = []
    with requests.Session() as session:
        session.trust_env = urlsplit(url).scheme == "https"  # no proxy leads to this machine
        for event in events:
            answer = _posted(session, url, event)
            answers.append(answer)
            print(f"{answer.status or 'no answer'}  {_shown(event)}")
    return answers


def _posted(session: requests.Session, url: str, event: Mapping[str, Any]) -> ReplayAnswer:
    validation = _type(event).lower() == _VALIDATION
    headers = {"aeg-event-type": "SubscriptionValidation" if validation else "Notification"}
    try:
        answer = session.post(
            url, json=event, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
    except OSError as error:  # errors of requests, and those of a CA bundle
        return ReplayAnswer(0, no_answer(url, error))
    return ReplayAnswer(answer.status_code)


def _type(event: Mapping[str, Any]) -> str:
    fields = folded(event)
    return printable(fields.get("eventtype")) or printable(fields.get("type"))


def _shown(event: Mapping[str, Any]) -> str:
    return f"{_type(event)}  {printable(folded(event).get('subject'), 500)}"


def _fresh(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with a new id and the present time: the monitor ignores duplicates."""
    now = datetime.now(UTC).isoformat()
    renewed = {name: now for name in event if name.lower() in ("eventtime", "time")}
    return event | renewed | {"id": str(uuid.uuid4())}
