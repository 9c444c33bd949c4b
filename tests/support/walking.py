"""Let days pass, and walk through the state as after each sweep."""

from drift.state import keys
from tests.support.rig import Rig


def walk(rig: Rig) -> None:
    """Walk through the whole state; no sweep takes part."""
    rig.change(inventory=None)
    rig.run(rig.monitor.sweep())
    rig.later(minutes=1)


def days_later(rig: Rig, days: float) -> None:
    """Let days pass in which nothing happens, then walk."""
    rig.clock.advance(days=days)
    walk(rig)


def row_keys(rig: Rig, *kinds: str) -> list[str]:
    """Return the keys of the rows of these kinds."""
    return [
        row.key
        for shard in keys.PARTITIONS
        for kind in kinds
        for row in rig.store.range(shard, f"{kind}|", f"{kind}|~", 10_000)
    ]
