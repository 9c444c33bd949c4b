"""In a storm what ARM still allows is kept for each resource's own read, which alone may alert."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from drift.errors import SourceUnavailable
from drift.ports import Listing, Reading
from drift.rations import RESERVE, RationedReader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "/subscriptions/a/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s"
ELSEWHERE = ACCOUNT.replace("/a/", "/b/", 1)


@dataclass
class Arm:
    """Answers with what is left of the bucket, one less with each read; None: says nothing of it."""

    left: int | None
    read: list[str] = field(default_factory=list)

    def get(self, resource_id: str) -> Reading:
        self._take(resource_id)
        return Reading({}, NOW, left=self.left)

    def list(self, collection_id: str) -> Listing:
        self._take(collection_id)
        return Listing((), NOW, left=self.left)

    def _take(self, what: str) -> None:
        self.read.append(what)
        if self.left is not None:
            self.left -= 1


def test_what_lies_around_is_read_until_the_reserve_is_reached() -> None:
    arm = Arm(RESERVE + 2)
    reader = RationedReader(arm, ACCOUNT, arm.left)
    reader.get(f"{ACCOUNT}/blobServices/default")
    reader.list(f"{ACCOUNT}/encryptionScopes")
    reader.list(f"{ACCOUNT}/queueServices/default/queues")

    with pytest.raises(SourceUnavailable) as refused:
        reader.get(f"{ACCOUNT}/fileServices/default")
    assert refused.value.status == 429
    assert refused.value.retry_after == pytest.approx(1 / 25)
    assert len(arm.read) == 3


def test_a_low_bucket_is_not_asked_at_all() -> None:
    arm = Arm(10)
    reader = RationedReader(arm, ACCOUNT, arm.left)

    with pytest.raises(SourceUnavailable):
        reader.list(f"{ACCOUNT}/encryptionScopes")
    assert arm.read == []


def test_another_subscription_has_a_bucket_of_its_own() -> None:
    arm = Arm(10)
    reader = RationedReader(arm, ACCOUNT, arm.left)
    reader.get(ELSEWHERE)

    assert arm.read == [ELSEWHERE]


@pytest.mark.parametrize("left", [None, 10], ids=["not told", "low"])
def test_who_is_not_to_be_rationed_reads_whatever_is_asked_for(left: int | None) -> None:
    arm = Arm(left)
    reader = RationedReader(arm, ACCOUNT, None)
    for _ in range(5):
        reader.get(ACCOUNT)

    assert len(arm.read) == 5
