"""Why a resource has no stored read or only unknown verdicts: it is gone, maybe gone, or not watched."""

from drift.clock import bounds
from drift.state.resource_record import Record


def why_absent(record: Record) -> str:
    """Return what is known of a resource that ARM no longer shows, "" for one that it may show."""
    if record.absent_at:
        return "the resource is gone"
    if record.gone_at:
        return "ARM answers 404, so the resource may be deleted; that is not proven yet"
    return ""


def why_no_read(record: Record) -> str:
    """Return why no read of a resource is stored."""
    if why := why_absent(record):
        return why
    if record.ended_at:
        since = f"{bounds.in_utc(record.ended_at):%Y-%m-%d %H:%M} UTC"
        return f"the resource was not watched from {since} on, and not read since"
    return "the resource was not read yet"
