"""The encryption policies that repair resources, and the problems of such a repair."""

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.policy.assignments import REPAIRING, Part, effects_of, parts_of
from detectors.policy.coverage import NOT_SCOPES, is_above, is_enforced
from detectors.policy.encryption import demands_encryption
from drift import ids
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Step
from drift.model import Resource


@dataclass(frozen=True, slots=True)
class Repair:
    """A definition in an assignment, with an effect that repairs."""

    assignment: Resource
    part: Part

    @property
    def name(self) -> str:
        """Return the name of the assignment, and of the definition in its set."""
        return f"{self.assignment.name}/{self.part.spelt}".rstrip("/")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a repair does not work, and the steps that mend it; ``lasting``: new resources are affected too."""

    words: str
    steps: tuple[Step, ...] = ()
    lasting: bool = False


def repairs_of(assignment: Resource, subscription: Resource, estate: Estate) -> Iterator[Repair]:
    """Yield the encryption repairs of an assignment in a subscription; raise Unreadable.

    An assignment that is not enforced, or excludes the subscription, repairs nothing there:
    POLICY-ENCRYPTION-INITIATIVE reports that.
    """
    if not is_above(assignment, subscription) or _leaves_out(assignment, subscription):
        return
    for part in parts_of(assignment, estate):
        demands = demands_encryption(part.definition, estate.baseline)
        if demands and effects_of(assignment, part, estate) & REPAIRING and is_enforced(assignment):
            yield Repair(assignment, part)


def _leaves_out(assignment: Resource, subscription: Resource) -> bool:
    scopes = items_at(assignment, NOT_SCOPES)
    if not all(isinstance(each, str) for each in scopes):
        raise Unreadable(f"{assignment.id}#{NOT_SCOPES}", "an item is not an id")
    return ids.key(subscription.id) in map(ids.key, scopes)
