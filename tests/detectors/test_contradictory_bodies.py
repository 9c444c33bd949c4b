"""No control passes where another body in the input shows what would fail."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cli import evaluate
from detectors.examples import NOW, Body, Example
from drift import ids
from drift.config.model import Config
from drift.controls.expanded_documents import other_versions
from drift.detector import Detector
from drift.model import Outcome, Resource
from tests.detectors.judging import each_control, examples_of, failures_of, judged_in

SHOWN_BY = (
    "/subscriptions/77aa0f3c-52d1-4a0b-8c1e-6e9f0d3b2c55/resourceGroups/rg"
    "/providers/Microsoft.Example/others/shows"
)

ONLY_ABSENCE_FAILS = {"NSG-COVERAGE"}
"""Its failures lack a property that a pass has: that is no contradiction."""


def contradictions(passing: Example, failing: Example) -> Iterator[Body]:
    """Yield each body of a failure that alone makes the passing example fail."""
    for name, body in failing.documents.items():
        own = passing.documents.get(name)
        if not isinstance(own, dict) or not isinstance(body, dict) or "properties" not in body:
            continue
        resource = Resource(own.get("id", name), ids.type_of(name), own)
        for _, other in other_versions(resource, {name: (body,)}):
            documents = {**passing.documents, name: other.body}
            if judged_in(passing, documents).outcome is Outcome.FAIL:
                yield {**body, "id": own.get("id", name), "type": ids.type_of(name)}


def most_contradicted(detector: Detector) -> tuple[Example, list[Body]]:
    """Return a passing example, and the bodies that contradict it: none where only absence fails."""
    passes = (each for each in examples_of(detector) if each.outcome is Outcome.PASS)
    found = (
        (
            passing,
            [body for each in failures_of(detector) for body in contradictions(passing, each)],
        )
        for passing in passes
    )
    first = next(found)
    return next((each for each in (first, *found) if each[1]), first)


def given(passing: Example, *shown: Body) -> dict[str, Any]:
    shows = {"id": SHOWN_BY, "properties": {"each": list(shown)}}
    related = [
        {"id": name, "status": body} if isinstance(body, int) else {"id": name, **body}
        for name, body in passing.related.items()
    ]
    return {"resource": dict(passing.resource.body), "related": [*related, shows]}


@each_control
def test_a_control_does_not_pass_where_another_body_shows_a_failure(
    detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    passing, shown = most_contradicted(detector)
    config = Config(baseline=passing.baseline, phi=passing.phi)

    for body in shown:
        evaluate.report(
            json.dumps(given(passing, body)), (detector,), config, complete=True, now=NOW
        )
        found = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
        own = [
            each for each in found if ids.key(each["resourceId"]) == ids.key(passing.resource.id)
        ]

        assert [each["outcome"] for each in own] != ["pass"], body["id"]
        assert own
    assert bool(shown) is (detector.CONTROL.id not in ONLY_ABSENCE_FAILS)
