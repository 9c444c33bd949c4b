"""The limits of Azure Tables. Every store enforces them, so that code tested on SQLite works there too.

https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from adapters.store.table_entities import COMMIT, stored
from drift.ports import Put, Write

MAX_WRITES: Final = 100
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
MAX_ROW_BYTES: Final = 1024 * 1024
MAX_PROPERTY_BYTES: Final = 64 * 1024
MAX_PROPERTIES: Final = 251
"""Azure allows 252; one is the mark that identifies the commit."""
MAX_KEY_CHARS: Final = 511
MAX_NAME_CHARS: Final = 255

ENVELOPE_BYTES: Final = 1024
"""Bytes of one write of a batch besides its row: MIME part, headers, address (rounded up)."""

_TYPE_BYTES: Final = len('"@odata.type":"Edm.String",""')
"""Bytes of a property on the wire besides its value and twice its name."""

_FIXED_BYTES: Final = 256
"""Bytes of a row in Azure besides keys and data: its time, and its commit's mark (rounded up)."""

_NUMBER_BYTES: Final = 8

_RESERVED: Final = frozenset({"partitionkey", "rowkey", "timestamp", "etag", COMMIT})
_FORBIDDEN: Final = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class LimitExceeded(ValueError):
    """A row or a batch that Azure Tables would refuse; the message names only the place."""


def check_key(what: str, key: str) -> None:
    """Raise LimitExceeded unless Azure accepts the key of a partition or a row."""
    length = _utf16_bytes(key) // 2
    if length > MAX_KEY_CHARS:
        raise LimitExceeded(f"{what} key {key[:40]!r}…: {length} characters, under 512 allowed")
    found = _FORBIDDEN.search(key)
    if found:
        raise LimitExceeded(f"{what} key {key!r}: forbidden character {found.group()!r}")


def check_batch(partition: str, writes: Sequence[Write]) -> list[str]:
    """Return each write's row as JSON ("" for a deletion); raise LimitExceeded naming the place."""
    check_key("partition", partition)
    if len(writes) > MAX_WRITES:
        raise LimitExceeded(f"partition {partition}: {len(writes)} writes, at most {MAX_WRITES}")
    seen: set[str] = set()
    for write in writes:
        check_key("row", write.key)
        if write.key in seen:
            raise LimitExceeded(f"{partition}|{write.key}: written twice in one batch")
        seen.add(write.key)
    rows = [_row(partition, write) if isinstance(write, Put) else "" for write in writes]
    most = sum(_most_wire_bytes(partition, *each) for each in zip(writes, rows, strict=True))
    if most <= MAX_BATCH_BYTES:
        return rows
    total = sum(_wire_bytes(partition, write) for write in writes)
    if total > MAX_BATCH_BYTES:
        raise LimitExceeded(
            f"partition {partition}: batch of {total} bytes on the wire, over 4 MiB"
        )
    return rows


def _row(partition: str, put: Put) -> str:
    place = f"{partition}|{put.key}"
    if len(put.data) > MAX_PROPERTIES:
        raise LimitExceeded(f"{place}: {len(put.data)} properties, at most {MAX_PROPERTIES}")
    size = _FIXED_BYTES + _utf16_bytes(partition + put.key)
    for name, value in put.data.items():
        size += _property(f"{place}: property {name!r}", name, value)
    if size > MAX_ROW_BYTES:
        raise LimitExceeded(f"{place}: a row of {size} bytes, at most {MAX_ROW_BYTES}")
    return _json(place, dict(put.data))


def _property(place: str, name: str, value: Any) -> int:
    """Return the size of a property in Azure, where text is UTF-16 and a structure is JSON text."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_CHARS or name.lower() in _RESERVED:
        raise LimitExceeded(f"{place}: not a property name in Azure Tables")
    encoded = _stored(place, value)
    size = _utf16_bytes(encoded) if isinstance(encoded, str) else _NUMBER_BYTES
    if size > MAX_PROPERTY_BYTES:
        raise LimitExceeded(f"{place}: {size} bytes as UTF-16, at most {MAX_PROPERTY_BYTES}")
    return 8 + _utf16_bytes(name) + 4 + size


def _stored(place: str, value: Any) -> str | int:
    try:
        return stored(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise LimitExceeded(f"{place}: not JSON ({type(error).__name__})") from None


def _most_wire_bytes(partition: str, write: Write, row: str) -> int:
    """Return at least ``_wire_bytes`` of a write, quickly: nearly every batch is far smaller.

    A character of a key is 12 bytes at most, in the address and in the row; a structure is JSON in
    JSON, where each character becomes two at most.
    """
    properties = len(write.data) * (8 + _TYPE_BYTES) if isinstance(write, Put) else 0
    return ENVELOPE_BYTES + 24 * len(partition + write.key) + 2 * len(row) + properties


def _wire_bytes(partition: str, write: Write) -> int:
    """Return the size of a write in a batch, where each part is ASCII."""
    size = ENVELOPE_BYTES + len(quote(partition + write.key, safe=""))
    if isinstance(write, Put):
        encoded = {name: stored(value) for name, value in write.data.items()}
        keys = len(json.dumps(partition + write.key))
        size += keys + len(json.dumps(encoded)) + sum(len(name) + _TYPE_BYTES for name in encoded)
    return size


def _json(place: str, value: Mapping[str, Any] | Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise LimitExceeded(f"{place}: not JSON ({type(error).__name__})") from None


def _utf16_bytes(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass"))
