"""Logs that go to several workspaces, one of which is being deleted."""

from typing import Any

import pytest

from detectors.storage import logging
from drift.model import Outcome
from tests.detectors.storage.accounts import ACCOUNT, SUBSCRIPTION, CountingEstate, account

BLOBS = f"{ACCOUNT}/blobServices/default"
WORKSPACES = (
    f"{SUBSCRIPTION}/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces"
)
ALL = ("StorageRead", "StorageWrite", "StorageDelete")


def sends(workspace: str, *categories: str) -> dict[str, Any]:
    """Return a setting that sends these categories to a workspace."""
    name = f"{BLOBS}/providers/Microsoft.Insights/diagnosticSettings/to-{workspace}"
    logs = [{"category": each, "enabled": True} for each in categories]
    return {"id": name, "properties": {"workspaceId": f"{WORKSPACES}/{workspace}", "logs": logs}}


def workspace(name: str, state: str) -> dict[str, Any]:
    return {"id": f"{WORKSPACES}/{name}", "properties": {"provisioningState": state}}


def estate(*bodies: dict[str, Any]) -> CountingEstate:
    return CountingEstate({each["id"]: each for each in bodies})


@pytest.mark.parametrize("state", ["Deleting", "Failed", "Creating", "later"])
def test_what_also_goes_into_a_workspace_that_is_there_is_logged(state: str) -> None:
    around = estate(
        *(sends("old", *ALL), workspace("old", state)),
        *(sends("new", *ALL), workspace("new", "Succeeded")),
    )
    verdict = logging.evaluate(account("BlockBlobStorage"), around)

    assert verdict.outcome is Outcome.PASS


def test_a_part_that_goes_into_a_workspace_that_is_being_deleted_is_unknown() -> None:
    around = estate(
        *(sends("old", "StorageRead"), workspace("old", "Deleting")),
        *(sends("new", *ALL[1:]), workspace("new", "Succeeded")),
    )
    verdict = logging.evaluate(account("BlockBlobStorage"), around)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "workspaces/old#properties.provisioningState" in verdict.reason


def test_a_part_that_goes_into_a_workspace_that_is_gone_is_missing_whatever_the_other_is() -> None:
    around = estate(
        sends("gone", "StorageRead"), sends("old", *ALL[1:]), workspace("old", "Failed")
    )
    verdict = logging.evaluate(account("BlockBlobStorage"), around)

    assert verdict.outcome is Outcome.FAIL
    assert "a workspace that does not exist: gone" in verdict.reason
