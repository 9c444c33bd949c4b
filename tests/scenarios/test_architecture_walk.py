"""Walks of docs/architecture.md name their files in the order in which an event enters them."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from detectors.phi import tag
from drift.config.model import PhiScope
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken
from tests.support.rig import ACCOUNT, Rig

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/architecture.md").read_text("utf-8")
NOT_ENTERED: Final = {
    "function_app.py",
    "drift/changes/first_failures.py",
    "detectors/storage/firewall.py",
    "notifiers/teams/message.py",
    "notifiers/teams/notifier.py",
    "notifiers/http.py",
}
"""Files that the first test does not enter: it has a control and a channel of its own, and no slow list."""

OF_OTHER_EVENTS: Final = {
    "drift/config/model.py",
    "drift/config/monitor_toml.py",
    "drift/changes/event_payload.py",
    "drift/changes/first_failures.py",
    "drift/changes/fanout.py",
}
"""Files that no write of a resource enters: the settings are read before, the others are of other events."""


def walk(number: int) -> list[str]:
    """Return the files that a walk names, in order."""
    text = PAGE.partition(f"### {number}. ")[2].partition("\n### ")[0]
    return re.findall(r"`([\w/]+\.py)`", text)


def files_entered(action: Callable[[], object]) -> list[str]:
    """Return the files of the project in the order in which an action first calls a function of each."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            found.setdefault(path.relative_to(ROOT).as_posix())

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return list(found)


def test_the_walk_of_an_event_names_the_files_in_the_order_that_runs() -> None:
    rig = Rig(None)
    rig.only(OPEN, CONTAINER)
    open_account.place(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=3)
    broken(rig)

    entered = files_entered(lambda: rig.write(ACCOUNT))

    assert_walked(walk(1), entered, but=NOT_ENTERED)


def test_the_walk_to_the_scope_names_the_files_in_the_order_that_runs() -> None:
    """The tag was removed, so no level decides: inheritance is asked, and the control fails."""
    rig = Rig(None)
    rig.only(tag)
    open_account.place(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=3)
    rig.arm.put(ACCOUNT, **{**rig.arm.body(ACCOUNT), "tags": {}})
    rig.configure(phi=PhiScope(released=(ACCOUNT.lower(),)))

    entered = files_entered(lambda: rig.write(ACCOUNT))

    assert_walked(walk(6), entered, but=OF_OTHER_EVENTS)


def assert_walked(named: list[str], entered: list[str], *, but: set[str]) -> None:
    """Compare the files of a walk with the entered ones, except files that only other events enter."""
    assert {each for each in named if each not in entered} == but & {*named}
    assert [each for each in entered if each in named] == [
        each for each in named if each in entered
    ]
