"""The first walk of docs/architecture.md names its files in the order in which an event enters them."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken
from tests.support.rig import ACCOUNT, Rig

ROOT: Final = Path(__file__).parents[2]
WALK: Final = re.findall(
    r"`([\w/]+\.py)`",
    (ROOT / "docs/architecture.md")
    .read_text("utf-8")
    .partition("### 1. ")[2]
    .partition("### 2. ")[0],
)
NOT_ENTERED: Final = {
    "function_app.py",
    "drift/changes/first_failures.py",
    "detectors/storage/firewall.py",
    "notifiers/teams/message.py",
    "notifiers/teams/notifier.py",
    "notifiers/http.py",
}
"""Files that this test does not enter: it has a control and a channel of its own, and no slow list."""


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

    assert [each for each in WALK if each not in entered] == [
        each for each in WALK if each in NOT_ENTERED
    ]
    assert [each for each in entered if each in WALK] == [each for each in WALK if each in entered]
