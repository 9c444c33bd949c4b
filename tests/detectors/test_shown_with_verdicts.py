"""The evidence and the fix of a verdict, beyond its outcome and reason."""

import pytest

from detectors.network import admin_ports
from detectors.storage import immutability
from drift.detector import Detector
from drift.model import Outcome, Verdict
from tests.detectors.judging import examples_of, verdict_of


def verdict_on(detector: Detector, name: str) -> Verdict:
    """Return the verdict on an example of a control, by its name."""
    (example,) = (each for each in examples_of(detector) if each.name == name)
    return verdict_of(example, example.resource, example.estate())


@pytest.mark.parametrize(
    ("example", "note"),
    [
        ("a locked policy that refuses appends", "A lock fixes this for ever"),
        ("a policy that refuses appends and is not locked", "Allow protected append writes"),
    ],
)
def test_the_advice_for_a_log_that_cannot_grow_depends_on_the_lock(example: str, note: str) -> None:
    fix = verdict_on(immutability, example).fix

    assert fix is not None
    assert note in fix.note


def test_an_unknown_verdict_on_rules_shows_the_rules_that_are_in_doubt() -> None:
    verdict = verdict_on(admin_ports, "from a service whose addresses are not known here")

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.evidence
    assert "securityRules" in verdict.evidence[0].path
