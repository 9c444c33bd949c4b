"""The monitor reports a deleted protection at once after its event, and without an event by the next sweep.

Each control is taken from its first example that passes. What it read is deleted, object by object, and
its first example that fails takes its place. Each of these that fails the control must open its incident.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from detectors import DETECTORS
from detectors.examples import NOW, Example
from drift import ids
from drift.detector import Detector
from drift.model import Outcome
from sandbox.arm.replicas import Lag
from sandbox.seeded_random import SeededRandom
from tests.detectors import in_azure
from tests.detectors.in_azure import IN_ARM, Body
from tests.detectors.watch import Watch
from tests.detectors.ways import Azure, an_azure, judged

EACH = pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.CONTROL.id)


@dataclass(frozen=True, slots=True)
class Loss:
    """A change by which an example no longer passes: each document as it is then, None where deleted."""

    of: Example
    name: str
    after: Mapping[str, Body | None]


def losses_of(detector: Detector) -> Iterator[Loss]:
    """Yield what the passing example of a control can lose."""
    own = [each for each in IN_ARM if each.detector is detector and each.former_tag is None]
    passing = next((each for each in own if each.outcome is Outcome.PASS), None)
    if passing:
        yield from _deletions(passing)
        yield from _weakened(passing, own)


def _deletions(passing: Example) -> Iterator[Loss]:
    before = in_azure.bodies(passing)
    own = ids.key(passing.resource.id)
    for name in sorted(before.keys() - {own}):
        gone = {each for each in before if each == name or each.startswith(f"{name}/")}
        left = {each: body for each, body in before.items() if each not in gone | {own}}
        after = replace(passing, related=left)
        if own not in gone and judged(after).verdict.outcome is Outcome.FAIL:
            yield Loss(passing, f"{name} is deleted", dict.fromkeys(gone))


def _weakened(passing: Example, own: list[Example]) -> Iterator[Loss]:
    before = in_azure.bodies(passing)
    for each in own:
        after = in_azure.bodies(each)
        is_same = ids.key(each.resource.id) == ids.key(passing.resource.id)
        plain = is_same and each.baseline == passing.baseline and len(after) == len(each.documents)
        if each.outcome is Outcome.FAIL and plain:
            changed = {key: after.get(key) for key in {**before, **after}}
            differing = {key: body for key, body in changed.items() if body != before.get(key)}
            yield Loss(passing, f"it becomes: {each.name}", differing)
            return


Lose = Callable[[Azure, Watch, Loss], None]


@pytest.fixture(scope="module")
def azure() -> Iterator[Azure]:
    with an_azure() as found:
        yield found


def missed(azure: Azure, losses: Iterable[Loss], lose: Lose) -> list[str]:
    """Return the losses after which the incident of their control is not open."""
    found = []
    for loss in losses:
        azure.clock.now = NOW
        in_azure.emptied(azure.sandbox, Lag(), seed=1)
        watch = azure.watch(loss.of)
        watch.past_first_contact()
        in_azure.place(azure.sandbox, loss.of)
        in_azure.place_row(azure.sandbox, loss.of)
        own = loss.of.resource
        seen = in_azure.written_now(azure.sandbox, own.id, dict(own.body))
        watch.deliver_change(seen, SeededRandom(1))
        watch.settle()
        assert outcome_of(watch) is Outcome.PASS, loss.of
        azure.clock.now += timedelta(hours=1)
        lose(azure, watch, loss)
        watch.settle()
        if outcome_of(watch) is not Outcome.FAIL:
            found.append(f"{loss.of}: {loss.name}: {watch.said}")
    return found


def _has_no_event(document: str) -> bool:
    """Tell whether no subscription's event reports a document: of a management group, or a policy state."""
    is_state = ids.type_of(document) == ids.POLICY_STATES
    return is_state or document.startswith("/providers/microsoft.management/")


def outcome_of(watch: Watch) -> Outcome | None:
    return watch.said.outcome if watch.said else None


def by_event(azure: Azure, watch: Watch, loss: Loss) -> None:
    _write(azure, loss)
    chance = SeededRandom(2)
    for path, body in loss.after.items():
        if any(ids.belongs_to(path, other) for other in loss.after if other != path):
            continue
        azure.clock.advance(seconds=1)
        named = str(body["id"]) if body else path
        watch.deliver_change(in_azure.written_now(azure.sandbox, named, body), chance)


def _write(azure: Azure, loss: Loss) -> None:
    for path, body in loss.after.items():
        azure.sandbox.cloud.documents.write(path, body, azure.clock())
    own = loss.of.resource
    if body := loss.after.get(ids.key(own.id)):
        in_azure.place_row(azure.sandbox, replace(loss.of, resource=replace(own, body=body)))


def by_sweep(azure: Azure, watch: Watch, loss: Loss) -> None:
    _write(azure, loss)
    azure.clock.now += timedelta(hours=1)
    watch.sweep()


@EACH
def test_what_protects_is_missed_by_its_event(azure: Azure, detector: Detector) -> None:
    losses = (each for each in losses_of(detector) if not any(map(_has_no_event, each.after)))

    assert missed(azure, losses, by_event) == []


@EACH
def test_what_protects_is_missed_by_the_next_sweep(azure: Azure, detector: Detector) -> None:
    assert missed(azure, losses_of(detector), by_sweep) == []
