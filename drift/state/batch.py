"""Make a batch that a store accepts."""

from typing import Any

from drift.ports import Write


def one_write_per_key(writes: list[Write]) -> list[Write]:
    """Return a batch with one write per key, the last one given: a store accepts a key once in a batch."""
    last: dict[str, Any] = {each.key: each for each in writes}
    return list(last.values())
