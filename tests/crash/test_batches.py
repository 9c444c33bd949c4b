"""One evaluation is stored in one batch, within the limits of every store."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.store.limits import MAX_WRITES
from detectors import DETECTORS
from detectors.phi import tag
from detectors.storage import immutability, tls
from drift import ids
from drift.config.model import Route
from drift.detector import Detector, detectors_of
from drift.notices import Change
from drift.ports import ActivityAnswer, Audience, Write
from drift.state.resource_record import PENDING
from tests.crash.scenarios import keep_in, tell_everybody
from tests.support.crash_store import MemoryStore
from tests.support.evidence import MemoryEvidence, keep_evidence
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Channel, Log, Rig

CONTAINERS = 5000
"""More than ARM lists on one page."""
RULES = 400
"""As many as an account may have."""
MORE_CHANNELS = ("sentinel", "eventgrid_topic", "webhook")
"""Beside the three of the rig."""


class MeasuredStore(MemoryStore):
    """Remembers how many writes the largest batch had."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        super().commit(partition, writes)
        self.largest = max(self.largest, len(writes))


class Renamed:
    """A detector under another control's name."""

    def __init__(self, detector: Detector, name: str) -> None:
        self.CONTROL = replace(detector.CONTROL, id=name)
        self.evaluate = detector.evaluate


@pytest.fixture
def store() -> MeasuredStore:
    return MeasuredStore()


@pytest.fixture
def rig(tmp_path: Path, store: MeasuredStore) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    keep_in(store, rig)
    tell_everybody(rig)
    rig.change(activity_log=Log(ActivityAnswer(False, ())), detectors=DETECTORS)
    rig.arm.put(GROUP, tags={"dataClassification": "phi"})
    rig.arm.put(f"/subscriptions/{SUBSCRIPTION}", tags={})
    yield rig
    rig.close()


def break_everything(rig: Rig, **more: Any) -> None:
    """Put an account there that fails every control of its type."""
    rig.arm.put(
        ACCOUNT,
        kind="StorageV2",
        properties={
            "provisioningState": "Succeeded",
            "allowBlobPublicAccess": True,
            "allowSharedKeyAccess": True,
            "supportsHttpsTrafficOnly": False,
            "minimumTlsVersion": "TLS1_0",
            "publicNetworkAccess": "Enabled",
            "networkAcls": {"defaultAction": "Allow"},
            "encryption": {"keySource": "Microsoft.Storage"},
            **more,
        },
    )
    rig.arm.put(f"{ACCOUNT}/blobServices/default", properties={})


def of_accounts() -> set[str]:
    """Return the controls that an account can fail at first sight.

    It has no tag to lose yet, and the monitor's evidence is elsewhere.
    """
    every = {each.CONTROL.id for each in detectors_of(DETECTORS, ids.type_of(ACCOUNT))}
    return every - {tag.CONTROL.id, immutability.CONTROL.id}


def opened(rig: Rig) -> set[str]:
    return {notice.control_id for notice, _ in rig.splunk.told if notice.change is Change.OPENED}


def ended(rig: Rig) -> set[str]:
    return {notice.control_id for notice, _ in rig.splunk.told if notice.closure}


def test_an_account_that_fails_every_control_is_stored_in_one_batch(
    rig: Rig, store: MeasuredStore
) -> None:
    break_everything(rig)
    rig.write(ACCOUNT)

    assert opened(rig) == of_accounts()
    assert store.largest <= MAX_WRITES


def test_twenty_controls_and_six_channels_open_and_end_in_one_batch_each(
    rig: Rig, store: MeasuredStore
) -> None:
    twenty = tuple(Renamed(tls, f"STORAGE-CONTROL-{number}") for number in range(20))
    more = tuple(Channel(name, audience=Audience.SIEM) for name in MORE_CHANNELS)
    rig.only(*twenty)
    rig.change(channels=(*rig.services.channels, *more))
    rig.configure(routes=(Route(channels=tuple(each.name for each in rig.services.channels)),))
    break_everything(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2", supportsHttpsTrafficOnly=True)
    rig.write(ACCOUNT)

    assert opened(rig) == ended(rig) == {each.CONTROL.id for each in twenty}
    assert [len(each.told) for each in (rig.teams, *more)] == [40] * 4
    assert store.largest <= MAX_WRITES


def test_the_deletion_of_an_account_ends_all_its_incidents_in_one_batch(
    rig: Rig, store: MeasuredStore
) -> None:
    break_everything(rig)
    rig.write(ACCOUNT)
    del rig.arm.documents[ids.key(ACCOUNT)]
    rig.clock.advance(seconds=1)
    rig.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert ended(rig) == of_accounts()
    assert store.largest <= MAX_WRITES


def test_thousands_of_public_containers_behind_hundreds_of_rules_are_reported(rig: Rig) -> None:
    rules = [{"value": f"20.{number // 250}.{number % 250}.0/24"} for number in range(RULES)]
    networks = [{"id": f"{GROUP}/{'n' * 200}/{number}"} for number in range(RULES)]
    acls = {"defaultAction": "Deny", "ipRules": rules, "virtualNetworkRules": networks}
    break_everything(rig, networkAcls=acls)
    for number in range(CONTAINERS):
        name = f"{ACCOUNT}/blobServices/default/containers/{number:063d}"
        rig.arm.put(name, properties={"publicAccess": "Container"})
    rig.write(ACCOUNT)

    assert opened(rig) == of_accounts()


def test_events_that_wait_for_a_read_fit_beside_it_however_long_their_names(rig: Rig) -> None:
    break_everything(rig)
    rig.arm.refuse(ACCOUNT, 403)
    for number in range(PENDING + 5):
        below = f"{ACCOUNT}/blobServices/default/containers/{number:063d}{'x' * 900}"
        rig.write(below, correlationId="c" * 500, operationName=f"{'o' * 500}/write")
        rig.clock.advance(seconds=30)
    rig.arm.documents.pop(ids.key(ACCOUNT))
    break_everything(rig)
    rig.later(minutes=70)

    assert opened(rig) >= of_accounts()


def test_fifteen_controls_open_and_end_in_one_batch_each_with_a_record_of_every_change(
    rig: Rig, store: MeasuredStore
) -> None:
    fifteen = tuple(Renamed(tls, f"STORAGE-CONTROL-{number}") for number in range(15))
    rig.only(*fifteen)
    keep_evidence(rig, MemoryEvidence())
    break_everything(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2", supportsHttpsTrafficOnly=True)
    rig.write(ACCOUNT)

    assert opened(rig) == ended(rig) == {each.CONTROL.id for each in fifteen}
    assert store.largest <= MAX_WRITES
