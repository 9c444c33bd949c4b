"""Rows that another version has written."""

from drift.notices import Notice
from drift.ports import Row
from drift.state import keys
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, Rig


def rows(rig: Rig, prefix: str) -> list[tuple[str, Row]]:
    """Return the rows whose key begins so, each with its partition."""
    return [
        (shard, row)
        for shard in keys.PARTITIONS
        for row in rig.store.range(shard, prefix, f"{prefix}~")
    ]


def waiting(rig: Rig) -> int:
    return int(rig.monitor.health()["notUnderstood"])


def opened(known: Rig) -> Notice:
    broken(known)
    known.write(ACCOUNT)
    return known.splunk.told[0][0]
