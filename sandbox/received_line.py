"""Print one line for each message that a channel receives: the channel and the first words."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.world import Sandbox

LONGEST: Final = 110


def follow(sandbox: Sandbox, say: Callable[[str], None]) -> None:
    """Print a line for each message from now on."""

    def print_line(channel: str, words: Callable[[Any], str], body: Any) -> None:
        say(f"{channel}: {' '.join(words(body).split())}"[:LONGEST])

    for channel, sink, words in _channels(sandbox):
        sink.listen(partial(print_line, channel, words))


def _channels(sandbox: Sandbox) -> Iterator[tuple[str, Sink, Callable[[Any], str]]]:
    yield "teams", sandbox.teams, lambda body: " ".join(_texts(body))
    yield "pagerduty", sandbox.pagerduty, _of_event
    yield "splunk", sandbox.splunk, lambda body: _of_finding(_at(body, "event"))
    yield "sentinel", sandbox.sentinel, lambda body: _of_finding(_at(body, "Finding"))
    yield "topic", sandbox.topic, lambda body: _of_finding(_at(body, "data"))
    yield "webhook", sandbox.webhook, _of_finding


def _texts(element: Any) -> Iterator[str]:
    """Yield the texts of a card in reading order."""
    if isinstance(element, Mapping) and isinstance(element.get("text"), str):
        yield element["text"].strip()
    elif isinstance(element, Mapping | list):
        for each in element.values() if isinstance(element, Mapping) else element:
            yield from _texts(each)


def _of_event(body: Any) -> str:
    return str(_at(body, "payload", "summary") or _at(body, "event_action"))


def _of_finding(body: Any) -> str:
    """Return a finding's status, severity, control and resource."""
    control, resource = _at(body, "compliance", "control"), _at(body, "resources", 0, "name")
    if not control:
        return str(body)
    return f"{_at(body, 'status')}, {_at(body, 'severity')}: {control} on {resource}"


def _at(body: Any, *path: str | int) -> Any:
    """Return the value at a path, "" if there is none: the body may have any form."""
    for step in path:
        try:
            body = body[step]
        except (LookupError, TypeError):
            return ""
    return body
