"""The examples of every control, and a control's verdict on one."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from detectors import DETECTORS, examples
from detectors.examples import NOW, Example
from drift import ids
from drift.config.model import Config
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import Detector
from drift.estate import Around
from drift.model import Outcome, Resource, Verdict

EXAMPLES: Final = [example for detector in DETECTORS for example in examples.load(detector)]
FAILURES: Final = [each for each in EXAMPLES if each.outcome is Outcome.FAIL]

each_control: Final = pytest.mark.parametrize(
    "detector", DETECTORS, ids=lambda each: each.CONTROL.id
)
"""One test for all examples of a control: a test for each example costs more than its verdict."""


def examples_of(detector: Detector) -> list[Example]:
    """Return the examples of a control."""
    return [each for each in EXAMPLES if each.detector is detector]


def failures_of(detector: Detector) -> list[Example]:
    """Return the examples of a control that fail."""
    return [each for each in FAILURES if each.detector is detector]


def judgement_of(example: Example, resource: Resource, estate: Around) -> ControlResult:
    """Judge a resource by an example's control, as production does."""
    scoping = example.scoping(resource, estate)
    [judged] = evaluate_controls(
        (example.detector,), resource, estate, scoping=scoping, config=Config()
    )
    return judged


def verdict_of(example: Example, resource: Resource, estate: Around) -> Verdict:
    """Return the verdict alone."""
    return judgement_of(example, resource, estate).verdict


def judged_in(example: Example, documents: Mapping[str, Any]) -> Verdict:
    """Evaluate the example's resource in these documents."""
    body = documents[ids.key(example.resource.id)]
    estate = DocumentEstate(documents, complete=True, baseline=example.baseline, now=NOW)
    return verdict_of(example, Resource(example.resource.id, example.resource.type, body), estate)


_NOT_NEEDED = {
    # What Defender for Cloud shows of a standard adds to an assignment by Azure Policy, and decides nothing.
    # An assignment that cannot be read takes nothing from one that can.
    "DEFENDER-COMPLIANCE-STANDARD": (
        "microsoft.authorization/policyassignments",
        "microsoft.security/standardassignments",
        "microsoft.security/securitystandards",
        "microsoft.security/regulatorycompliancestandards",
    ),
}
"""Types whose refusal leaves a pass proven."""


def is_needed(control_id: str, asked: str) -> bool:
    """Tell whether a control must not pass because one of its reads was refused."""
    return ids.type_of(asked) not in _NOT_NEEDED.get(control_id, ())
