"""The messages that the sandbox's channels received, read back from the raw requests."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from drift import ids
from sandbox.channels.sink import Received
from sandbox.world import Sandbox

OPENED: Final = "Drift"
UPDATED: Final = "Update"
ENDED: Final = ("Resolved", "Closed")

_ACTIVITIES: Final = {1: OPENED, 2: UPDATED, 3: "Resolved"}
_ACTIONS: Final = {"trigger": OPENED, "resolve": "Resolved"}


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One request that a channel accepted: ``verb`` is Drift, Update, Resolved or Closed."""

    channel: str
    at: datetime
    verb: str
    text: str = field(repr=False)

    def is_about(self, control: str, resource: str) -> bool:
        """Tell whether the message names this control and this resource."""
        return control in self.text and ids.name_of(resource) in self.text


def received_messages(sandbox: Sandbox) -> list[ReceivedMessage]:
    """Return what all channels have accepted so far, in the order of arrival."""
    sinks = {
        "teams": sandbox.teams,
        "pagerduty": sandbox.pagerduty,
        "splunk": sandbox.splunk,
        "sentinel": sandbox.sentinel,
        "eventgrid_topic": sandbox.topic,
        "webhook": sandbox.webhook,
    }
    found = [_message(name, each) for name, sink in sinks.items() for each in sink.accepted]
    return sorted(found, key=lambda each: each.at)


def refused(sandbox: Sandbox) -> int:
    """Return how many requests the channels refused."""
    return sum(len(each.rejected) for each in sandbox.sinks)


def findings(sandbox: Sandbox) -> list[Mapping[str, Any]]:
    """Return the findings that Splunk accepted."""
    return [each["event"] for each in sandbox.splunk.bodies()]


@functools.lru_cache(maxsize=4096)
def _message(channel: str, received: Received) -> ReceivedMessage:
    """Read one message; the result is cached, because waiting for a message reads all of them repeatedly."""
    text = json.dumps(received.body, ensure_ascii=False)
    return ReceivedMessage(channel, received.at, _VERBS[channel](received.body), text)


def _verb_of_finding(body: Mapping[str, Any]) -> str:
    return _ACTIVITIES[body["activity_id"]]


def _verb_of_card(body: Mapping[str, Any]) -> str:
    return _first_text(body["attachments"][0]["content"]).split(" ")[0].rstrip(":")


def _verb_of_event(body: Mapping[str, Any]) -> str:
    """Return the verb of a PagerDuty event; a second trigger of an open incident is an update."""
    summary = str(body.get("payload", {}).get("summary", ""))
    return UPDATED if summary.startswith(UPDATED) else _ACTIONS[body["event_action"]]


def _first_text(element: Any) -> str:
    """Return the first text of a card, in reading order."""
    if isinstance(element, Mapping):
        if isinstance(element.get("text"), str):
            return str(element["text"])
        element = [element[name] for name in ("body", "items", "inlines") if name in element]
    if isinstance(element, list):
        return next((text for each in element if (text := _first_text(each))), "")
    return ""


_VERBS: Final[Mapping[str, Callable[[Any], str]]] = {
    "teams": _verb_of_card,
    "pagerduty": _verb_of_event,
    "splunk": lambda body: _verb_of_finding(body["event"]),
    "sentinel": lambda body: _verb_of_finding(body["Finding"]),
    "eventgrid_topic": lambda body: _verb_of_finding(body["data"]),
    "webhook": _verb_of_finding,
}
