"""A fix as data: what must change for a control to pass. Commands and proofs are made of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Give a property of a resource a value, by its dotted path."""

    resource_id: str
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class RemoveProperty:
    """Take a property away; ``list[name=x]`` on the way stands for the item of that name."""

    resource_id: str
    path: str


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take one item, equal to this one, out of a list property."""

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
    """Have the provider act on a resource (a POST); what that changes, no property says."""

    resource_id: str
    action: str


Step = SetProperty | RemoveProperty | RemoveItem | PutChild | DeleteChild | PostAction


@dataclass(frozen=True, slots=True)
class Fix:
    """The steps that repair a failure, and what an engineer must know before taking them.

    No steps: nothing in place repairs it, and ``note`` says what does.
    """

    steps: tuple[Step, ...] = ()
    note: str = ""
