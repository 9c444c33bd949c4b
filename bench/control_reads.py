"""Count what one evaluation by each control reads, for the first of its examples that passes.

The resource itself is not counted; the group and the subscription are, where the scope is needed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.judging import MemoryReader
from detectors import DETECTORS, examples
from detectors.examples import NOW, Example
from drift import ids
from drift.config.model import Config
from drift.controls.engine import evaluate_controls
from drift.model import Outcome
from drift.observation.read_estate import ReadCache, ReadEstate
from drift.ports import Listing, PageCheck, Reading, every_page

_NOTHING_CACHED = ReadCache(cached={}, suspects=frozenset(), oldest=NOW)


@dataclass(frozen=True, slots=True)
class ControlReads:
    """What one evaluation by a control reads: documents, lists, and what of them more than once."""

    control: str
    documents: int
    lists: int
    twice: tuple[str, ...]


def control_reads() -> list[ControlReads]:
    """Return the reads of each control, in the order of the catalogue."""
    return [_reads_of(_passing(examples.load(each))) for each in DETECTORS]


def _passing(known: tuple[Example, ...]) -> Example:
    return next(each for each in known if each.outcome is Outcome.PASS)


def _reads_of(example: Example) -> ControlReads:
    reader = _CountingReader(_bodies(example))
    around = ReadEstate(
        reader, _NOTHING_CACHED, baseline=example.baseline, now=NOW, owner=example.resource.id
    )
    scoping = example.scoping(example.resource, around)
    evaluate_controls(
        (example.detector,), example.resource, around, scoping=scoping, config=Config()
    )
    counts = reader.documents + reader.lists
    twice = tuple(name for name, count in counts.items() if count > 1)
    return ControlReads(
        example.detector.CONTROL.id, reader.documents.total(), reader.lists.total(), twice
    )


def _bodies(example: Example) -> Iterator[dict[str, Any]]:
    """Yield each related document, and each item of a list, with an id of its own."""
    for path, body in example.related.items():
        if isinstance(body, dict):
            items = body.get("value")
            for each in [body] if items is None else items:
                yield {"id": path if items is None else f"{path}/{each['name']}", **each}


class _CountingReader(MemoryReader):
    """Counts each read by its id."""

    def __init__(self, bodies: Iterator[dict[str, Any]]) -> None:
        super().__init__(bodies)
        self.documents: Counter[str] = Counter()
        self.lists: Counter[str] = Counter()

    def get(self, resource_id: str) -> Reading:
        """Return one document."""
        self.documents[ids.key(resource_id)] += 1
        return super().get(resource_id)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Return the items of a collection."""
        self.lists[ids.key(collection_id)] += 1
        return super().list(collection_id, before_page=before_page)
