"""Prove that a sweep sees everything: Resource Graph must list each resource group that ARM lists.

If the role of the identity is not effective there yet, which may take hours, Resource Graph does
not refuse: it returns an empty list.
https://learn.microsoft.com/azure/governance/resource-graph/overview#permissions-in-azure-resource-graph
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.ports import Inventory
from drift.state.sweep_state import Sweep

_NAMED: Final = 5
"""How many groups a gap names; the rest are counted."""

_PAGE: Final = 1000

FIRST_PATIENCE: Final = timedelta(hours=1)
"""How long a first sweep waits for the groups that are missing while others are listed."""

_PATIENCE: Final = timedelta(minutes=5)
"""The same for a later sweep: Resource Graph shows a new group only after some time."""


def compared(inventory: Inventory, state: Sweep, now: datetime) -> Sweep:
    """Return the sweep compared with ARM's own list of groups; raise SourceUnavailable.

    A sweep with a gap waits, because the gap may close, and then continues with the listed
    resources. A first sweep waits while no group at all is listed: then the role is not effective
    yet.
    """
    named = inventory.groups(state.subscription)
    listed = set(_listed(inventory, state.subscription))
    missing = sorted(ids.name_of(each) for each in named if ids.key(each) not in listed)
    state = replace(state, groups=len(named), gaps=())
    if not missing:
        return replace(state, proved=True, gaps_since=_since(state))
    state = state.with_gap(_gap(missing, of=len(named)), now)
    sees_nothing = state.first and len(missing) == len(named)
    return replace(state, proved=_has_waited(state, now) and not sees_nothing)


def _has_waited(state: Sweep, now: datetime) -> bool:
    patience = FIRST_PATIENCE if state.first else _PATIENCE
    return state.gaps_since is not None and now - state.gaps_since >= patience


def _since(state: Sweep) -> datetime | None:
    """Return since when there are gaps: those of the last sweep may still be there."""
    return state.gaps_since if state.gaps_before else None


def _listed(inventory: Inventory, subscription: str) -> Iterator[str]:
    page = inventory.page(subscription, (ids.GROUP,), size=_PAGE)
    while True:
        yield from (ids.key(str(row["id"])) for row in page.rows)
        yield from (ids.key(each) for each in page.unreadable)
        if not page.after:
            return
        page = inventory.page(subscription, (ids.GROUP,), after=page.after, size=_PAGE)


def _gap(missing: Sequence[str], *, of: int) -> str:
    named = ", ".join(missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return (
        f"Azure Resource Graph does not list {len(missing)} of {of} resource groups that ARM lists: "
        f"{named}{more}. The monitor's role may not be effective there yet, which can take hours."
    )
