"""Which machines count as jumpboxes."""

from typing import Any

import pytest

from detectors.jumpboxes import is_jumpbox
from drift.estate import Baseline
from drift.model import Resource

MACHINE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/way-in"


def marked(tags: Any, baseline: Baseline | None = None) -> bool:
    resource = Resource(MACHINE, "microsoft.compute/virtualmachines", {"tags": tags})
    return is_jumpbox(resource, baseline or Baseline())


@pytest.mark.parametrize("tags", [{"role": "jumpbox"}, {"Owner": "it", " ROLE ": "JumpBox "}])
def test_a_machine_with_the_tag_is_a_jumpbox_whatever_its_case(tags: Any) -> None:
    assert marked(tags)


@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        {"role": "web"},
        {"purpose": "jumpbox"},
        {"role": "jumpbox-users"},
        {"role": None},
        {"role": ["jumpbox"]},
        ["role", "jumpbox"],
        "role=jumpbox",
    ],
)
def test_any_other_tags_mark_nothing(tags: Any) -> None:
    assert not marked(tags)


def test_the_operator_names_the_tag() -> None:
    chosen = Baseline(jumpbox_tag_names=("purpose",), jumpbox_tag_values=("admin", "bastion"))

    assert marked({"Purpose": "bastion"}, chosen)
    assert not marked({"role": "jumpbox"}, chosen)


@pytest.mark.parametrize("none", [{"jumpbox_tag_names": ()}, {"jumpbox_tag_values": ()}])
def test_without_a_name_or_a_value_there_are_no_jumpboxes(none: dict[str, Any]) -> None:
    assert not marked({"role": "jumpbox"}, Baseline(**none))
