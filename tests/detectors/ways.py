"""The ways in which an example can be evaluated, each through the code of production."""

import contextlib
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from adapters.arm.inventory import ResourceGraph
from cli import evaluate
from cli.offline.result_line import line
from detectors.examples import NOW, Example
from drift import ids
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import Detector
from drift.model import Outcome
from drift.ports import Reader
from sandbox.arm.replicas import Lag
from sandbox.eventgrid.events import payload_event, policy_event
from sandbox.seeded_random import SeededRandom
from sandbox.world import Sandbox
from tests.detectors import in_azure
from tests.detectors.in_azure import IN_ARM, Body
from tests.detectors.watch import Said, Watch, config_of
from tests.support.production_reader import readers
from tests.support.rig import Clock


@dataclass(frozen=True, slots=True)
class Shown:
    """The first and the last message; whether ARM was asked for the resource meanwhile."""

    first: Said | None
    was_read: bool
    last: Said | None


Judged = tuple[Example, Said, Shown]
"""An example, its expected result, and its actual result."""

Way = Callable[["Azure", Example], Shown]


@dataclass(frozen=True, slots=True)
class Azure:
    """The sandbox, what production reads it by, and the one clock of all."""

    sandbox: Sandbox
    reader: Reader
    graph: ResourceGraph
    clock: Clock

    def watch(self, example: Example) -> Watch:
        return Watch(example, reader=self.reader, inventory=self.graph, clock=self.clock)

    def shown(self, way: Way, detector: Detector) -> list[Judged]:
        """Return the results of the examples of a control that are evaluated in this way."""
        examples = in_azure.examples_by(way.__name__.removeprefix("by_"))
        return list(self._each(way, (each for each in examples if each.detector is detector)))

    def failures(self, way: Way, detector: Detector) -> Iterator[Judged]:
        """Yield what a way shows of each example of a control that fails."""
        failing = (each for each in IN_ARM if each.outcome is Outcome.FAIL)
        return self._each(way, (each for each in failing if each.detector is detector))

    def _each(self, way: Way, examples: Iterable[Example]) -> Iterator[Judged]:
        for each in examples:
            self.clock.now = NOW
            in_azure.emptied(self.sandbox, Lag(), seed=_seed(each))
            try:
                yield each, expected(each), way(self, each)
            except Exception as error:
                error.add_note(str(each))
                raise


@contextlib.contextmanager
def an_azure() -> Iterator[Azure]:
    """Run a sandbox with the deviations of Azure."""
    clock = Clock()
    clock.now = NOW
    with pytest.MonkeyPatch.context() as patch, Sandbox(limits=None, clock=clock) as sandbox:
        sandbox.arm.updating_seconds = Lag().seconds
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        with readers(sandbox, lambda: clock().timestamp()) as found:
            graph = ResourceGraph(found.arm, endpoint=sandbox.arm.base_url)
            yield Azure(sandbox, found.every, graph, clock)


def judged(example: Example) -> ControlResult:
    """Evaluate the documents of an example, with its stored state."""
    estate = example.estate()
    scoping = example.scoping(example.resource, estate)
    scoping.scope()
    config = config_of(example)
    [found] = evaluate_controls(
        (example.detector,), example.resource, estate, scoping=scoping, config=config
    )
    return found


def evaluated(example: Example) -> tuple[list[dict[str, Any]], str]:
    """Return what ``phidrift evaluate --complete`` prints of an example, and its complaints."""
    first, *related = (
        {"id": path, **({"status": body} if isinstance(body, int) else body)}
        for path, body in example.documents.items()
    )
    out, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaints):
        evaluate.report(
            json.dumps({"case": str(example), "resource": first, "related": related}),
            (example.detector,),
            config_of(example),
            complete=True,
            now=NOW,
        )
    return [json.loads(each) for each in out.getvalue().splitlines()], complaints.getvalue()


def printed(example: Example) -> dict[str, Any]:
    """Return the line that ``evaluate`` is to print, which remembers no tag from before."""
    if example.former_tag:
        example = replace(example, former_tag="")
    text = line(example.resource.id, judged(example), case=str(example))
    found: dict[str, Any] = json.loads(text)
    return found


def expected(example: Example) -> Said:
    """Return what every way is to say in the end."""
    found = judged(example)
    return Said.by(found.verdict, found.severity)


def by_events(azure: Azure, example: Example) -> Shown:
    """Have engineers write the example just now, over one that passes; the events come in any order."""
    watch, chance = azure.watch(example), SeededRandom(_seed(example))
    written = in_azure.write(azure.sandbox, example, _before(example))
    for each in sorted(written, key=lambda each: chance.draw(each.place.path)):
        azure.clock.advance(seconds=1)
        watch.deliver_change(each, chance)
    if not watch.was_read:
        _have_read(azure, watch, example, chance)
    first = watch.said
    watch.settle()
    last = watch.said
    if first and first.outcome is Outcome.FAIL:
        last = _swept(azure, example, watch) or last
    return Shown(first, watch.was_read, last)


def _have_read(azure: Azure, watch: Watch, example: Example, chance: SeededRandom) -> None:
    """Have the resource itself read, of which nothing was written."""
    resource = example.resource
    if resource.type == ids.TENANT:
        watch.deliver_change(
            in_azure.written_now(azure.sandbox, resource.id, dict(resource.body)), chance
        )
    else:
        watch.deliver(policy_event(resource.id, "NonCompliant", azure.clock.now, chance))


def _swept(azure: Azure, example: Example, watch: Watch) -> Said | None:
    """Sweep, and return the result if ARM was read again, else None.

    One write is one read, also of what was never seen, of which nobody can say what is news: where
    that read failed by a thing around it that was behind, the next sweep puts it right.
    """
    azure.clock.advance(seconds=1)
    in_azure.place_row(azure.sandbox, example)
    reads = watch.own_reads
    watch.sweep()
    watch.settle()
    return watch.said if watch.own_reads > reads else None


def by_payload(azure: Azure, example: Example) -> Shown:
    """Have an event show the resource, long after it was written."""
    watch, resource = azure.watch(example), example.resource
    watch.listen()
    in_azure.place(azure.sandbox, example)
    body = dict(resource.body)
    change = in_azure.written_now(azure.sandbox, resource.id, body)
    watch.deliver(payload_event(change, body, resource.id, SeededRandom()))
    first = Said.by(watch.verdicts[0], watch.told_first) if watch.verdicts else None
    return Shown(first, watch.was_read, watch.said if watch.was_read else first)


def by_row(azure: Azure, example: Example) -> Shown:
    """Sweep the subscription."""
    watch = azure.watch(example)
    watch.past_first_contact()
    in_azure.place(azure.sandbox, example)
    in_azure.place_row(azure.sandbox, example)
    watch.sweep()
    was_read, last = watch.was_read, watch.said
    return Shown(watch.by_row_alone(), was_read, last)


def _passing() -> Mapping[str, Example]:
    """Return the first example that passes, of each control and resource."""
    found: dict[str, Example] = {}
    for each in IN_ARM:
        if each.outcome is Outcome.PASS:
            found.setdefault(_about(each), each)
    return found


def _about(example: Example) -> str:
    return f"{example.detector.CONTROL.id} of {ids.key(example.resource.id)}"


_PASSING: Final = _passing()


def _before(example: Example) -> Mapping[str, Body]:
    """Return the earlier state; nothing if the example does not need one."""
    passing = _PASSING.get(_about(example)) if example.former_tag is None else None
    return in_azure.bodies(passing) if passing else {}


def _seed(example: Example) -> int:
    return zlib.crc32(str(example).encode())
