"""Send one event through the whole path: a harmless tag on the app's own resource group.

    python3 -m infra.scripts.send_test_event --group rg-clinic --app func-clinic [--dry-run]

The script reads `lastEvent` of the app's /api/health, writes the tag `phidrift-test` with the time
as its value, and waits until `lastEvent` has changed: then Event Grid, its filters, the function
and the queue work. It asks before it writes. It needs a person who is signed in to az and may write
the tags of the group and list the keys of the app, such as a Contributor. The key is not printed.
"""

import argparse
import http.client
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from infra.scripts.console import Az, Console, Failed, exit_with, read, run_az, terminal

TAG: Final = "phidrift-test"
LAST_EVENT: Final = "lastEvent"
_HOST: Final = "defaultHostName || properties.defaultHostName"
"""az shows an app on Flex Consumption as ARM does, and others without ``properties``."""
_PAUSE: Final = 5
_TIMEOUT: Final = 30

Health = Callable[[str, str], str]
"""Reads /api/health at a host with a key, and returns its text; raises Failed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The outside calls of the script: az, the app's health, and the time."""

    az: Az
    health: Health
    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def main() -> int:
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    tools = Tools(run_az, health_at, lambda: datetime.now(UTC), time.sleep)
    return run(chosen, terminal(dry_run=chosen.dry_run), tools)


def run(chosen: argparse.Namespace, console: Console, tools: Tools) -> int:
    """Write the tag with consent; 0 if the event arrived in time, else 1."""
    place = ("--resource-group", chosen.group, "--name", chosen.app)
    host = str(read(tools.az, "functionapp", "show", *place, "--query", _HOST))
    key = str(
        read(tools.az, "functionapp", "keys", "list", *place, "--query", "functionKeys.default")
    )
    group = str(read(tools.az, "group", "show", "--name", chosen.group, "--query", "id"))
    before = _last_event(tools.health(host, key))
    console.say(f"The last event of {chosen.app} before: {before or 'none'}.")
    began = tools.now()
    tag = f"{TAG}={began:%Y-%m-%dT%H:%M:%SZ}"
    if not console.agrees(f"write the tag {tag} on the resource group {chosen.group}"):
        return 0 if console.dry_run else 1
    update = ("tag", "update", "--operation", "merge", "--resource-id", group, "--tags", tag)
    tools.az(update)
    while (tools.now() - began).total_seconds() < chosen.wait:
        tools.sleep(_PAUSE)
        after = _last_event(tools.health(host, key))
        if after and after != before:
            console.say(f"An event arrived: {after}.")
            return 0
    console.say(f"No event arrived within {chosen.wait} seconds. {_WHERE_TO_LOOK}")
    return 1


_WHERE_TO_LOOK: Final = (
    "Check the event subscription phidrift (is it Failed, do deliveries fail?), "
    "MONITORED_SUBSCRIPTIONS, and the errors of resource_changed."
)


def health_at(host: str, key: str) -> str:
    """Return what /api/health answers; raise Failed."""
    connection = http.client.HTTPSConnection(host, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/api/health", headers={"x-functions-key": key})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except OSError as error:
        raise Failed(f"{host} did not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise Failed(f"{host}/api/health answered {answer.status}")
    return text


def _last_event(health: str) -> str | None:
    """Return the time of the last event, None if there was none; raise Failed."""
    try:
        found = json.loads(health)
    except ValueError as error:
        raise Failed("/api/health did not answer JSON") from error
    if not isinstance(found, dict) or LAST_EVENT not in found:
        raise Failed(f"/api/health has no {LAST_EVENT}")
    last = found[LAST_EVENT]
    return None if last is None else str(last)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--group", required=True, help="resource group of the app")
    parser.add_argument("--app", required=True, help="name of the function app")
    parser.add_argument("--wait", type=int, default=300, help="seconds to wait for the event")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
