"""Clients are built on the first call, once, and closed if they were built."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.lazy import LazyClients
from drift import ids
from drift.access.ports import MetricSeries, QueryValue
from drift.model import Actor
from drift.ports import (
    ActivityAnswer,
    Clients,
    Listing,
    LoggedChange,
    Page,
    PageCheck,
    Reading,
    every_page,
)
from drift.queues.dead_letters import DeadLetters
from tests.support.azure_fakes import ACCOUNT, CONTAINERS, NOW

ACTOR = Actor(name="x")
ANSWER = ActivityAnswer(caught_up=True, activities=())


class Azure:
    """Answers everything, and counts how often it was built and closed."""

    def __init__(self) -> None:
        self.built = 0
        self.closed = 0

    def build(self) -> Clients:
        self.built += 1
        return Clients(self, self, self, self, self, self.close)

    def get(self, resource_id: str) -> Reading:
        return Reading({"id": resource_id}, NOW)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        return Listing(({"id": collection_id},), NOW)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        return ANSWER

    def waiting(self) -> DeadLetters | None:
        return None

    def changes(
        self, query: str, *, since: datetime, until: datetime, values: Mapping[str, QueryValue]
    ) -> Sequence[LoggedChange]:
        return ()

    def access(
        self, query: str, values: Mapping[str, QueryValue], *, since: datetime, until: datetime
    ) -> Sequence[Mapping[str, Any]]:
        return ()

    def sums(
        self,
        resource_id: str,
        metric: str,
        dimensions: Sequence[str],
        *,
        since: datetime,
        until: datetime,
        step: timedelta,
    ) -> Sequence[MetricSeries]:
        return (MetricSeries({}, ()),)

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        return Page((), NOW)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        return Page((), NOW)

    def members(self, subscription: str) -> Sequence[str]:
        return (ACCOUNT,)

    def groups(self, subscription: str) -> Sequence[str]:
        return (ids.group_of(ACCOUNT),)

    def close(self) -> None:
        self.closed += 1


def test_every_question_is_handed_on_to_clients_that_are_built_once() -> None:
    azure = Azure()
    late = LazyClients(azure.build)

    assert azure.built == 0
    assert late.reader.get(ACCOUNT).body == {"id": ACCOUNT}
    assert late.reader.list(CONTAINERS).items == ({"id": CONTAINERS},)
    assert late.activity_log.writes_by(ACTOR, since=NOW, until=NOW, correlation_id="") is ANSWER
    assert late.activity_log.access("storage_use", {}, since=NOW, until=NOW) == ()
    assert late.dead_letters.waiting() is None
    assert late.metrics.sums(
        ACCOUNT, "Transactions", (), since=NOW, until=NOW, step=timedelta(minutes=1)
    ) == (MetricSeries({}, ()),)
    assert late.inventory.page("s", ()) == late.inventory.tags("s", ()) == Page((), NOW)
    assert late.inventory.members("s") == (ACCOUNT,)
    assert late.inventory.groups("s") == (ids.group_of(ACCOUNT),)
    assert azure.built == 1


def test_threads_that_ask_at_once_build_once() -> None:
    azure = Azure()
    late = LazyClients(azure.build)
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        late.reader.get(ACCOUNT)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert azure.built == 1


@pytest.mark.parametrize(
    ("asks", "closed"), [(lambda late: late.reader.get(ACCOUNT), 1), (repr, 0)]
)
def test_only_what_was_built_is_closed(asks: Callable[[LazyClients], object], closed: int) -> None:
    azure = Azure()
    late = LazyClients(azure.build)
    asks(late)

    late.close()

    assert azure.closed == closed
    with pytest.raises(RuntimeError, match="closed"):
        late.reader.get(ACCOUNT)
