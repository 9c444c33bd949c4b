"""The contract of a control's module, and the choice of the modules for a resource type."""

from typing import Protocol

from drift.estate import Estate
from drift.model import Control, Resource, Verdict


class Detector(Protocol):
    """A control's module: its description and its decision."""

    CONTROL: Control

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        """Return the verdict on one resource; raise Unreadable where an unreadable value decides."""


Detectors = tuple[Detector, ...]


def detectors_of(detectors: Detectors, resource_type: str) -> Detectors:
    """Return the detectors that evaluate a resource type (lower case)."""
    return tuple(each for each in detectors if resource_type in each.CONTROL.resource_types)
