"""What a control's module must offer, and which of them judge a resource."""

from collections.abc import Iterator
from typing import Protocol

from drift.estate import Estate
from drift.model import Control, Resource, Verdict


class Detector(Protocol):
    """A control's module: its description and its decision."""

    CONTROL: Control

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        """Judge one resource; raise Unreadable where what is missing decides."""


Detectors = tuple[Detector, ...]


def detectors_of(detectors: Detectors, resource_type: str) -> Iterator[Detector]:
    """Yield the detectors that judge a type (lower case)."""
    return (each for each in detectors if resource_type in each.CONTROL.resource_types)
