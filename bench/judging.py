"""Measure the evaluation of many resources by all their controls, beside the parsing of their JSON.

Both are measured in turn, in one process, by the CPU time of the process: the ratio shows the cost
of an evaluation on any machine. Parsed documents are cached, so that an evaluation contains no
parsing.
"""

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bench.judged_estate import COUNTS, judged_estate
from detectors import DETECTORS
from drift import ids
from drift.config.model import Config
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.model import Outcome
from drift.observation.read_estate import ReadCache, ReadEstate, resource_of
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.ports import Listing, PageCheck, Reading, every_page

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)

_CONFIG: Final = Config()
_NOTHING_CACHED: Final = ReadCache(cached={}, suspects=frozenset(), oldest=NOW)

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingFigures:
    """The evaluation of all resources of a type: seconds per resource, and what was evaluated.

    ``own_seconds`` is the time to parse its own body, ``read_seconds`` that to parse every document
    that the evaluation reads, its own included.
    """

    kind: str
    resources: int
    results: int
    failures: int
    unknown: int
    documents: int
    own_seconds: float
    read_seconds: float
    judge_seconds: float

    @property
    def to_own(self) -> float:
        """Return the ratio to the parsing of the resources' own bodies."""
        return self.judge_seconds / self.own_seconds

    @property
    def to_read(self) -> float:
        """Return the ratio to the parsing of all documents that are read."""
        return self.judge_seconds / self.read_seconds


def judging(rounds: int, counts: Mapping[str, int] = COUNTS) -> list[JudgingFigures]:
    """Measure each type; of several rounds the quickest counts, since others only add to it."""
    resources, others = judged_estate(counts)
    reader = MemoryReader([*others, *(each for some in resources.values() for each in some)])
    gc.collect()
    gc.freeze()  # the documents of all resources would be walked again and again
    try:
        return [_figures(kind, some, reader, rounds) for kind, some in resources.items()]
    finally:
        gc.unfreeze()


def _figures(
    kind: str, bodies: Sequence[Body], reader: "MemoryReader", rounds: int
) -> JudgingFigures:
    looks = [_evaluated(each, reader) for each in bodies]
    own = [json.dumps(each) for each in bodies]
    related = [text for _, read in looks for text in read]
    outcomes = Counter(each.verdict.outcome for results, _ in looks for each in results)
    parsed_own, parsed_related, judged = (
        min(times)
        for times in zip(
            *(
                (
                    _seconds(lambda: _parse(own)),
                    _seconds(lambda: _parse(related)),
                    _seconds(lambda: _judge(bodies, reader)),
                )
                for _ in range(rounds)
            ),
            strict=True,
        )
    )
    count = len(bodies)
    return JudgingFigures(
        kind=kind,
        resources=count,
        results=outcomes.total(),
        failures=outcomes[Outcome.FAIL],
        unknown=outcomes[Outcome.UNKNOWN],
        documents=len(related),
        own_seconds=parsed_own / count,
        read_seconds=(parsed_own + parsed_related) / count,
        judge_seconds=judged / count,
    )


def _parse(texts: Iterable[str]) -> None:
    for each in texts:
        json.loads(each)


def _judge(bodies: Iterable[Body], reader: "MemoryReader") -> None:
    for each in bodies:
        _results(each, reader)


def _evaluated(body: Body, reader: "MemoryReader") -> tuple[tuple[ControlResult, ...], list[str]]:
    """Return the results for one resource, and the JSON of each related document that was read."""
    results, estate = _results(body, reader)
    read = [
        json.dumps(document) for each in estate.asked.values() for document in each.bodies or ()
    ]
    return results, read


def _results(body: Body, reader: "MemoryReader") -> tuple[tuple[ControlResult, ...], ReadEstate]:
    """Evaluate a resource as ``observe`` does; nothing is kept of an earlier evaluation."""
    resource = resource_of(body, str(body["id"]))
    estate = ReadEstate(
        reader, _NOTHING_CACHED, baseline=_CONFIG.baseline, now=NOW, owner=resource.id
    )
    scoping = LazyScopeResolver(resource, estate, _CONFIG.phi, PriorScope())
    results = evaluate_controls(DETECTORS, resource, estate, scoping=scoping, config=_CONFIG)
    return results, estate


def _seconds(step: Callable[[], None]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


class MemoryReader:
    """Answers every read from memory; what is not there does not exist."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self._documents = {ids.key(each["id"]): each for each in bodies}
        self._absent = Reading(None, NOW, "ResourceNotFound")
        items: dict[str, list[Body]] = {}
        for name, each in self._documents.items():
            items.setdefault(name.rpartition("/")[0], []).append(each)
            if name.count("/") == 8:  # a resource in a group is listed in its subscription too
                items.setdefault(ids.list_of(name), []).append(each)
        self._lists = {name: tuple(each) for name, each in items.items()}

    def get(self, resource_id: str) -> Reading:
        """Return one document."""
        found = self._documents.get(ids.key(resource_id))
        return self._absent if found is None else Reading(found, NOW)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Return the items of a collection."""
        before_page()
        return Listing(self._lists.get(ids.key(collection_id), ()), NOW)
