"""The only loop that loads, decides and commits again until the commit succeeds without a conflict."""

from collections.abc import Callable
from typing import Final, TypeVar

from drift.errors import Conflict, TooManyConflicts

T = TypeVar("T")

MAX_ATTEMPTS: Final = 100
"""Attempts of one update.

A conflict means that another process has changed the row, so in a burst of changes of one resource
one process succeeds in each round of attempts. An update that fails more often is left to the
queue's retry. A batch that can never be stored ends here as well, with an error that says so.
"""


def retry_on_conflict(subject: str, attempt: Callable[[], T]) -> T:
    """Return the result of ``attempt``, which is called again while it raises Conflict.

    ``attempt`` loads its input, decides, and commits once: nothing that it has loaded may outlive a
    conflict. Steps after the commit belong after the call, not into ``attempt``. ``subject`` is the
    id that is updated. Raise TooManyConflicts after MAX_ATTEMPTS: nothing was stored, and the
    message must be retried.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return attempt()
        except Conflict:
            continue
    raise TooManyConflicts(subject, MAX_ATTEMPTS)
