"""A delayed channel gets its messages soon and in order, and ends with the true state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import Scenario, place, reopened_unheard, reopened_while_broken
from tests.support.rig import ACCOUNT, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    place(rig)
    yield rig
    rig.close()


@pytest.mark.parametrize("story", [reopened_unheard, reopened_while_broken])
def test_the_end_of_an_incident_is_delivered_before_its_next_opening(
    rig: Rig, story: Scenario
) -> None:
    story(DyingHost(rig))

    assert rig.teams.changes == [
        "STORAGE-TLS opened",
        "STORAGE-TLS resolved",
        "STORAGE-TLS opened",
    ]
    assert rig.monitor.health()["status"] == "ok"


def test_a_delivery_of_a_dead_sender_is_sent_after_its_claim_expires(tmp_path: Path) -> None:
    """A tick finds the delivery due while the claim, taken a little later, still holds."""
    first = Rig(tmp_path / "first")
    undisturbed = _opened(DyingHost(first), put=0)
    first.close()
    put = undisturbed.index("changes event > Queue[deliveries].put #3") + 1
    sent = undisturbed.index("deliveries deliver > Store.commit #1") + 1
    rig = Rig(tmp_path / "second")
    host = DyingHost(rig, dies_at=[sent])
    _opened(host, put=put)
    rig.clock.advance(seconds=58)
    host.tick()
    host.later(minutes=2)
    told = rig.teams.changes
    rig.close()

    assert host.died_at == ["deliveries deliver > Store.commit #1"]
    assert told == ["STORAGE-TLS opened"]


def _opened(host: DyingHost, *, put: int) -> list[str]:
    """Break the account; three seconds pass between the decision and the first delivery."""
    place(host.rig)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.cut_in(put, lambda: host.rig.clock.advance(seconds=3))
    host.write(ACCOUNT)
    return host.passed
