"""The rows of a record that is not in the evidence log yet; stored in the commit of its decision.

The record is made once, as the bytes of its line. The writer of the log copies these bytes, so a
record always comes from the version that decided.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from drift.codec import check_schema, encode, versioned
from drift.errors import NotUnderstood
from drift.evidence.placed_record import RECORD_FORMAT
from drift.ports import Put, Row
from drift.queues.messages import EvidenceMessage
from drift.state import keys, packing
from drift.state.keys import RowKind

"""The format of a record; a field is added without a new number, and none is renamed or removed."""

RECORDED: Final = "recorded"
"""The field of an outbox row whose change is in the evidence log: its deliveries are recorded too."""

EVERY: Final = timedelta(seconds=10)
"""How often the records of a partition are written together: one due row covers all of them."""


def record_rows(shard: str, record: Mapping[str, Any], at: datetime, *names: str) -> list[Put]:
    """Return the row of a record, and the due row by which it is written to the log.

    ``names`` make the key unique, also beside other records of the same time.
    """
    line = {"format": RECORD_FORMAT, **record}
    text = json.dumps(encode(line), sort_keys=True, separators=(",", ":"), default=str)
    key = keys.row_key(RowKind.EVIDENCE, keys.stamp(at), *names)
    message = EvidenceMessage(shard=shard)
    due = keys.row_key(RowKind.DUE, keys.stamp(_next_turn(at)), message.KIND)
    return [Put(key, versioned(packing.pack(text, "line"))), Put(due, message.row)]


def line_of(row: Row) -> bytes:
    """Return the line of a record, as the log holds it; raise NotUnderstood."""
    check_schema(row.data)
    text = packing.unpack(row.data, "line")
    if not isinstance(text, str):
        raise NotUnderstood("line", "not a text")
    return text.encode()


def _next_turn(at: datetime) -> datetime:
    """Return the next time at which records are written: the same for all of the ten seconds before."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return at + EVERY - since % EVERY
