"""Related documents that are only old are read again within the background share."""

from datetime import UTC, datetime

from drift.changes.read_share import may_refresh
from drift.observation.confirmation_budget import Share, reserve
from drift.state.resource_record import Record
from tests.support.memory_store import MemoryStore
from tests.support.rig import ACCOUNT, GROUP

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def used_up() -> MemoryStore:
    """Return a store in which the background share of the subscription is used up."""
    store = MemoryStore()
    while reserve(store, ACCOUNT, [ACCOUNT, GROUP], Share.BACKGROUND, now=NOW) is None:
        pass
    return store


def test_an_evaluation_that_an_event_asked_for_uses_what_it_remembers_where_the_share_is_used_up() -> (
    None
):
    record = Record(id=ACCOUNT, wanted=2, served=1)

    assert not may_refresh(used_up(), record, [ACCOUNT], now=NOW)
    assert may_refresh(MemoryStore(), record, [ACCOUNT], now=NOW)


def test_an_evaluation_that_no_event_asked_for_has_its_own_share() -> None:
    record = Record(id=ACCOUNT, wanted=2, served=2)

    assert may_refresh(used_up(), record, [ACCOUNT], now=NOW)
