"""Lock the immutability policy of the evidence container. Nobody can ever unlock it.

    python3 -m infra.scripts.lock_evidence --account ACCOUNT [--dry-run]

From then on no blob in it can be changed or deleted until its days are over, the days can only be made
more, and the storage account cannot be deleted while blobs are in it: `azd down` fails. So the person
must type the name of the account. A policy of fewer days than HIPAA's six years plus one is
not locked, nor one that would not let the log grow.
It needs a person who is signed in to az and may write the container, such as a Contributor.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from infra.scripts.console import Az, Console, Failed, exit_with, read, run_az, terminal

CONTAINER: Final = "evidence"
SHORTEST: Final = 2557
APPENDS: Final = ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll")
_POLICY: Final = ("storage", "container", "immutability-policy")


def main() -> int:
    """Do what the command line asks, at the terminal."""
    chosen = parsed(sys.argv[1:])
    return run(chosen, terminal(dry_run=chosen.dry_run), run_az)


def run(chosen: argparse.Namespace, console: Console, az: Az) -> int:
    """Lock the policy with consent; 0 where it is locked at the end, or nothing was to be changed."""
    place = ("--account-name", chosen.account, "--container-name", CONTAINER)
    policy = read(az, *_POLICY, "show", *place)
    days, state, etag = (
        policy.get(each) for each in ("immutabilityPeriodSinceCreationInDays", "state", "etag")
    )
    if state == "Locked":
        console.say(f"The policy is locked, for {days} days.")
        return 0
    if state != "Unlocked" or not etag:
        raise Failed(f"the state of the policy is not known: {state}")
    if not isinstance(days, int) or days < SHORTEST:
        raise Failed(f"the policy keeps blobs for {days} days only, {SHORTEST} are needed")
    if not any(policy.get(each) is True for each in APPENDS):
        raise Failed("the policy must allow protected append writes: once locked, it never could")
    change = f"lock the evidence of {chosen.account} for {days} days, for ever"
    if not console.agrees(change, word=chosen.account):
        return 0 if console.dry_run else 1
    az([*_POLICY, "lock", *place, "--if-match", etag])
    console.say("Locked.")
    return 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--account", required=True, help="name of the app's storage account")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
