"""Delete what `azd down` leaves behind in the watched subscriptions.

    python3 -m infra.scripts.uninstall --principal OBJECT_ID --subscription GUID [...] [--dry-run]

For each subscription it lists, and asks before it deletes each of them: the resource groups of the
topics, the alerts and the guardrails; the assignments and definitions of the policies; the role
assignments of the identities of the app (OBJECT_ID) and of the policies; the event subscriptions
`phidrift` of topics that were there before. Run it before `azd down`, while OBJECT_ID is known.
Permissions in Microsoft Graph end with the identity. It does not delete: Defender plans, because
their protection would end at once; the diagnostic setting `phidrift-activity`; flow logs, a Bastion
host, conditional access policies; evidence that is locked. It needs an Owner who is signed in to az.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.scripts.console import Az, Console, arm_items, exit_with, read, run_az, terminal

GROUPS: Final = ("rg-phidrift-events", "rg-phidrift-alerts", "rg-phidrift-guardrails")
POLICIES: Final = (
    "phidrift-encryption",
    "phidrift-logging",
    "phidrift-storage-network",
    "phidrift-hipaa",
)
SUBSCRIPTION_NAME: Final = "phidrift"
_POLICIES_VERSION: Final = "2025-03-01"
_ROLES_VERSION: Final = "2022-04-01"
_TOPICS_VERSION: Final = "2025-02-15"


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something to delete: what it is, and the arguments of az that delete it."""

    name: str
    deletion: tuple[str, ...]


def main() -> int:
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    return run(chosen, terminal(dry_run=chosen.dry_run), run_az)


def run(chosen: argparse.Namespace, console: Console, az: Az) -> int:
    """Delete the remaining parts with consent; 1 if something stays because the person said no."""
    kept = 0
    for subscription in chosen.subscription:
        found = tuple(leftovers(subscription, chosen.principal, az))
        console.say(f"Subscription {subscription}: {len(found)} to delete.")
        for each in found:
            if console.agrees(f"delete {each.name}"):
                az(each.deletion)
            else:
                kept += 1
    return 1 if kept and not console.dry_run else 0


def leftovers(subscription: str, principal: str, az: Az) -> Iterator[Leftover]:
    """Yield the existing parts, in the order in which they can be deleted."""
    assignments, initiatives = (
        tuple(_policies(subscription, kind, az))
        for kind in ("policyAssignments", "policySetDefinitions")
    )
    for each in (*assignments, *initiatives):  # an initiative that is assigned cannot be deleted
        yield _by_rest(each["id"], _POLICIES_VERSION)
    yield from _event_subscriptions(subscription, az)
    identities = {str((each.get("identity") or {}).get("principalId")) for each in assignments}
    yield from _role_assignments(subscription, {principal, *identities}, az)
    there = {str(each["name"]).lower() for each in read(az, "group", "list", *_in(subscription))}
    for name in GROUPS:
        if name in there:
            deletion = ("group", "delete", "--name", name, "--yes", *_in(subscription))
            yield Leftover(f"the resource group {name} of {subscription}", deletion)


def _in(subscription: str) -> tuple[str, str]:
    return ("--subscription", subscription)


def _policies(subscription: str, kind: str, az: Az) -> Iterator[Any]:
    """Yield the assignments or initiatives of the guardrails."""
    place = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/{kind}"
    for each in arm_items(az, place, _POLICIES_VERSION):
        if each["name"] in POLICIES and _is_on(subscription, each["id"]):
            yield each


def _by_rest(resource_id: str, version: str) -> Leftover:
    url = f"{resource_id}?api-version={version}"
    return Leftover(resource_id, ("rest", "--method", "delete", "--url", url))


def _is_on(subscription: str, resource_id: str) -> bool:
    """Tell whether something belongs to the subscription itself, not to a management group above it."""
    return str(resource_id).lower().startswith(f"/subscriptions/{subscription.lower()}/providers/")


def _event_subscriptions(subscription: str, az: Az) -> Iterator[Leftover]:
    """Yield event subscriptions of shared topics; the others are deleted with their resource group."""
    topics = f"/subscriptions/{subscription}/providers/Microsoft.EventGrid/systemTopics"
    for topic in arm_items(az, topics, _TOPICS_VERSION):
        if str(topic["id"]).split("/")[4].lower() in GROUPS:
            continue
        for each in arm_items(az, f"{topic['id']}/eventSubscriptions", _TOPICS_VERSION):
            if each["name"] == SUBSCRIPTION_NAME:
                yield _by_rest(each["id"], _TOPICS_VERSION)


def _role_assignments(subscription: str, principals: set[str], az: Az) -> Iterator[Leftover]:
    """Yield role assignments of the identities anywhere in the subscription."""
    wanted = {each.lower() for each in principals}
    place = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments"
    for each in arm_items(az, place, _ROLES_VERSION):
        is_its = str(each["properties"]["principalId"]).lower() in wanted
        if is_its and _is_within(subscription, each):
            yield _by_rest(each["id"], _ROLES_VERSION)


def _is_within(subscription: str, assignment: Any) -> bool:
    scope = str(assignment["properties"]["scope"]).lower()
    return f"{scope}/".startswith(f"/subscriptions/{subscription.lower()}/")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--principal", required=True, help="object id of the app's identity")
    parser.add_argument("--subscription", action="append", required=True)
    parser.add_argument("--dry-run", action="store_true", help="say what would be deleted")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
