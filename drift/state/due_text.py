"""The meaning of each due reason of a resource, for the log and for ``phidrift explain``."""

import enum
from collections.abc import Mapping
from typing import Final

from drift.state.due_rows import DueReason


class ConfirmationCause(enum.StrEnum):
    """Why a resource needs a confirmation read, as the log and ``phidrift explain`` say it."""

    REPLICA = "confirmation read: a replica of ARM may have been behind at the last read"
    UNFINISHED = "confirmation read: Azure was still changing the resource at the last read"
    ABSENT = "confirmation read: ARM answered 404, which alone does not prove a deletion"


_TEXTS: Final[Mapping[str, str]] = {
    DueReason.QUICK: "quick read: the document that an event named had not changed at the last read",
    DueReason.TRAILING: (
        "trailing read: too many events in one minute, so one read answers the rest of them"
    ),
    DueReason.RETRY: "retry: the last read failed",
    DueReason.POLL: "poll: some settings of this resource change without an event",
    DueReason.UNKNOWN: "report to the SIEM: if the verdict is still unknown then",
    DueReason.CONFIG: "new evaluation: the configuration changed, or an exception expires",
    DueReason.SWEEP: "sweep: the daily comparison with Resource Graph needs a read",
    DueReason.CONTACT: "initial scan: the first sweep of the subscription needs a confirmed read",
    DueReason.MOVED: "move: the resource may have a new id",
    DueReason.RECOVER: "recovery: read again if the worker that reads the resource now does not finish",
}


_QUICK_AFTER_404: Final = "quick read: ARM answered 404, maybe from a replica that is behind"


def due_text_of(reason: str, cause: ConfirmationCause) -> str:
    """Return what is due and why; a reason of another version keeps its own name.

    ``cause`` is the cause of a confirmation; it says nothing about the other reasons.
    """
    if reason == DueReason.SETTLE:
        return cause.value
    if reason == DueReason.QUICK and cause is ConfirmationCause.ABSENT:
        return _QUICK_AFTER_404
    return _TEXTS.get(reason, f"{reason}: another version of the monitor asked for it")
