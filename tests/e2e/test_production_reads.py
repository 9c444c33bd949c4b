"""Every control gives the same result through production reads as from given documents.

And with each of those reads refused in turn it never passes: what could not be read might have
changed the verdict.
"""

import itertools
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest

from adapters.store.sqlite import SqliteStore
from bench.offline_services import offline_services
from detectors.examples import NOW, Example
from drift import ids
from drift.arm import graph
from drift.arm.cached_read import CachedRead
from drift.config.model import Config
from drift.controls.result import ControlResult
from drift.model import Outcome
from drift.observation.observation import Observation
from drift.observation.observe import observe
from drift.ports import Reader
from drift.state.resource_record import Record
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.http.endpoint import Endpoint
from sandbox.world import Sandbox
from tests.detectors import in_azure
from tests.detectors.in_azure import BEYOND_ARM, IN_ARM
from tests.detectors.judging import EXAMPLES, is_needed
from tests.support.production_reader import address_of, readers

HARMS: Mapping[str, Callable[[Endpoint, str], None]] = {
    "403": lambda service, path: service.refuse(path, status=403),
    "404 of another kind": lambda service, path: service.refuse(
        path, status=404, code="InvalidResourceType"
    ),
    "429": lambda service, path: service.refuse(path, status=429, retry_after=7),
    "500": lambda service, path: service.refuse(path, status=500),
    "reset": lambda service, path: service.reset(path, times=None),
}


def harm_read(azure: Sandbox, document: str, harm: str) -> None:
    """Let one document be answered in one of these ways from now on."""
    service = azure.graph if graph.is_graph(document) else azure.arm
    HARMS[harm](service, f"{re.escape(address_of(document))}$")


@dataclass(frozen=True, slots=True)
class Estate:
    """The reader of production, the sandbox it reads, and one example in it."""

    azure: Sandbox
    reader: Reader
    store: SqliteStore

    def set_up(self, example: Example, *, harmed: str = "") -> None:
        """Place only the documents of the example; refuse those that it marks as refused."""
        in_azure.emptied(self.azure)
        in_azure.place(self.azure, example, harmed=harmed)

    def look(self, example: Example, cached: Mapping[str, CachedRead]) -> Observation:
        """Look at the example's resource as production does."""
        services = offline_services(
            store=self.store,
            reader=self.reader,
            channels=(),
            config=Config(baseline=example.baseline, phi=example.phi),
            subscription=ids.subscription_of(example.resource.id),
            clock=lambda: NOW,
            detectors=(example.detector,),
        )
        tag = example.former_tag or ""
        record = Record(id=example.resource.id, phi_tag=tag, phi_because=tag)
        return observe(services, record, cached)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Return an Azure that is looked at once, through each reader, so no replica is behind."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox(lag=None, limits=None, behaviour=PROMPT) as azure,
    ):
        for name, value in azure.environment().items():
            patch.setenv(name, value)
        with (
            readers(azure) as found,
            closing(SqliteStore(tmp_path_factory.mktemp("reads") / "state.db")) as store,
        ):
            yield Estate(azure, found.every, store)


@pytest.mark.parametrize("example", in_azure.examples_by("reads"), ids=str)
def test_an_example_is_judged_alike_through_reads_and_never_passes_without_one(
    estate: Estate, example: Example
) -> None:
    estate.set_up(example)
    whole = estate.look(example, {})
    judged = only(whole)

    assert (judged.verdict.outcome, judged.severity) == (example.outcome, example.severity)
    assert [each for each in example.says if each not in judged.verdict.reason] == []
    assert [each for each in refusals(estate, example, whole) if each.endswith("pass")] == []


def test_no_example_is_listed_as_beyond_arm_that_no_longer_exists() -> None:
    assert {str(each) for each in EXAMPLES} >= BEYOND_ARM


@pytest.mark.parametrize("harm", HARMS)
def test_a_resource_that_cannot_be_read_itself_is_not_judged(estate: Estate, harm: str) -> None:
    example = next(each for each in IN_ARM if each.outcome is Outcome.PASS)
    estate.set_up(example)
    harm_read(estate.azure, example.resource.id, harm)
    observation = estate.look(example, {})

    assert (observation.results, observation.gone) == ((), False)
    assert [each.what for each in observation.failures] == [example.resource.id]


def refusals(estate: Estate, example: Example, whole: Observation) -> list[str]:
    """Refuse each related read in one of the ways, and return what came of it, with the others as they were.

    The ways take turns, from another one for each example.
    """
    found = []
    turns = itertools.islice(
        itertools.cycle(HARMS), zlib.crc32(str(example).encode()) % len(HARMS), None
    )
    needed = [each for each in whole.asked if is_needed(example.detector.CONTROL.id, each)]
    for document, harm in zip(needed, turns, strict=False):
        estate.set_up(example, harmed=document)
        harm_read(estate.azure, document, harm)
        others = {name: each for name, each in whole.asked.items() if name != document}
        observation = estate.look(example, others)
        assert document in {ids.key(each.what) for each in observation.failures}
        found.append(f"{document}: {harm}: {only(observation).verdict.outcome}")
    return found


def only(observation: Observation) -> ControlResult:
    [judged] = observation.results
    return judged
