"""Stored and queued times at the ends of the calendar, and numbers that no version writes: nothing fails."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from drift.codec import SCHEMA_FIELD
from drift.queues.outbound import Outbound
from drift.state import packing
from tests.drift.state.stored_story import Story, told_story
from tests.drift.state.test_rows_of_another_version import continued, kinds, live_on

Leaf = Callable[[Any], Any]

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DIGITS: Final = "0123456789"


def time_as(text: str) -> Leaf:
    """Return what replaces every time by this one."""
    return lambda value: text if isinstance(value, str) and _TIME.match(value) else value


def number_as(number: int) -> Leaf:
    """Return what replaces every whole number by this one."""
    return lambda value: number if type(value) is int else value


EXTREMES: Final[Mapping[str, Leaf]] = {
    "the last time": time_as("9999-12-31T23:59:59.999999+00:00"),
    "the last time, west of UTC": time_as("9999-12-31T23:59:59-12:00"),
    "the first time": time_as("0001-01-01T00:00:00+00:00"),
    "the first time, east of UTC": time_as("0001-01-01T00:00:00+14:00"),
    "a negative number": number_as(-9),
    "a huge number": number_as(2**70),
}


def replaced(value: Any, leaf: Leaf) -> Any:
    """Return JSON data with every leaf but the schema replaced."""
    if isinstance(value, Mapping):
        return {
            name: each if name == SCHEMA_FIELD else replaced(each, leaf)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [replaced(each, leaf) for each in value]
    return leaf(value)


def row_replaced(data: Mapping[str, Any], leaf: Leaf) -> Mapping[str, Any]:
    """Return a row with its leaves replaced, those of its packed values too."""
    packed = {name[:-1] for name in data if name.endswith("0")}
    plain = {name: each for name, each in data.items() if name.rstrip(_DIGITS) not in packed}
    found: dict[str, Any] = dict(replaced(plain, leaf))
    for name in packed:
        found.update(packing.pack(replaced(packing.unpack(data, name), leaf), name))
    return found


@pytest.fixture(scope="module")
def story() -> Story:
    """Return a monitor that has stored rows and queued messages of every kind."""
    return told_story()


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("kind", kinds())
def test_no_time_and_no_number_in_a_row_stops_the_monitor(
    story: Story, kind: str, extreme: str
) -> None:
    rig, _ = continued(story, kind, lambda data: row_replaced(data, EXTREMES[extreme]))
    live_on(rig)

    assert rig.monitor.health()["status"]
    assert "TOY-OPEN opened" in rig.splunk.changes


@pytest.mark.parametrize("extreme", EXTREMES)
def test_no_time_and_no_number_in_a_message_is_raised_at_every_try(
    story: Story, extreme: str
) -> None:
    rig, _ = continued(story, "lane", lambda data: data)
    for text in [each for each in story.messages if each.startswith("{")]:
        message = json.dumps(replaced(json.loads(text), EXTREMES[extreme]))
        rig.run(Outbound(changes=(message,), deliveries=(message,), background=(message,)))
    rig.later(minutes=2)

    assert rig.monitor.health()["status"]
