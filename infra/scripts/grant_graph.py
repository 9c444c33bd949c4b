"""Grant the app's identity the permissions that its controls need in Microsoft Graph: only reads.

    python3 -m infra.scripts.grant_graph --principal OBJECT_ID [--hidden-members] [--dry-run]

OBJECT_ID is that of the identity (`azd env get-value PHIDRIFT_PRINCIPAL_ID`). The script lists the
granted permissions, and asks before it grants each missing one. With --revoke it removes them. It
needs a person with the role Privileged Role Administrator who is signed in to az. A token that the
identity already has stays without the permissions for up to 24 hours: restart the app.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infra.scripts.console import Console, Failed, exit_with, run_az, terminal
from infra.scripts.graph import Call, graph_at, listed

GRAPH: Final = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
PERMISSIONS: Final[Mapping[str, str]] = {
    "Policy.Read.All": "conditional access policies (CA-ADMIN-MFA, CA-PHI-APPS-MFA, BREAK-GLASS)",
    "RoleManagement.Read.Directory": "directory roles (CA-ADMIN-MFA, ACCESS-REVIEW, BREAK-GLASS)",
    "AccessReview.Read.All": "access reviews of directory roles (ACCESS-REVIEW)",
    "User.Read.All": "emergency access accounts (BREAK-GLASS)",
    "GroupMember.Read.All": "members of groups that policies exclude (CA-ADMIN-MFA, CA-PHI-APPS-MFA)",
}
HIDDEN: Final[Mapping[str, str]] = {
    "Member.Read.Hidden": "members of such groups with hidden membership",
}


def main() -> int:
    """Run the script for the command line, at the terminal."""
    chosen = parsed(sys.argv[1:])
    graph = graph_at(chosen.graph_host, os.environ, run_az)
    return run(chosen, terminal(dry_run=chosen.dry_run), graph)


def run(chosen: argparse.Namespace, console: Console, graph: Call) -> int:
    """Grant missing permissions, or revoke granted ones; 1 if some stay missing."""
    wanted = {**PERMISSIONS, **(HIDDEN if chosen.hidden_members else {})}
    place = f"/servicePrincipals/{chosen.principal}/appRoleAssignments"
    service = graph("GET", f"{GRAPH}?$select=id,appRoles", None)
    held = {
        each["appRoleId"]: each
        for each in listed(graph, place)
        if each["resourceId"] == service["id"]
    }
    roles = {name: _role_id(name, service) for name in wanted}
    if chosen.revoke:
        return _revoke(roles, held, console, graph, place=place)
    missing = [name for name in wanted if roles[name] not in held]
    for name in sorted(set(wanted) - set(missing)):
        console.say(f"{name}: granted already.")
    granted = 0
    for name in missing:
        if console.agrees(f"grant {name} to {chosen.principal}, for {wanted[name]}"):
            body = {"principalId": chosen.principal, "resourceId": service["id"]}
            graph("POST", place, {**body, "appRoleId": roles[name]})
            granted += 1
    return 0 if console.dry_run or granted == len(missing) else 1


def _role_id(name: str, service: Any) -> str:
    """Return the id of an application permission in this cloud; raise Failed."""
    for each in service["appRoles"]:
        if each["value"] == name and "Application" in each["allowedMemberTypes"]:
            return str(each["id"])
    raise Failed(f"Microsoft Graph of this cloud has no application permission {name}")


def _revoke(
    roles: Mapping[str, str], held: Mapping[str, Any], console: Console, graph: Call, *, place: str
) -> int:
    for name, role in roles.items():
        if role in held and console.agrees(f"revoke {name}: its controls will be unknown"):
            graph("DELETE", f"{place}/{held[role]['id']}", None)
    return 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--principal", required=True, help="object id of the app's identity")
    parser.add_argument(
        "--hidden-members",
        action="store_true",
        help="Member.Read.Hidden too",
    )
    parser.add_argument("--revoke", action="store_true", help="remove the permissions")
    parser.add_argument("--graph-host", default="graph.microsoft.com")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
