"""Which share of all cases runs: a sample in ``make test``, every case in ``make test-all``."""

import os
import zlib
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

EVERYTHING: Final = os.environ.get("TEST_EVERYTHING") == "1"


def part(items: Sequence[T], *, one_in: int, of: str = "") -> Sequence[T]:
    """Return every ``one_in``-th item, or all of them in ``make test-all``.

    ``of`` names what the items belong to: each name begins at another item, so that several stories
    try, between them, more than one story would.
    """
    if EVERYTHING:
        return items
    return items[zlib.crc32(of.encode()) % one_in :: one_in] or items[:1]
