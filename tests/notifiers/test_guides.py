"""Each control has a guide, and each type that a control evaluates has a name."""

import pytest

from detectors import DETECTORS
from drift.model import Control
from notifiers.guides import guide_of
from notifiers.resource_types import type_name

CONTROLS = [each.CONTROL for each in DETECTORS]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda each: each.id)
def test_every_control_has_a_guide_and_its_types_have_names(control: Control) -> None:
    assert guide_of(control.id).startswith("https://learn.microsoft.com/")
    assert "resource" not in {type_name(each) for each in control.resource_types}


def test_a_control_without_a_guide_has_no_address() -> None:
    assert guide_of("SOMETHING-ELSE") == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Microsoft.Storage/storageAccounts", "storage account"),
        ("microsoft.web/sites", "resource"),
        ("microsoft.storage", "resource provider"),
        ("", "resource"),
    ],
)
def test_an_unknown_type_is_a_resource(kind: str, name: str) -> None:
    assert type_name(kind) == name
