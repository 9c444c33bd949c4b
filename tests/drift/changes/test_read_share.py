"""Which share an evaluation takes its reads from, and what it does where the share is used up."""

from datetime import UTC, datetime

import pytest

from drift.changes.read_share import may_refresh, within_share
from drift.config.model import Timing
from drift.observation.confirmation_budget import Share, reserve
from drift.state.due_rows import POLL, RETRY
from drift.state.resource_record import Owed, Record
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


@pytest.mark.parametrize(
    ("reason", "is_owed", "is_read"),
    [(RETRY, True, True), (RETRY, False, False), (POLL, True, False)],
    ids=["a refused confirmation", "a retry of nothing that is owed", "a poll"],
)
def test_only_the_retry_of_a_refused_confirmation_needs_no_background_share(
    reason: str, is_owed: bool, is_read: bool
) -> None:
    owed = {ACCOUNT: Owed(oldest=NOW, newest=NOW)} if is_owed else {}
    record = Record(id=ACCOUNT, wanted=2, served=2, looked=2, owed=owed)

    reasons, waiting = within_share(used_up(), record, [reason], now=NOW, timing=Timing())

    assert (reason in reasons) is is_read
    assert (waiting.until is None) is is_read
