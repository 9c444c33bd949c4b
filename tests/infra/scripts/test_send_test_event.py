"""The test event: a tag is written with consent, and the script waits until the app has seen it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.scripts import send_test_event
from infra.scripts.console import Failed
from infra.scripts.send_test_event import Tools
from tests.infra.scripts.people import Terminal

BEGAN = datetime(2026, 12, 2, 8, tzinfo=UTC)
EARLIER = "2026-12-01T10:00:00+00:00"
LATER = "2026-12-02T08:00:07+00:00"
GROUP = "/subscriptions/1/resourceGroups/rg-clinic"


class World:
    """An app whose last event moves once the tag is written and some time has passed."""

    def __init__(self, *, before: str | None = EARLIER, seconds: int = 7) -> None:
        self._before, self._seconds = before, seconds
        self._now = BEGAN
        self._written: datetime | None = None
        self.tags: list[str] = []
        self.keys: set[str] = set()
        self.tools = Tools(self._az, self._health, lambda: self._now, self._sleep)

    def _az(self, arguments: Sequence[str]) -> str:
        words = " ".join(arguments)
        if words.startswith("tag update --operation merge"):
            assert arguments[arguments.index("--resource-id") + 1] == GROUP
            self.tags.append(arguments[-1])
            self._written = self._now
            return ""
        answers = {
            "functionapp show": "app.example",
            "functionapp keys": "key",
            "group show": GROUP,
        }
        return json.dumps(next(value for name, value in answers.items() if words.startswith(name)))

    def _health(self, host: str, key: str) -> str:
        assert (host, key) == ("app.example", "key")
        seen = self._written and self._now - self._written >= timedelta(seconds=self._seconds)
        return json.dumps({"status": "ok", "lastEvent": LATER if seen else self._before})

    def _sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def run(terminal: Terminal, tools: Tools) -> int:
    chosen = send_test_event.parsed(["--group", "rg-clinic", "--app", "func-clinic"])
    return send_test_event.run(chosen, terminal.console, tools)


@pytest.mark.parametrize("before", [EARLIER, None])
def test_the_script_ends_well_once_the_app_has_seen_the_event(before: str | None) -> None:
    world, terminal = World(before=before), Terminal()

    assert run(terminal, world.tools) == 0
    assert world.tags == ["phidrift-test=2026-12-02T08:00:00Z"]
    assert terminal.said[-1] == f"An event arrived: {LATER}."


def test_an_event_that_does_not_arrive_in_time_fails_and_says_where_to_look() -> None:
    world, terminal = World(seconds=10_000), Terminal()

    assert run(terminal, world.tools) == 1
    assert "event subscription phidrift" in terminal.said[-1]


@pytest.mark.parametrize(("terminal", "code"), [(Terminal("no"), 1), (Terminal(dry_run=True), 0)])
def test_nothing_is_written_without_consent(terminal: Terminal, code: int) -> None:
    world = World()

    assert run(terminal, world.tools) == code
    assert world.tags == []


@pytest.mark.parametrize("health", ["<html>", "[]", json.dumps({"status": "ok"})])
def test_an_answer_that_does_not_show_the_last_event_is_an_error(health: str) -> None:
    world = World()
    tools: Any = Tools(world.tools.az, lambda host, key: health, world.tools.now, lambda _: None)

    with pytest.raises(Failed):
        run(Terminal(), tools)
    assert world.tags == []


def test_the_key_is_never_shown() -> None:
    terminal = Terminal()
    run(terminal, World().tools)

    assert not any("key" in each for each in (*terminal.said, *terminal.asked))
