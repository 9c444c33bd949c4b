"""Network faults during a batch: nothing is lost or written twice, or an error says so."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from adapters.azure_http.refusals import PAUSES, RETRY_SECONDS, RetryBudget
from adapters.store.tables import TableStore
from drift.config.storage_account import StorageAccount
from drift.errors import UNANSWERED, Conflict, StoreUnavailable
from drift.ports import Delete, Put, Write
from tests.adapters.network import (
    Fault,
    Network,
    comes_late,
    fails_after_it_arrived,
    is_answered_by_something_else,
    is_answered_in_part,
    is_answered_without_its_parts,
    is_reset_after_it_arrived,
    is_reset_on_its_way,
    network_to,
    refusal,
)
from tests.adapters.store.stores import SHARD, etag_of, keys_of
from tests.azurite import Azurite

BEFORE = (is_reset_on_its_way, refusal(503, "ServerBusy"), refusal(429, "ServerBusy"))
AFTER = (
    is_reset_after_it_arrived,
    is_answered_in_part,
    is_answered_by_something_else,
    is_answered_without_its_parts,
    fails_after_it_arrived,
)


class Pauses:
    """What happens while a store waits before it tries again."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        act, self.meanwhile = self.meanwhile, lambda: None
        act()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def account(azurite: Azurite) -> StorageAccount:
    return azurite.account()


@pytest.fixture
def other(account: StorageAccount) -> Iterator[TableStore]:
    """Yield what another instance has: a way to the account on which nothing goes wrong."""
    with closing(TableStore(account)) as opened:
        opened.commit(SHARD, [Put("old", {"x": 1}), Put("gone", {}), Put("spent", {})])
        yield opened


@pytest.fixture
def network(account: StorageAccount) -> Iterator[tuple[Network, StorageAccount]]:
    with network_to(account) as opened:
        yield opened


@pytest.fixture
def faults(network: tuple[Network, StorageAccount]) -> Network:
    return network[0]


@pytest.fixture
def store(
    network: tuple[Network, StorageAccount], pauses: Pauses, other: TableStore
) -> Iterator[TableStore]:
    """Yield the store at the near end of the network."""
    with closing(TableStore(network[1], sleep=pauses)) as opened:
        yield opened


def conditional(store: TableStore) -> list[Write]:
    """Return a batch of every kind of write."""
    return [
        Put("new", {"x": 2}, etag=""),
        Put("old", {"x": 2}, etag=etag_of(store, "old")),
        Put("any", {"x": 2}),
        Delete("gone", etag=etag_of(store, "gone")),
        Delete("spent"),
    ]


def unconditional(_: TableStore) -> list[Write]:
    return [Put("new", {"x": 2}), Put("any", {"x": 2}), Delete("spent"), Delete("gone")]


def data_of(store: TableStore, key: str) -> Any:
    row = store.get(SHARD, key)
    return row and row.data


@pytest.mark.parametrize("batch", [conditional, unconditional])
@pytest.mark.parametrize("fault", [*BEFORE, *AFTER, comes_late], ids=lambda each: each.__name__)
def test_a_batch_is_written_whatever_becomes_of_the_first_try(
    faults: Network, store: TableStore, batch: Callable[[TableStore], list[Write]], fault: Fault
) -> None:
    writes = batch(store)
    faults.batches = [fault]

    store.commit(SHARD, writes)

    left = {"new": {"x": 2}, "any": {"x": 2}}
    assert {key: data_of(store, key) for key in left} == left
    assert [key for key in ("gone", "spent") if key in keys_of(store)] == []


@pytest.mark.parametrize("batch", [conditional, unconditional])
@pytest.mark.parametrize("fault", AFTER, ids=lambda each: each.__name__)
def test_a_batch_that_arrived_is_not_sent_again(
    faults: Network, store: TableStore, batch: Callable[[TableStore], list[Write]], fault: Fault
) -> None:
    writes = batch(store)
    faults.batches = [fault]

    store.commit(SHARD, writes)

    assert (faults.asked, faults.arrived) == (1, 1)


@pytest.mark.parametrize("last", [*BEFORE, *AFTER], ids=lambda each: each.__name__)
def test_two_faults_in_a_row_are_retried(faults: Network, store: TableStore, last: Fault) -> None:
    faults.batches = [is_reset_on_its_way, last]

    store.commit(SHARD, conditional(store))

    assert data_of(store, "old") == {"x": 2}


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER], ids=lambda each: each.__name__)
def test_a_fault_that_stays_is_said_and_is_to_the_caller_what_a_crash_is(
    faults: Network, store: TableStore, pauses: Pauses, fault: Fault
) -> None:
    writes = conditional(store)
    faults.batches = [fault] * 3
    faults.others = [refusal(503, "ServerBusy")] * 2  # nor can it look for the mark

    with pytest.raises(StoreUnavailable, match="whether the batch was written is not known"):
        store.commit(SHARD, writes)

    has_arrived = faults.arrived > 0
    assert pauses.seconds == list(PAUSES)
    assert data_of(store, "old") == ({"x": 2} if has_arrived else {"x": 1})
    if has_arrived:
        with pytest.raises(Conflict):
            store.commit(SHARD, writes)


def test_what_others_wrote_over_all_of_an_arrived_batch_stands_and_is_a_conflict(
    faults: Network, store: TableStore, pauses: Pauses, other: TableStore
) -> None:
    writes = [Put("old", {"x": 2}, etag=etag_of(store, "old"))]
    faults.batches = [is_reset_after_it_arrived]
    pauses.meanwhile = lambda: other.commit(SHARD, [Put("old", {"x": 3})])

    with pytest.raises(Conflict):
        store.commit(SHARD, writes)

    assert data_of(store, "old") == {"x": 3}


def test_a_batch_is_recognised_by_any_row_that_others_did_not_overwrite(
    faults: Network, store: TableStore, pauses: Pauses, other: TableStore
) -> None:
    writes = conditional(store)
    faults.batches = [is_reset_after_it_arrived]
    pauses.meanwhile = lambda: other.commit(SHARD, [Put("old", {"x": 3}), Delete("new")])

    store.commit(SHARD, writes)

    assert data_of(store, "old") == {"x": 3}
    assert faults.asked == 1


def test_what_others_wrote_before_it_arrived_is_a_conflict(
    faults: Network, store: TableStore, pauses: Pauses, other: TableStore
) -> None:
    writes = conditional(store)
    faults.batches = [is_reset_on_its_way]
    pauses.meanwhile = lambda: other.commit(SHARD, [Put("old", {"x": 3})])

    with pytest.raises(Conflict):
        store.commit(SHARD, writes)

    assert data_of(store, "old") == {"x": 3}
    assert data_of(store, "new") is None


def test_what_others_wrote_after_a_batch_without_conditions_is_not_written_over(
    faults: Network, store: TableStore, pauses: Pauses, other: TableStore
) -> None:
    faults.batches = [is_reset_after_it_arrived]
    pauses.meanwhile = lambda: other.commit(SHARD, [Put("any", {"x": 3}), Put("gone", {"x": 3})])

    store.commit(SHARD, unconditional(store))

    assert (data_of(store, "any"), data_of(store, "gone")) == ({"x": 3}, {"x": 3})


def test_a_refusal_that_is_about_the_rows_is_a_conflict_at_once(
    faults: Network, store: TableStore, pauses: Pauses
) -> None:
    faults.batches = [refusal(412, "UpdateConditionNotSatisfied")]

    with pytest.raises(Conflict):
        store.commit(SHARD, conditional(store))

    assert (faults.asked, pauses.seconds) == (1, [])


def test_a_table_that_is_there_after_all_is_used(faults: Network, store: TableStore) -> None:
    faults.batches = [refusal(404, "ResourceNotFound")]

    store.commit(SHARD, [Put("new", {})])

    assert data_of(store, "new") == {}


def test_a_table_that_cannot_be_made_ends_the_commit(faults: Network, store: TableStore) -> None:
    faults.batches = [refusal(404, "TableNotFound")] * 3

    with pytest.raises(StoreUnavailable, match="HTTP 404 TableNotFound"):
        store.commit(SHARD, [Put("new", {})])

    assert faults.asked == 2


@pytest.mark.parametrize(
    "fault",
    [*BEFORE, is_answered_in_part, is_answered_by_something_else, refusal(500, "InternalError")],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize("question", [lambda store: store.get(SHARD, "old"), keys_of])
def test_a_question_is_asked_again_and_then_given_up(
    faults: Network, store: TableStore, question: Callable[[TableStore], object], fault: Fault
) -> None:
    faults.others = [fault] * 2
    answered = question(store)
    faults.others = [fault] * 3

    with pytest.raises(StoreUnavailable):
        question(store)
    assert question(store) == answered


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (403, "AuthorizationPermissionMismatch", "lacks the role Storage Table Data Contributor"),
        (403, "AuthorizationFailure", "the account's network rules block this machine"),
        (403, "KeyBasedAuthenticationNotPermitted", "the account takes no keys"),
        (403, "AuthenticationFailed", "the account key is refused"),
        (400, "InvalidInput", "HTTP 400 InvalidInput"),
        (404, "AccountNotFound", "HTTP 404 AccountNotFound"),
    ],
)
def test_a_refusal_that_stays_is_said_at_once_with_what_is_missing(
    faults: Network, store: TableStore, pauses: Pauses, status: int, code: str, why: str
) -> None:
    faults.others = [refusal(status, code)]
    faults.batches = [refusal(status, code)]

    with pytest.raises(StoreUnavailable) as asked:
        store.get(SHARD, "old")
    with pytest.raises(StoreUnavailable) as written:
        store.commit(SHARD, [Put("old", {})])

    assert str(asked.value) == str(written.value)
    assert (asked.value.status, asked.value.code) == (status, code)
    assert str(asked.value).startswith("STATE_STORE, tables of 127.0.0.1:")
    assert why in str(asked.value)
    assert "swordfish" not in str(asked.value)
    assert pauses.seconds == []


def test_an_account_that_does_not_answer_is_said(azurite: Azurite, pauses: Pauses) -> None:
    with network_to(azurite.account()) as (_, account):
        pass

    with (
        closing(TableStore(account, sleep=pauses)) as store,
        pytest.raises(StoreUnavailable, match="no answer") as caught,
    ):
        store.get(SHARD, "old")

    assert caught.value.status == UNANSWERED
    assert pauses.seconds == list(PAUSES)


def test_no_call_is_retried_after_the_time_limit() -> None:
    now, pauses = 0.0, Pauses()
    patience = RetryBudget(pauses, lambda: now)
    assert patience.pause()

    now = RETRY_SECONDS
    assert not patience.pause()
    assert pauses.seconds == [PAUSES[0]]
