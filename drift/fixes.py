"""A fix as data: the changes that make a control pass. Commands and test proofs are derived from it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Set a property of a resource, by its dotted path."""

    resource_id: str
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class RemoveProperty:
    """Remove a property; ``list[name=x]`` in the path selects the item with that name."""

    resource_id: str
    path: str


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Remove the item that equals ``item`` from a list property."""

    resource_id: str
    path: str
    item: Any


@dataclass(frozen=True, slots=True)
class PutChild:
    """Create or replace a child or extension resource with this body."""

    resource_id: str
    body: Any


@dataclass(frozen=True, slots=True)
class DeleteChild:
    """Delete a child or extension resource."""

    resource_id: str


@dataclass(frozen=True, slots=True)
class PostAction:
    """POST an action on a resource; no property of the document shows its effect."""

    resource_id: str
    action: str


Step = SetProperty | RemoveProperty | RemoveItem | PutChild | DeleteChild | PostAction


@dataclass(frozen=True, slots=True)
class Fix:
    """The steps that repair a failure, and a note that the engineer must read first.

    No steps: no change of the resource repairs the failure, and ``note`` says what to do instead.
    """

    steps: tuple[Step, ...] = ()
    note: str = ""
