"""A change in OCSF's own numbers: activity, status, severity, and pass or fail.

Never a false all-clear: only a resource that was read and passes is ``Pass``. If a resource was
deleted, cannot be evaluated, or is no longer evaluated without a pass, it is ``Unknown`` and never
Resolved.
"""

from typing import Final

from drift.model import Outcome, Severity
from drift.notices import Change, Closure, Notice

Named = tuple[int, str]
"""One of OCSF's numbers and its caption."""

CREATE: Final[Named] = (1, "Create")
UPDATE: Final[Named] = (2, "Update")
CLOSE: Final[Named] = (3, "Close")

STATUS_UNKNOWN: Final[Named] = (0, "Unknown")
NEW: Final[Named] = (1, "New")
SUPPRESSED: Final[Named] = (3, "Suppressed")
RESOLVED: Final[Named] = (4, "Resolved")
ARCHIVED: Final[Named] = (5, "Archived")

CANNOT_TELL: Final[Named] = (0, "Unknown")
PASS: Final[Named] = (1, "Pass")
FAIL: Final[Named] = (3, "Fail")

_SEVERITIES: Final[dict[Severity | None, Named]] = {
    None: (0, "Unknown"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}


def activity(notice: Notice, *, opening: bool) -> Named:
    """Return create, update or close; an unknown outcome opens and closes nothing, so it is an update."""
    match notice.change:
        case Change.OPENED:
            return CREATE
        case Change.UPDATED:
            return CREATE if opening else UPDATE
        case Change.UNKNOWN:
            return UPDATE
        case Change.RESOLVED | Change.CLOSED:
            return CLOSE


def severity(notice: Notice) -> Named:
    """Return the severity; Unknown if the outcome is unknown."""
    return _SEVERITIES[notice.severity]


def status(notice: Notice) -> Named:
    """Return the status of the finding: resolved only if it was fixed, else archived when it ends."""
    if notice.change is Change.UNKNOWN:
        return STATUS_UNKNOWN
    if _is_excepted(notice):
        return SUPPRESSED
    is_told_later = notice.change is Change.UPDATED and notice.closure is Closure.FIXED
    if (notice.change is Change.RESOLVED or is_told_later) and notice.outcome is Outcome.PASS:
        return RESOLVED
    return ARCHIVED if notice.closure else NEW


def compliance_status(notice: Notice) -> Named:
    """Return pass, fail or unknown; an excepted failure is still a failure."""
    if notice.change is Change.UNKNOWN or notice.closure in (Closure.DELETED, Closure.MOVED):
        return CANNOT_TELL
    if _is_excepted(notice) or notice.outcome is Outcome.FAIL:
        return FAIL
    return PASS if notice.outcome is Outcome.PASS else CANNOT_TELL


def _is_excepted(notice: Notice) -> bool:
    return notice.outcome is Outcome.EXCEPTED or notice.closure is Closure.EXCEPTED
