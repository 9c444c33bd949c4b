"""The checks of other tools: known ids of controls, and ids in the form of their tool."""

import re
from pathlib import Path
from typing import Final

import pytest

from cli.controls import listed_controls
from cli.peers import every_peer

CONTROL_IDS: Final = (
    (Path(__file__).parents[1] / "detectors/control_ids.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)
FORMS: Final = {
    "prowler": r"[a-z]+_[a-z0-9_]+",
    "checkov": r"CKV2?_AZURE_\d+",
    "policy": r"[0-9a-z]{8}(-[0-9a-z]{4}){3}-[0-9a-z]{12}",  # one built-in id is not hexadecimal
    "cis": r"\d+(\.\d+)+~?",
}


def test_every_control_has_an_id_of_the_catalogue() -> None:
    assert len(set(CONTROL_IDS)) == len(CONTROL_IDS)
    assert {each.id for each in listed_controls()} == set(CONTROL_IDS)


def test_only_controls_of_the_catalogue_have_peers() -> None:
    assert every_peer().keys() - set(CONTROL_IDS) == set()


@pytest.mark.parametrize("tool", FORMS)
def test_the_ids_of_a_tool_have_its_form_and_stand_once_for_a_control(tool: str) -> None:
    for control, peers in every_peer().items():
        ids: tuple[str, ...] = getattr(peers, tool)
        assert len(set(ids)) == len(ids), control
        assert [each for each in ids if not re.fullmatch(FORMS[tool], each)] == []
