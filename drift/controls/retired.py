"""Controls of earlier versions that were removed: only their incidents close.

The state may contain incidents of a control that this version does not have. Either an earlier
version had the control, or a newer one had it before a rollback. Only incidents of the first kind
may close here, so this list names each removed control.
"""

from dataclasses import dataclass
from typing import Final

from drift.model import Control, Severity


@dataclass(frozen=True, slots=True)
class RetiredControl:
    """The id and the last title of a control that was removed."""

    id: str
    title: str


RETIRED: Final[tuple[RetiredControl, ...]] = ()
"""Every removed control. Never delete an entry: a state may be years old."""


def placeholder_of(control_id: str, title: str) -> Control:
    """Return a control that this version cannot evaluate, for the text that closes its incidents."""
    return Control(
        id=control_id,
        title=title,
        service="",
        severity=Severity.LOW,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches={"": ()},
    )
