"""Controls of earlier versions that were removed: their incidents close, others' are left alone.

A state may hold incidents of a control that this version does not have. Either an earlier version had
it, or a newer one did before a rollback. Only the first may close here, so a removed control is named.
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
"""Every control that was removed. An entry stays for ever: a state may be years old."""


def placeholder_of(control_id: str, title: str) -> Control:
    """Return a control that this version cannot evaluate, for the words that close its incidents."""
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
