"""The checks of other tools and standards that look at the same setting as a control."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("peers.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The ids of a check in other tools; ``~`` after a CIS number: weaker or wider than the control."""

    prowler: tuple[str, ...] = ()
    checkov: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()


def peers_of(control_id: str) -> Peers:
    """Return the matching checks of a control, none if no other tool is known to have one."""
    return every_peer().get(control_id, Peers())


@cache
def every_peer() -> Mapping[str, Peers]:
    """Return the checks by the id of their control, as ``peers.json`` lists them."""
    listed = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        control: Peers(**{kind: tuple(found) for kind, found in ids.items()})
        for control, ids in listed.items()
    }
