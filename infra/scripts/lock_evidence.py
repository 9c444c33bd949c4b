"""Lock the immutability policy of the evidence container. Nobody can ever unlock it.

    python3 -m infra.scripts.lock_evidence --account ACCOUNT [--dry-run]

From then on no blob in it can be changed or deleted until its retention ends, and the retention can
only be extended. The storage account cannot be deleted while it contains blobs, so `azd down`
fails. So the person must type the name of the account. The script does not lock a policy with fewer
days than HIPAA's six years plus one, or one that refuses appends. It needs a person who is signed
in to az and may write the container, such as a Contributor.
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
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    return run(chosen, terminal(dry_run=chosen.dry_run), run_az)


def run(chosen: argparse.Namespace, console: Console, az: Az) -> int:
    """Lock the policy with consent; 0 if it is locked at the end, or there was nothing to change."""
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
        raise Failed(
            "the policy must allow protected append writes: after the lock this cannot be changed"
        )
    change = f"lock the evidence of {chosen.account} for {days} days, for ever"
    if not console.agrees(change, word=chosen.account):
        return 0 if console.dry_run else 1
    az([*_POLICY, "lock", *place, "--if-match", etag])
    console.say("Locked.")
    return 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--account", required=True, help="name of the app's storage account")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
