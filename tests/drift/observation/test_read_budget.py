"""ARM's limits: first reads come before related reads, and sweeps come last."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from drift.errors import SourceUnavailable
from drift.observation.read_budget import RESERVE, BudgetedReader
from drift.observation.sweep_budget import KEPT, SweepBudgetReader
from drift.observation.throttle_gate import WAIT, ThrottledReader
from drift.ports import Listing, PageCheck, Reading, every_page
from drift.state.sweep_state import ReadBudget
from tests.support import open_account, rig

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "/subscriptions/a/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s"
GROUP = "/subscriptions/a/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n"
ELSEWHERE = ACCOUNT.replace("/a/", "/b/", 1)


@dataclass
class Arm:
    """Answers with the rest of the bucket, one less after each read; None: does not report it."""

    left: int | None
    read: list[str] = field(default_factory=list)

    def get(self, resource_id: str) -> Reading:
        self._take(resource_id)
        return Reading({}, NOW, left=self.left)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        self._take(collection_id)
        return Listing((), NOW, left=self.left)

    def _take(self, what: str) -> None:
        self.read.append(what)
        if self.left is not None:
            self.left -= 1


def test_what_lies_around_is_read_until_the_reserve_is_reached() -> None:
    arm = Arm(RESERVE + 2)
    reader = BudgetedReader(arm, ACCOUNT, arm.left)
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
    reader = BudgetedReader(arm, ACCOUNT, arm.left)

    with pytest.raises(SourceUnavailable):
        reader.list(f"{ACCOUNT}/encryptionScopes")
    assert arm.read == []


def test_another_subscription_has_a_bucket_of_its_own() -> None:
    arm = Arm(10)
    reader = BudgetedReader(arm, ACCOUNT, arm.left)
    reader.get(ELSEWHERE)

    assert arm.read == [ELSEWHERE]


@pytest.mark.parametrize("left", [None, 10], ids=["not told", "low"])
def test_a_reader_without_a_budget_reads_everything(left: int | None) -> None:
    arm = Arm(left)
    reader = BudgetedReader(arm, ACCOUNT, None)
    for _ in range(5):
        reader.get(ACCOUNT)

    assert len(arm.read) == 5


@dataclass
class Bucket:
    """ARM's reads of a subscription: 250 at once, and 25 more each second; refuses beyond."""

    arm: rig.Arm
    clock: rig.Clock
    at: datetime
    left: float = 250.0

    def get(self, resource_id: str) -> Reading:
        self._take(resource_id)
        return replace(self.arm.get(resource_id), left=int(self.left))

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        self._take(collection_id)
        return replace(self.arm.list(collection_id), left=int(self.left))

    def _take(self, what: str) -> None:
        refilled = self.left + 25 * (self.clock() - self.at).total_seconds()
        self.left, self.at = min(250.0, refilled), self.clock()
        if self.left < 1:
            raise SourceUnavailable(what, 429, retry_after=1)
        self.left -= 1


def test_a_sweep_leaves_events_more_than_the_reserve() -> None:
    arm = Arm(250)
    reader = SweepBudgetReader(arm, lambda: NOW, ReadBudget(began=NOW))
    while reader.allows(GROUP):
        reader.get(GROUP)

    assert arm.left == KEPT - 1 > RESERVE
    with pytest.raises(SourceUnavailable) as refused:
        reader.list(f"{ACCOUNT}/encryptionScopes")
    assert refused.value.code == WAIT


@pytest.mark.parametrize(("kind", "most"), [("get", 80), ("list", 10)])
def test_a_sweep_leaves_events_half_of_what_storage_allows(kind: str, most: int) -> None:
    arm = Arm(None)
    reader = SweepBudgetReader(arm, lambda: NOW, ReadBudget(began=NOW))
    read = reader.get if kind == "get" else reader.list
    for _ in range(most):
        read(ACCOUNT)

    with pytest.raises(SourceUnavailable):
        read(ACCOUNT)
    assert len(arm.read) == most


def test_an_event_amid_a_sweep_is_judged_at_once_by_all_that_lies_around(clinic: rig.Rig) -> None:
    """ARM answers so fast that nothing comes back into its bucket while the sweep reads."""
    bucket = Bucket(clinic.arm, clinic.clock, at=clinic.clock())
    clinic.change(reader=ThrottledReader(bucket, clinic.store, clinic.clock))
    clinic.only(open_account.CONTAINER, open_account.present("microsoft.compute/disks"))
    for number in range(300):
        clinic.arm.put(f"{open_account.COMPUTE}/disks/{number:03}", properties={})
    open_account.container(clinic, "scans", "Container")
    work = clinic.monitor.sweep()
    while work.background:
        work = clinic.monitor.background(*work.background)
    swept = clinic.arm.reads.total()
    clinic.write(rig.ACCOUNT)

    assert (swept, bucket.left) == (250 - KEPT + 1, KEPT - 3)
    assert clinic.teams.changes == ["TOY-CONTAINER opened"]
