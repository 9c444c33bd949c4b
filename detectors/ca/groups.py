"""Who is in a group that a policy names, and whether Graph shows all of them."""

from collections.abc import Mapping
from typing import Final

from detectors.evidence import listed
from drift.arm import graph
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource

VISIBILITY: Final = "properties.visibility"
_HIDDEN: Final = "hiddenmembership"
_SHOWN: Final = frozenset({MISSING, "public", "private"})
"""Only groups of Microsoft 365 have a visibility."""

_NEEDS: Final = "its members are hidden: the application role Member.Read.Hidden shows them"


def accounts_in(group: str, estate: Estate) -> tuple[str, ...]:
    """Return the object ids of the members who can sign in; raise Unreadable.

    A deleted group, whose id a policy may keep, has no members. Graph also lists the members of
    nested groups, and shows a hidden membership only with an extra role. It is not documented
    whether Graph refuses the list without that role or shows an empty one, so an empty list proves
    nothing. https://learn.microsoft.com/graph/api/group-list-transitivemembers
    """
    members = _shown_in(group, estate)
    nested = [each for each in members if _is_group(each)]
    for each in nested:
        _shown_in(graph.in_tenant(group, f"{graph.GROUPS}/{each.name}"), estate)
    return tuple(each.name.lower() for each in members if not _is_group(each))


def _shown_in(group: str, estate: Estate) -> tuple[Resource, ...]:
    members, doubt = listed(lambda: estate.children(group, graph.MEMBERS))
    if doubt and "404" not in doubt.why:
        raise doubt
    if members and not doubt:
        return members
    found = estate.get(group)
    if found and doubt:
        raise doubt
    if found:
        _check_visibility(found)
    return members


def _check_visibility(group: Resource) -> None:
    if not isinstance(group.get("properties"), Mapping):
        raise Unreadable(group.id, "not an object")
    visibility = group.word(VISIBILITY)
    if visibility == _HIDDEN:
        raise Unreadable(group.id, _NEEDS)
    if visibility not in _SHOWN:
        raise Unreadable(f"{group.id}#{VISIBILITY}", "not a known visibility")


def _is_group(member: Resource) -> bool:
    shown = member.get("properties")
    kind = shown.get("@odata.type") if isinstance(shown, Mapping) else None
    return kind == "#microsoft.graph.group"
