"""ROLE-PRIVILEGED-ASSIGNMENT in a tenant without the licence of Privileged Identity Management."""

from detectors.examples import NOW, load
from detectors.role import grants, privileged_assignment
from drift import ids
from drift.controls.document_estate import Document, DocumentEstate
from drift.model import Outcome
from tests.detectors.judging import verdict_of

EXAMPLE = next(
    each for each in load(privileged_assignment) if each.name == "the approved group is Owner"
)
LIST = ids.key(f"{EXAMPLE.resource.id}/providers/{grants.ELIGIBILITIES}")


def outcome(answer: str) -> Outcome:
    documents: dict[str, Document] = {**EXAMPLE.related, LIST: answer}
    estate = DocumentEstate(documents, complete=True, baseline=EXAMPLE.baseline, now=NOW)
    return verdict_of(EXAMPLE, EXAMPLE.resource, estate).outcome


def test_without_a_licence_nobody_is_eligible() -> None:
    assert outcome("HTTP 400 AadPremiumLicenseRequired") is Outcome.PASS


def test_another_refusal_says_nothing_of_who_is_eligible() -> None:
    assert outcome("HTTP 400 InvalidFilter") is Outcome.UNKNOWN
