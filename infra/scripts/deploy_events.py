"""Deploy the event subscriptions after the code, from the values that azd gives to a hook.

    python3 -m infra.scripts.deploy_events [--yes] [--dry-run]

azd runs it after each deployment of the code. So an upgrade that watches more types also updates the
filters, and an azd that cannot deploy layers still deploys the events. Event Grid accepts only a function
that exists, and a new function may not be visible at once: the script tries three times, with 30 seconds
between two tries, and deletes the event subscriptions that Event Grid holds as failed before the next
try. The deployment is repeatable: what exists already does not change. It asks once before it begins,
unless --yes is given. It needs a person who is signed in to az and may deploy to the subscriptions that
are watched, such as an Owner. It reads AZURE_LOCATION, AZURE_SUBSCRIPTION_ID, MONITORED_SUBSCRIPTIONS,
PHIDRIFT_APP_ID, PHIDRIFT_STORAGE_ID and PHIDRIFT_EXISTING_TOPICS.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.scripts.console import YES, Az, Console, Failed, exit_with, run_az, terminal
from infra.scripts.failed_deliveries import delete, failed_in

TRIES: Final = 3
PAUSE: Final = 30
"""Seconds between two tries."""

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "events" / "main.bicep"
_NAME: Final = "phidrift-events"


@dataclass(frozen=True, slots=True)
class Events:
    """What is deployed: where the deployment runs, the watched subscriptions, the template's parameters."""

    subscription: str
    location: str
    watched: tuple[str, ...]
    parameters: Mapping[str, str]


def main() -> int:
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    console = terminal(dry_run=chosen.dry_run)
    if chosen.yes and not chosen.dry_run:
        console = Console(console.say, lambda _: YES)
    return run(from_azd(os.environ), console, run_az, time.sleep)


def run(events: Events, console: Console, az: Az, sleep: Callable[[float], None]) -> int:
    """Deploy with consent; 0 if Azure accepted it, 1 without consent. Raise Failed after the last try."""
    count = len(events.watched)
    what = f"deploy the events of {count} subscription{'' if count == 1 else 's'}"
    if not console.agrees(what):
        return 0 if console.dry_run else 1
    for number in range(1, TRIES + 1):
        try:
            az(command(events))
            break
        except Failed as error:
            console.say(f"Try {number} of {TRIES}: {error}")
            if number == TRIES:
                raise
            _delete_failed(events, console, az)
            sleep(PAUSE)
    console.say(f"Event Grid delivers the events of {', '.join(events.watched)}.")
    return 0


def _delete_failed(events: Events, console: Console, az: Az) -> None:
    for subscription in events.watched:
        for each in tuple(failed_in(subscription, az)):
            console.say(f"Deleting {each}, which is Failed.")
            delete(each, az)


def command(events: Events) -> tuple[str, ...]:
    """Return the arguments with which az deploys the events."""
    given = (f"{name}={value}" for name, value in events.parameters.items())
    return (
        *("deployment", "sub", "create", "--name", _NAME, "--subscription", events.subscription),
        *("--location", events.location, "--template-file", str(TEMPLATE), "--parameters", *given),
    )


def from_azd(environ: Mapping[str, str]) -> Events:
    """Return what the values of azd ask for; raise Failed where one is missing."""
    names = ("AZURE_SUBSCRIPTION_ID", "AZURE_LOCATION", "PHIDRIFT_APP_ID", "PHIDRIFT_STORAGE_ID")
    if missing := [each for each in names if not environ.get(each, "").strip()]:
        raise Failed(
            f"{', '.join(missing)} not set: run this as a hook of azd, after `azd provision app`"
        )
    own, location, app, storage = (environ[each].strip() for each in names)
    watched = environ.get("MONITORED_SUBSCRIPTIONS", "")
    items = tuple(each.strip() for each in watched.split(",") if each.strip())
    parameters = {
        "location": location,
        "monitoredSubscriptions": watched,
        "appId": app,
        "deadLetterStorageId": storage,
        "existingTopics": environ.get("PHIDRIFT_EXISTING_TOPICS", ""),
    }
    return Events(own, location, items or (own,), parameters)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="say what would be deployed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
