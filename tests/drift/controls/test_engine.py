"""The effect of a resource's PHI scope on its results."""

from datetime import UTC, datetime

import pytest

from detectors.storage import recovery
from drift.config.model import Config, PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.estate import Baseline, Estate
from drift.model import Outcome, Resource, Verdict
from drift.phi.resolver import LazyScopeResolver, PriorScope
from tests.support.open_account import toy

ACCOUNT = "/subscriptions/5a4e/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/scans"
SERVICE = f"{ACCOUNT}/blobServices/default"
GROUP = "/subscriptions/5a4e/resourcegroups/machines"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/reader"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def outcome(days: int, *, phi: bool | None, asked: int = 30) -> Outcome:
    """Evaluate an account that keeps deleted data for this time."""
    kept = {"enabled": True, "days": days}
    properties = {
        "deleteRetentionPolicy": kept,
        "containerDeleteRetentionPolicy": kept,
        "isVersioningEnabled": True,
    }
    estate = DocumentEstate(
        {SERVICE.lower(): {"id": SERVICE, "properties": properties}},
        complete=phi is not None,
        baseline=Baseline(soft_delete_days=asked),
        now=NOW,
    )
    account = Resource(ACCOUNT, "microsoft.storage/storageaccounts", {"kind": "StorageV2"})
    listed = ("5a4e",) if phi else ()
    scoping = LazyScopeResolver(account, estate, PhiScope(subscriptions=listed), PriorScope())
    [result] = evaluate_controls((recovery,), account, estate, scoping=scoping, config=Config())
    assert result.scope.phi is phi
    return result.verdict.outcome


@pytest.mark.parametrize(
    ("days", "phi", "asked", "expected"),
    [
        (7, True, 30, Outcome.FAIL),
        (7, None, 30, Outcome.FAIL),
        (7, False, 30, Outcome.PASS),
        (6, False, 30, Outcome.FAIL),
        (30, True, 30, Outcome.PASS),
        (3, False, 3, Outcome.PASS),
    ],
)
def test_seven_days_are_enough_for_what_is_deleted_without_phi(
    days: int, phi: bool | None, asked: int, expected: Outcome
) -> None:
    assert outcome(days, phi=phi, asked=asked) is expected


@pytest.mark.parametrize(
    ("tags", "group", "known"),
    [
        ({"dataClassification": "phi"}, {"tags": {}}, True),
        ({}, {"tags": {"dataClassification": "phi"}}, True),
        ({}, {"tags": {}}, False),
        ({}, 403, None),
    ],
)
def test_a_control_is_told_of_the_machines_around_what_it_judges(
    tags: dict[str, str], group: dict[str, object] | int, known: bool | None
) -> None:
    machine = Resource(MACHINE, "microsoft.compute/virtualmachines", {"tags": tags})

    def tell(_: Resource, estate: Estate) -> Verdict:
        return Verdict(Outcome.PASS, str(estate.holds_phi(machine)))

    around = DocumentEstate({GROUP: group}, complete=True, baseline=Baseline(), now=NOW)
    account = Resource(ACCOUNT, "microsoft.storage/storageaccounts", {})
    scoping = LazyScopeResolver(account, around, PhiScope(), PriorScope())
    told = toy("TOY", tell)
    [result] = evaluate_controls((told,), account, around, scoping=scoping, config=Config())

    assert result.verdict.reason == str(known)
