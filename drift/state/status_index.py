"""The status index: rows that mark verdicts as unknown or excepted, so that no scan is needed."""

from drift.codec import versioned
from drift.model import Outcome
from drift.ports import Delete, Put, Write
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.resource_record import ControlState


def status_rows(
    resource_id: str, control_id: str, before: ControlState | None, after: ControlState
) -> list[Write]:
    """Return the writes that mark a verdict as unknown or excepted, or remove the mark."""
    names = keys.digest(resource_id), control_id
    row = versioned({"resource": resource_id, "control": control_id})
    writes: list[Write] = []
    if after.unknown_since:
        since = after.unknown_since.isoformat()
        writes.append(Put(keys.row_key(RowKind.UNKNOWN, *names), {**row, "since": since}))
    elif before and before.unknown_since:
        writes.append(Delete(keys.row_key(RowKind.UNKNOWN, *names)))
    if after.outcome is Outcome.EXCEPTED:
        writes.append(Put(keys.row_key(RowKind.EXCEPTED, *names), row))
    elif before and before.outcome is Outcome.EXCEPTED:
        writes.append(Delete(keys.row_key(RowKind.EXCEPTED, *names)))
    return writes
