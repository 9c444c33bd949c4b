"""Why a resource has no stored read, or cannot be judged: it is gone, maybe gone, or not watched."""

from datetime import datetime

from drift.clock import bounds
from drift.state.resource_record import Record


def why_absent(record: Record) -> str:
    """Return what is known of a resource that ARM no longer shows, "" for one that it may show."""
    if record.absent_at:
        return (
            "the resource is gone: it was deleted or has another id; ARM's answer of "
            f"{_minute(record.absent_at)} proves it"
        )
    if record.gone_at:
        return (
            f"ARM answers 404 since {_minute(record.gone_at)}: the resource may be deleted; "
            "that is not proven yet"
        )
    return ""


def why_no_read(record: Record) -> str:
    """Return why no read of a resource is stored."""
    if why := why_absent(record):
        return why
    if record.ended_at:
        return (
            f"the resource was not watched from {_minute(record.ended_at)} on, and not read since"
        )
    return "the resource was not read yet"


def _minute(at: datetime) -> str:
    return f"{bounds.in_utc(at):%Y-%m-%d %H:%M} UTC"
