"""ACCESS-REVIEW in a tenant without the licence that reviews need."""

from detectors.access import review
from detectors.examples import NOW, load
from drift import ids
from drift.arm import graph
from drift.controls.document_estate import Document, DocumentEstate
from drift.model import Outcome, Verdict
from tests.detectors.judging import verdict_of

EXAMPLE = next(each for each in load(review) if each.name == "no series")
REVIEWS = ids.key(graph.in_tenant(EXAMPLE.resource.id, graph.REVIEWS))
REFUSED: dict[str, Document] = {REVIEWS: "HTTP 403 NoLicense"}


NOBODY_ELIGIBLE: dict[str, Document] = {
    ids.key(graph.in_tenant(EXAMPLE.resource.id, graph.ELIGIBILITIES)): (
        "HTTP 400 AadPremiumLicenseRequired"
    )
}


def judged(name: str, refused: dict[str, Document] = REFUSED) -> Verdict:
    example = next(each for each in load(review) if each.name == name)
    documents = {**example.related, **refused}
    estate = DocumentEstate(documents, complete=True, baseline=example.baseline, now=NOW)
    return verdict_of(example, example.resource, estate)


def test_without_a_licence_no_review_can_exist_and_that_fails() -> None:
    verdict = judged("no series")

    assert verdict.outcome is Outcome.FAIL
    assert "without a licence P2" in verdict.reason


def test_a_review_by_hand_needs_no_licence() -> None:
    assert judged("held by hand, as monitor.toml attests").outcome is Outcome.PASS


def test_without_a_licence_nobody_is_eligible() -> None:
    verdict = judged("a quarterly series, and the last review was applied", NOBODY_ELIGIBLE)

    assert verdict.outcome is Outcome.PASS
