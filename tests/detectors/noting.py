"""An estate that counts the documents a control reads, each of them once."""

from detectors import examples
from detectors.examples import Example
from drift import ids
from drift.controls.document_estate import DocumentEstate
from drift.detector import Detector
from drift.estate import Scope
from drift.model import Resource, Verdict


class NotingEstate(DocumentEstate):
    """An example's estate that notes which documents it is asked for; everything holds PHI."""

    phi = True
    former_tag = ""
    tagged = Scope(True, "for the test")

    def __init__(self, example: Example) -> None:
        super().__init__(
            example.documents, complete=True, baseline=example.baseline, now=examples.NOW
        )
        self.asked: set[str] = set()

    def holds_phi(self, _: Resource, /) -> bool | None:
        return True

    def get(self, resource_id: str) -> Resource | None:
        self.asked.add(ids.key(resource_id))
        return super().get(resource_id)


def example_of(detector: Detector, name: str) -> Example:
    [found] = (each for each in examples.load(detector) if each.name == name)
    return found


def judged(detector: Detector, name: str) -> tuple[Verdict, set[str]]:
    """Return the verdict on an example, and the last two segments of the ids it asked for."""
    example = example_of(detector, name)
    estate = NotingEstate(example)
    verdict = detector.evaluate(example.resource, estate)
    return verdict, {"/".join(each.split("/")[-2:]) for each in estate.asked}
