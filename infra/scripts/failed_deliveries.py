"""Delete the event subscriptions that Event Grid holds as failed, so that the next deployment makes them.

    python3 -m infra.scripts.failed_deliveries --subscription GUID [...] [--dry-run]

Event Grid checks that the function answers when it makes an event subscription. One that failed the check
stays Failed, also when it is deployed again. For each subscription this script finds those named `phidrift`
on system topics, and asks before it deletes each of them; then run `azd provision events` again. Nothing
is delivered by a failed one, so no event is lost by the deletion. It needs a person who is signed in to
az and may write event subscriptions, such as a Contributor.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from infra.scripts.console import Az, Console, arm_items, exit_with, run_az, terminal

NAME: Final = "phidrift"
FAILED: Final = "failed"
_VERSION: Final = "2025-02-15"


def main() -> int:
    """Do what the command line asks, at the terminal."""
    chosen = parsed(sys.argv[1:])
    return run(chosen, terminal(dry_run=chosen.dry_run), run_az)


def run(chosen: argparse.Namespace, console: Console, az: Az) -> int:
    """Delete with consent what is failed; 1 where something failed stays."""
    kept = 0
    for subscription in chosen.subscription:
        found = tuple(failed_in(subscription, az))
        console.say(f"Subscription {subscription}: {len(found)} failed.")
        for each in found:
            if console.agrees(f"delete {each}"):
                delete(each, az)
            else:
                kept += 1
    return 1 if kept and not console.dry_run else 0


def failed_in(subscription: str, az: Az) -> Iterator[str]:
    """Yield the ARM ids of the monitor's event subscriptions that are failed; raise Failed."""
    topics = f"/subscriptions/{subscription}/providers/Microsoft.EventGrid/systemTopics"
    for topic in arm_items(az, topics, _VERSION):
        for each in arm_items(az, f"{topic['id']}/eventSubscriptions", _VERSION):
            state = str((each.get("properties") or {}).get("provisioningState"))
            if each["name"] == NAME and state.lower() == FAILED:
                yield str(each["id"])


def delete(event_subscription: str, az: Az) -> None:
    """Delete an event subscription by its ARM id; raise Failed."""
    az(("rest", "--method", "delete", "--url", f"{event_subscription}?api-version={_VERSION}"))


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subscription", action="append", required=True)
    parser.add_argument("--dry-run", action="store_true", help="say what would be deleted")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
