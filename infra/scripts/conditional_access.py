"""Create the conditional access policies of infra/guardrails/conditional-access, report-only first.

    python3 -m infra.scripts.conditional_access --break-glass ID --break-glass ID [--application ID]

It creates a policy that requires MFA from administrators and, with --application, one that requires
MFA from everyone for applications with PHI. Both are report-only: they only record their effect.
Run it again with --enable to enforce those that are there. It asks before each change; with
--dry-run it only says what it would change. The accounts of --break-glass are excluded, otherwise a
mistake locks everybody out.

It needs a token with the permission Policy.ReadWrite.ConditionalAccess, of a person with the role
Conditional Access Administrator. The token of az does not have it: put one into GRAPH_TOKEN, such as
that of Graph Explorer. Conditional access needs Microsoft Entra ID P1.
"""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from infra.scripts.console import Console, Failed, exit_with, run_az, terminal
from infra.scripts.graph import Call, graph_at, listed

FOLDER: Final = Path(__file__).parents[1] / "guardrails/conditional-access"
POLICIES: Final = "/identity/conditionalAccess/policies"
REPORT_ONLY: Final = "enabledForReportingButNotEnforced"
ENABLED: Final = "enabled"
BREAK_GLASS: Final = "BREAK_GLASS_OBJECT_IDS"
APPLICATIONS: Final = "APPLICATION_IDS"


def main() -> int:
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    graph = graph_at(chosen.graph_host, os.environ, run_az)
    return run(chosen, terminal(dry_run=chosen.dry_run), graph)


def run(chosen: argparse.Namespace, console: Console, graph: Call) -> int:
    """Create or enforce each requested policy."""
    given = {BREAK_GLASS: chosen.break_glass, APPLICATIONS: chosen.application}
    wanted = [filled(template("admins"), given)]
    if chosen.application:
        wanted.append(filled(template("phi-applications"), given))
    there = tuple(listed(graph, POLICIES))
    for policy in wanted:
        found = _named(policy["displayName"], there)
        if chosen.enable:
            _enforce(policy, found, console, graph)
        else:
            _create(policy, found, console, graph)
    return 0


def _named(name: str, there: Sequence[Any]) -> Any:
    found = [each for each in there if each["displayName"] == name]
    if len(found) > 1:
        raise Failed(f'{len(found)} policies are named "{name}": delete all but one')
    return found[0] if found else None


def template(name: str) -> Any:
    """Return a policy with its placeholders."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def filled(policy: Any, given: Mapping[str, Sequence[str]]) -> Any:
    """Return a policy with ids in the place of each placeholder; raise Failed where that is not possible."""
    if isinstance(policy, dict):
        return {name: filled(value, given) for name, value in policy.items()}
    if isinstance(policy, list):
        return [each for item in policy for each in _items(item, given)]
    if policy in given:
        raise Failed(f"{policy} is not in a list")
    return policy


def _items(item: Any, given: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    if item not in (BREAK_GLASS, APPLICATIONS):
        yield filled(item, given)
        return
    ids = given.get(item, ())
    if not ids:
        raise Failed(f"nothing is given for {item}")
    yield from map(_checked, ids)


def _checked(text: str) -> str:
    """Return an id in Graph's spelling; raise Failed if it is not one."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Failed(f"{text} is not an id of the directory (a GUID)") from error


def _create(policy: Any, found: Any, console: Console, graph: Call) -> None:
    name = policy["displayName"]
    if found:
        console.say(f'"{name}" exists; its state is {found["state"]}.')
        return
    console.say(json.dumps(policy, indent=2))
    if console.agrees(f'create "{name}", report-only'):
        graph("POST", POLICIES, policy)
        console.say(
            "Created. Read the report-only results for a week, then run again with --enable."
        )


def _enforce(policy: Any, found: Any, console: Console, graph: Call) -> None:
    """Enforce a policy that is report-only and excludes the emergency access accounts; raise Failed."""
    name = policy["displayName"]
    if not found:
        raise Failed(f'"{name}" does not exist: run without --enable first')
    if found["state"] == ENABLED:
        console.say(f'"{name}" is enforced already.')
        return
    if found["state"] != REPORT_ONLY:
        raise Failed(f'"{name}" is {found["state"]}, not report-only: somebody turned it off')
    excluded = {
        str(each).lower() for each in found["conditions"]["users"].get("excludeUsers") or ()
    }
    missing = set(policy["conditions"]["users"]["excludeUsers"]) - excluded
    if missing:
        raise Failed(f'"{name}" does not exclude {", ".join(sorted(missing))}')
    if console.agrees(f'enforce "{name}": people who cannot use MFA are locked out'):
        graph("PATCH", f"{POLICIES}/{found['id']}", {"state": ENABLED})
        console.say("Enforced.")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--break-glass", action="append", required=True, help="object id of an account to exclude"
    )
    parser.add_argument(
        "--application", action="append", default=[], help="client id of an application with PHI"
    )
    parser.add_argument("--enable", action="store_true", help="enforce the report-only policies")
    parser.add_argument("--graph-host", default="graph.microsoft.com")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
