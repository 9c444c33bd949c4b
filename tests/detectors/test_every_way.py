"""Every example gets the same verdict from a file, from events, from a payload and from a row.

The sandbox deviates as Azure does: replicas are behind, or show what is new as still being changed;
events come in any order; one that shows a resource is of an old api-version; rows spell otherwise.
"""

from collections.abc import Iterable, Iterator

import pytest

from detectors import DETECTORS
from detectors.examples import Example
from drift.detector import Detector
from drift.model import Outcome
from tests.detectors.judging import EXAMPLES
from tests.detectors.watch import Said
from tests.detectors.ways import (
    Azure,
    Judged,
    Shown,
    an_azure,
    by_events,
    by_payload,
    by_row,
    evaluated,
    printed,
)

EACH = pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.CONTROL.id)

UNFIT = {
    # A body without properties may be flattened: evaluate refuses it, a control must bear it.
    "STORAGE-RECOVERY-fail-nothing is shown",
    "NSG-COVERAGE-unknown-no properties are shown",
    "BASTION-unknown-no properties are shown",
    "SQL-PUBLIC-ACCESS-unknown-a managed instance that shows nothing",
    "FHIR-NETWORK-unknown-no properties are shown",
}
"""Examples of answers that ARM may give and a file may not contain."""

SHOWN_BY_AN_EVENT = {
    *("STORAGE-TLS", "STORAGE-SHARED-KEY", "STORAGE-CMK", "VM-HOST-ENCRYPTION"),
    *("VM-UNMANAGED-DISK", "NSG-ADMIN-PORTS", "NSG-COVERAGE", "SQL-PUBLIC-ACCESS", "SQL-TLS"),
    "KEYVAULT-PROTECTION",
}
"""Controls for which an event that contains the resource can prove a failure."""

SHOWN_BY_A_ROW = SHOWN_BY_AN_EVENT | {
    *(
        "DISK-CMK",
        "STORAGE-PUBLIC-ACCESS",
        "STORAGE-FIREWALL",
        "DISK-PUBLIC-EXPORT",
        "KEYVAULT-NETWORK",
    ),
    "PHI-TAG",
}

HANGS_ON_MORE = {"NSG-ADMIN-PORTS", "STORAGE-PUBLIC-ACCESS"}
"""Controls whose severity depends on related resources: machines, containers."""

NOT_SWEPT = {
    "STORAGE-FIREWALL-fail-a wildcard, while the tenant cannot be read",
    "STORAGE-FIREWALL-unknown-the tenant cannot be read",
    "FHIR-NETWORK-unknown-the tenant cannot be read",
    "PHI-TAG-not_applicable-it never carried one, and the subscription cannot be read",
}
"""Examples in a subscription that cannot be read: it is not swept, and MONITOR-BLIND reports that."""

BEHIND_A_PERIMETER = {
    "STORAGE-FIREWALL-pass-a perimeter that enforces before an open firewall",
    "STORAGE-FIREWALL-pass-a perimeter that enforces ends the rule of an unapproved resource",
    "KEYVAULT-NETWORK-pass-a perimeter that enforces before an open firewall",
    "COSMOS-NETWORK-pass-a perimeter that enforces, before a firewall without rules",
}
"""Examples that fail by their own firewall until the perimeter that overrides it is read."""

MANY = 25
"""Of so many examples some are read from a replica that is behind."""


@pytest.fixture(scope="module")
def azure() -> Iterator[Azure]:
    with an_azure() as found:
        yield found


@EACH
def test_a_file_is_judged_as_its_documents_are(detector: Detector) -> None:
    wrong = []
    for each in (each for each in EXAMPLES if each.detector is detector):
        lines, complaints = evaluated(each)
        refused = not lines and "is flattened" in complaints
        if not (refused if str(each) in UNFIT else lines == [printed(each)]):
            wrong.append(f"{each}: {lines or complaints}")

    assert wrong == []


@EACH
def test_events_end_in_the_same_however_far_replicas_are_behind(
    azure: Azure, detector: Detector
) -> None:
    shown = azure.shown(by_events, detector)

    assert [f"{each}: {it.last}" for each, said, it in shown if it.last != said] == []
    assert any(it.first != said for _, said, it in shown) or len(shown) < MANY


@EACH
def test_an_event_that_shows_the_resource_misleads_nobody_and_ends_in_the_same(
    azure: Azure, detector: Detector
) -> None:
    shown = azure.shown(by_payload, detector)

    assert misled(shown) == []
    if detector.CONTROL.id in SHOWN_BY_AN_EVENT:
        assert fails_at_first(shown) or fails_at_first(azure.failures(by_payload, detector))


@EACH
def test_a_row_misleads_nobody_and_a_sweep_ends_in_the_same(
    azure: Azure, detector: Detector
) -> None:
    left_out = NOT_SWEPT | BEHIND_A_PERIMETER
    shown = [each for each in azure.shown(by_row, detector) if str(each[0]) not in left_out]

    assert misled(shown) == []
    if detector.CONTROL.id in SHOWN_BY_A_ROW:
        assert fails_at_first(shown) or fails_at_first(azure.failures(by_row, detector))


def test_no_example_is_listed_as_unfit_that_no_longer_exists() -> None:
    assert {str(each) for each in EXAMPLES} >= UNFIT | NOT_SWEPT | BEHIND_A_PERIMETER


def misled(shown: Iterable[Judged]) -> list[str]:
    """Return the false or missing messages, at first or in the end."""
    return [f"{each}: {it}" for each, said, it in shown if not _is_so(each, said, it)]


def _is_so(example: Example, said: Said, shown: Shown) -> bool:
    first = shown.first
    if shown.last != said or first is None:
        return shown.last == said and shown.was_read
    if first.outcome is Outcome.UNKNOWN:
        return True
    if first.outcome is not Outcome.FAIL:
        return first.outcome is said.outcome
    as_bad = first.severity is said.severity or example.detector.CONTROL.id in HANGS_ON_MORE
    return said.outcome is Outcome.FAIL and as_bad and shown.was_read


def fails_at_first(shown: Iterable[Judged]) -> bool:
    """Tell whether one failure at least needed no read to be seen."""
    return any(it.first and it.first.outcome is Outcome.FAIL for _, _, it in shown)
