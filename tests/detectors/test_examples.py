"""The loader of the examples beside each control."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from detectors import examples
from drift.detector import Detector
from drift.estate import Baseline
from drift.model import Outcome, Severity

ACCOUNT = "/subscriptions/5a4e/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/scans"
BASE: dict[str, Any] = {
    "resource": {"id": ACCOUNT, "tags": {"owner": "it"}, "properties": {"open": False, "days": 7}},
    "related": {"~/blobServices/default": {"properties": {"kept": True}}},
    "baseline": {"approved_networks": ["203.0.113.0/24"]},
}


def load(folder: Path, document: dict[str, Any]) -> tuple[examples.Example, ...]:
    module = ModuleType("detectors.storage.locks")
    module.__file__ = str(folder / "locks.py")
    (folder / "locks.examples.json").write_text(json.dumps(document), encoding="utf-8")
    return examples.load(cast(Detector, module))


def one(folder: Path, outcome: str, case: dict[str, Any]) -> examples.Example:
    [example] = load(folder, {**BASE, outcome: {"case": case}})
    return example


def test_an_example_without_patches_is_the_base(tmp_path: Path) -> None:
    example = one(tmp_path, "pass", {})

    assert example.outcome is Outcome.PASS
    assert example.resource.body == BASE["resource"]
    assert example.baseline == Baseline(approved_networks=("203.0.113.0/24",))


def test_a_patch_replaces_removes_and_goes_deeper(tmp_path: Path) -> None:
    patch = {"properties": {"open": True, "days": None, "rules": [1]}}
    example = one(tmp_path, "fail", {"resource": patch, "severity": "high", "says": ["open"]})

    assert example.resource.body["properties"] == {"open": True, "rules": [1]}
    assert example.resource.tags == {"owner": "it"}
    assert (example.severity, example.says) == (Severity.HIGH, ("open",))


def test_a_related_thing_is_a_whole_body_found_by_its_id(tmp_path: Path) -> None:
    found = one(tmp_path, "pass", {}).estate().get(f"{ACCOUNT}/blobServices/default")

    assert found is not None
    assert (found.id, found.name) == (f"{ACCOUNT}/blobServices/default", "default")
    assert found.body["type"] == "microsoft.storage/storageaccounts/blobservices"


def test_a_related_thing_can_be_refused_removed_and_replaced(tmp_path: Path) -> None:
    other = f"{ACCOUNT}/encryptionScopes/research"
    related = {"~/blobServices/default": None, "~/locks": {"status": 403}, other: {"etag": "2"}}
    example = one(tmp_path, "unknown", {"related": related})

    assert example.related.keys() == {f"{ACCOUNT}/locks".lower(), other.lower()}
    assert example.related[f"{ACCOUNT}/locks".lower()] == 403


def test_one_example_leaves_the_next_as_it_was(tmp_path: Path) -> None:
    cases = {"open": {"resource": {"properties": {"open": True}}}, "shut": {}}
    _, shut = load(tmp_path, {**BASE, "pass": cases})

    assert shut.resource.get("properties.open") is False


@pytest.mark.parametrize(
    "document",
    [
        {**BASE, "passes": {}},
        {**BASE, "pass": {"case": {"properties": {}}}},
        {**BASE, "pass": {"case": {"baseline": {"approved_network": []}}}},
    ],
)
def test_a_name_that_means_nothing_is_refused(tmp_path: Path, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is none of"):
        load(tmp_path, document)
