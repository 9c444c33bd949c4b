"""The container of dead letters: how many blobs it holds, and since when; no blob is read."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from adapters.dead_letters import DeadLetterBlobs
from adapters.evidence.blob_calls import BlobCalls
from drift.errors import SourceUnavailable
from drift.queues.dead_letters import DeadLetters
from tests.support.blob_container import BlobService, calls_to
from tests.support.blob_fixtures import account, service

__all__ = ["account", "service"]


@pytest.fixture
def container(service: BlobService) -> str:
    return service.new_container()


@pytest.fixture
def calls(container: str) -> Iterator[BlobCalls]:
    with closing(calls_to(container)) as opened:
        yield opened


@pytest.fixture
def box(calls: BlobCalls) -> DeadLetterBlobs:
    return DeadLetterBlobs(calls)


def test_an_empty_container_holds_none(box: DeadLetterBlobs) -> None:
    assert box.waiting() == DeadLetters(count=0, oldest=None, is_whole=True)


def test_blobs_are_counted_with_the_time_of_the_oldest(
    box: DeadLetterBlobs, calls: BlobCalls
) -> None:
    for name in ("PHIDRIFT/2026/12/3/7/a.json", "PHIDRIFT/2026/12/3/8/b.json"):
        calls.make(name, b"[]")

    found = box.waiting()

    assert found is not None
    assert (found.count, found.is_whole) == (2, True)
    assert found.oldest is not None
    assert timedelta() <= datetime.now(UTC) - found.oldest < timedelta(minutes=5)


def test_only_the_list_is_read(
    box: DeadLetterBlobs, calls: BlobCalls, service: BlobService
) -> None:
    calls.make("PHIDRIFT/a.json", b"[]")
    before = len(service.requests)
    box.waiting()

    assert [each.request.query.get("comp") for each in service.requests[before:]] == ["list"]


def test_a_container_that_is_not_there_is_none(container: str) -> None:
    with closing(calls_to(f"{container}-missing")) as elsewhere:
        assert DeadLetterBlobs(elsewhere).waiting() is None


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AuthorizationPermissionMismatch"), (503, "ServerBusy")]
)
def test_a_refusal_is_no_empty_container(
    box: DeadLetterBlobs, service: BlobService, status: int, code: str
) -> None:
    service.refuse("comp=list", times=1, status=status, code=code)

    with pytest.raises(SourceUnavailable) as refused:
        box.waiting()

    assert (refused.value.status, refused.value.code) == (status, code)
